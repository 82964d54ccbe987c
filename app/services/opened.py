"""The radiograph that a session has open; pages that show one show the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from app.services.radiographs import Film, open_film
from app.settings import SAMPLES
from model.errors import RadiographError
from model.intake.archive import is_zip, take
from model.intake.limits import ArchiveError, NamedFile

if TYPE_CHECKING:
    from pathlib import Path

_OPENED, _UPLOADS = "opened", "uploads"

OPERATING_POINT = "operating-point"
"""Key of the operating point chosen in this session."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What a session has open.

    Attributes:
        film: None before the first, or where the last file is none.
        problem: why the last file cannot be scored, for the user; otherwise "".
        anyway: whether the reader wants a score although the input check rejected the picture.
        age_fits: whether the child is of the age that the model is meant for, as the reader says; None if not asked.
    """

    film: Film | None = None
    problem: str = ""
    anyway: bool = False
    age_fits: bool | None = None


def current() -> Opened:
    """What is open now."""
    found: Opened = st.session_state.get(_OPENED, Opened())
    return found


def put(opened: Opened) -> None:
    """Show something else from now on; uploaders drawn with `uploader_key` are emptied."""
    st.session_state[_OPENED] = opened
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1


def change(*, anyway: bool | None = None, age_fits: bool | None = None) -> None:
    """Keep the film, and note what the reader says of it."""
    was = current()
    st.session_state[_OPENED] = replace(
        was,
        anyway=was.anyway if anyway is None else anyway,
        age_fits=was.age_fits if age_fits is None else age_fits,
    )


def open_bytes(data: bytes, *, file_name: str = "", sample: str = "") -> None:
    """Open a file; one that is no radiograph leaves its problem instead.

    Args:
        data: the whole file; nothing of it is written to disk or logged.
        file_name: of an upload.
        sample: title of a sample, or "".
    """
    try:
        put(Opened(open_film(data, sample=sample, file_name=file_name)))
    except RadiographError as error:
        put(Opened(problem=str(error)))


def open_sample(file: Path) -> None:
    """Open a sample."""
    if file.is_file():
        open_bytes(file.read_bytes(), sample=title_of(file))
    else:
        put(Opened(problem=f"The sample {file.name} is missing. Restore the folder of samples."))


def samples() -> list[Path]:
    """The samples that pages offer."""
    return sorted(SAMPLES.glob("*.png"))


def title_of(file: Path) -> str:
    """What pages call a sample, such as "Pneumonia 2"."""
    return file.stem.removeprefix("composite_").replace("_", " ").capitalize()


def uploader_key() -> str:
    """Key of a file uploader; a new one whenever something was opened, so that no file name stays beside it."""
    return f"upload-{st.session_state.get(_UPLOADS, 0)}"


def take_upload(key: str) -> None:
    """Open what an uploader holds, also the one file of a ZIP archive; its `on_change`."""
    uploaded = st.session_state.get(key)
    if uploaded is None:
        return
    data, name = uploaded.getvalue(), uploaded.name
    if is_zip(data):
        try:
            held = take([NamedFile(name, data)])
        except ArchiveError as error:
            put(Opened(problem=str(error)))
            return
        if len(held.files) != 1:
            several = f"This ZIP archive holds {len(held.files)} files, and this page shows one."
            put(Opened(problem=f"{several} Upload one of them, or score them all on the Worklist page."))
            return
        data, name = held.files[0].data, held.files[0].name
    open_bytes(data, file_name=name)
