"""The radiograph of this session, which Predict and How it works share: an upload or a sample, whichever came last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.services.radiographs import Film, open_film
from app.settings import SAMPLES
from model.errors import RadiographError

if TYPE_CHECKING:
    from pathlib import Path

# No widget's own keys: those would be dropped on a visit to another page.
_FILM, _PROBLEM, _UPLOADER = "film", "film-problem", "film-uploader"


def film() -> Film | None:
    """The radiograph on the page, or None."""
    found: Film | None = st.session_state.get(_FILM)
    return found


def problem() -> str:
    """Why the file last given cannot be scored, for the user; "" if it can."""
    return str(st.session_state.get(_PROBLEM, ""))


def samples() -> dict[str, Path]:
    """The samples' files by title, such as "Normal 1"."""
    names = {file: file.stem.removeprefix("composite_").replace("_", " ") for file in sorted(SAMPLES.glob("*.png"))}
    return {name.capitalize(): file for file, name in names.items()}


def name(of: Film) -> str:
    """What a page calls a radiograph: the sample's title or the upload's own file name."""
    return f"sample “{of.sample}”, a synthetic composite" if of.sample else of.file_name or "an uploaded file"


def uploader_key() -> str:
    """Key of the uploader. It changes, which empties the uploader, whenever something else takes the film's place."""
    return f"upload-{st.session_state.setdefault(_UPLOADER, 0)}"


def take_upload() -> None:
    """Put on the page what the uploader holds; for its `on_change`."""
    uploaded = st.session_state.get(uploader_key())
    if uploaded is None:
        _open(None)
    else:
        _open(uploaded.getvalue(), file_name=uploaded.name)


def take_sample(title: str) -> None:
    """Put a sample on the page; `title` is one of `samples`."""
    file = samples().get(title)
    if file is None:
        clear()
        st.session_state[_PROBLEM] = f"The sample “{title}” is missing. Restore the folder of samples."
    else:
        take(file.read_bytes(), sample=title)


def take(data: bytes, *, sample: str = "", file_name: str = "") -> None:
    """Put a file on the page and empty the uploader; arguments as of `open_film`."""
    st.session_state[_UPLOADER] = st.session_state.get(_UPLOADER, 0) + 1
    _open(data, sample=sample, file_name=file_name)


def clear() -> None:
    """Take the radiograph off the page and out of memory."""
    st.session_state[_UPLOADER] = st.session_state.get(_UPLOADER, 0) + 1
    _open(None)


def _open(data: bytes | None, *, sample: str = "", file_name: str = "") -> None:
    st.session_state[_FILM], st.session_state[_PROBLEM] = None, ""
    if data is None:
        return
    try:
        st.session_state[_FILM] = open_film(data, sample=sample, file_name=file_name)
    except RadiographError as error:
        st.session_state[_PROBLEM] = str(error)
