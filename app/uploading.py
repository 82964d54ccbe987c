"""The radiograph of this session: uploader, samples, and what is kept between runs and visits to the other page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import services
from app.components import markup, viewer
from app.settings import SAMPLES
from model.errors import RadiographError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.services import Case

_SAMPLE_WIDTH = 75

# A widget's own key would be dropped on a visit to the other page.
_CASE, _PROBLEM, _UPLOADER, _ANYWAY = "case", "problem", "uploader", "anyway"


@dataclass(frozen=True, eq=False)
class Shelf:
    """What was on the page before something else took its place.

    Attributes:
        case: the radiograph, or None.
        problem: why the file last given cannot be scored, or None.
        anyway: whether a refused picture is to be scored all the same.
    """

    case: Case | None
    problem: str | None
    anyway: bool


def put_aside() -> Shelf:
    """What is on the page now, to be given to `take_back` later."""
    return Shelf(current_case(), st.session_state.get(_PROBLEM), is_scored_anyway())


def take_back(shelf: Shelf) -> None:
    """Put on the page what was there before.

    Args:
        shelf: of `put_aside`.
    """
    st.session_state.update({_CASE: shelf.case, _PROBLEM: shelf.problem, _ANYWAY: shelf.anyway})


def open_sample(file: Path, title: str) -> None:
    """Put a sample on the page, and leave the uploader as it is.

    Args:
        file: of the sample.
        title: what the page calls it.
    """
    if file.is_file():
        _open(file.read_bytes(), sample=title)
    else:
        _open(None)
        st.session_state[_PROBLEM] = f"The sample {file.name} is missing. Restore the folder of samples."


def current_case() -> Case | None:
    """The radiograph on the page, or None."""
    case: Case | None = st.session_state.get(_CASE)
    return case


def has_problem() -> bool:
    """Whether the file last given cannot be scored."""
    return bool(st.session_state.get(_PROBLEM))


def is_scored_anyway() -> bool:
    """Whether the user asked for a verdict on a picture that the input gate refuses."""
    return bool(st.session_state.get(_ANYWAY))


def score_anyway() -> None:
    """Ask for a verdict on this picture although it is refused."""
    st.session_state[_ANYWAY] = True


def intake(beside_samples: Callable[[], None]) -> None:
    """Draw uploader and samples; whichever was used last decides the case.

    Args:
        beside_samples: draws what stands below the samples.
    """
    left, right = viewer.halves()
    number = st.session_state.setdefault(_UPLOADER, 0)
    services.keep_uploads_in_memory()
    with left:
        key = f"upload-{number}"
        st.file_uploader(
            "Radiograph: JPEG, PNG, TIFF or DICOM, with or without extension",
            key=key,
            on_change=_take_upload,
            args=(key,),
            help="The file stays in this server’s memory while the page is open. It is not written to disk.",
        )
        _on_the_page()
    with right:
        _samples()
        beside_samples()
    show_problem()


def show_problem() -> None:
    """Say why the file last given cannot be scored, if it cannot."""
    if problem := st.session_state.get(_PROBLEM):
        markup.problem("This file cannot be scored.", problem)


def _on_the_page() -> None:
    """What is shown below, with a way to be rid of it; the uploader forgets its file on a visit to the other page."""
    case = current_case()
    if case is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="on-the-page"):
        st.button("Clear", key="clear", help="Takes the radiograph off the page and out of memory.", on_click=_clear)
        markup.note(f"Shown below: {case_name(case)}")


def case_name(case: Case) -> str:
    """What the page calls a case: the sample's title or the upload's own file name."""
    return f"sample “{case.sample}”, a composite" if case.sample else case.file_name or "an uploaded file"


def _clear() -> None:
    st.session_state[_UPLOADER] += 1
    _open(None)


def _samples() -> None:
    files = sorted(SAMPLES.glob("*.png"))
    if not files:
        return
    markup.note(
        "Or a sample. Each is a composite of several scans: it shows nobody, and says nothing of the model’s quality."
    )
    with st.container(horizontal=True, gap="xsmall"):
        for file in files:
            title = file.stem.removeprefix("composite_").replace("_", " ").capitalize()
            with st.container(key=f"sample-{file.stem}", width=_SAMPLE_WIDTH):
                st.image(str(file), width="stretch", alt="")
                st.button(title, key=f"take-{file.stem}", on_click=_take_sample, args=(file, title), width="stretch")


def _take_upload(key: str) -> None:
    uploaded = st.session_state.get(key)
    if uploaded is None:
        _open(None)
    else:
        _open(uploaded.getvalue(), file_name=uploaded.name)


def _take_sample(file: Path, title: str) -> None:
    # A new key empties the uploader, so that no file name stands beside another picture's verdict.
    st.session_state[_UPLOADER] += 1
    _open(file.read_bytes(), sample=title)


def _open(data: bytes | None, *, sample: str = "", file_name: str = "") -> None:
    st.session_state[_CASE] = st.session_state[_PROBLEM] = None
    st.session_state[_ANYWAY] = False
    if data is None:
        return
    try:
        st.session_state[_CASE] = services.open_case(data, sample=sample, file_name=file_name)
    except RadiographError as error:
        st.session_state[_PROBLEM] = str(error)
