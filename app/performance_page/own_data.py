"""Labelled images of one's own: uploaded, scored in the background, and described like the test split."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import streamlit as st

from app import services
from app.auth.guard import current_user
from app.components import markup
from app.performance_page import own_figures
from app.services import old_own_data as service
from app.services.old_own_labels import LabelsError, labelled
from app.wording import own_data as words
from app.wording import worklist as list_words
from app.worklist import LIMITS, ArchiveError, NamedFile, QueueFullError
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from app.services import Performance
    from app.services.old_own_data import OwnList, OwnResult
    from app.settings import Settings
    from model.predictor import Predictor

_OWNER, _LIST, _RESULT, _UPLOADER, _PROBLEM = (f"own-{name}" for name in ("owner", "list", "result", "up", "problem"))
_POLL_S = 1.0


def own_data(known: Performance, settings: Settings) -> None:
    """Drop zone, progress or figures, whichever it is time for.

    Args:
        known: of the model in use.
        settings: that name its folder.
    """
    markup.section("How it does on your own images", "Labelled images in; the same figures as for the test split out.")
    if not current_user().may_review:
        markup.note(words.MAY_NOT)
        return
    running: OwnList | None = st.session_state.get(_LIST)
    if running is not None and running.is_finished:
        _finish(running)
        running = None
    result: OwnResult | None = st.session_state.get(_RESULT)
    if running is not None:
        _running(running)
    elif result is not None:
        st.button("Clear and start anew", key="own-clear", on_click=_clear, help="Forgets images, labels and figures.")
        own_figures.figures_of(result, known)
    else:
        _drop_zone(settings)


def _finish(running: OwnList) -> None:
    """Take the figures, and let go of the list with its pictures."""
    st.session_state[_LIST] = None
    try:
        with st.spinner("Computing the figures and their intervals…"):
            st.session_state[_RESULT] = running.result()
    except ChestXrayError as error:
        st.session_state[_PROBLEM] = str(error)


def _clear() -> None:
    st.session_state[_RESULT] = None


def _drop_zone(settings: Settings) -> None:
    model = services.model_state(settings.model_dir)
    services.keep_uploads_in_memory()
    number = st.session_state.setdefault(_UPLOADER, 0)
    with st.container(border=True):
        markup.facts(words.HOW_TO_GIVE)
        given = st.file_uploader(
            f"Up to {LIMITS.files} labelled radiographs (JPEG, PNG, TIFF, DICOM)",
            accept_multiple_files=True,
            key=f"own-upload-{number}",
            help="A ZIP archive with a folder a class; or images with a CSV file of the columns file and label.",
        )
        clicked = st.button(
            "Score them",
            key="own-score",
            type="primary",
            disabled=isinstance(model, services.Failed),
            help="Scores every image in the background; nothing is saved.",
        )
    if isinstance(model, services.Failed):
        markup.problem("Nothing can be scored: the model cannot be used.", model.reason)
    elif isinstance(model, services.Warming):
        _warming(settings)
    if clicked:
        _take([NamedFile(one.name, one.getvalue()) for one in given], model)
    if problem := st.session_state.get(_PROBLEM):
        markup.problem("These files were not taken.", problem)


@st.fragment(run_every=_POLL_S)
def _warming(settings: Settings) -> None:
    if not isinstance(services.model_state(settings.model_dir), services.Warming):
        st.rerun()
    markup.waiting("The model is warming up. You can already drop files.")


def _take(files: list[NamedFile], model: services.ModelState) -> None:
    st.session_state[_PROBLEM] = ""
    if not files:
        st.session_state[_PROBLEM] = "Choose the files first, and wait until they are uploaded."
    elif not isinstance(model, services.Ready):
        st.session_state[_PROBLEM] = "The model is still warming up. Press the button again in a few seconds."
    else:
        _begin(files, model.predictor)


def _begin(files: list[NamedFile], predictor: Predictor) -> None:
    """Start; the uploader is emptied, so that it does not hold the files any longer."""
    # Asked again where the deed is done: the page may have been drawn long ago.
    if not current_user().may_review:
        st.session_state[_PROBLEM] = words.MAY_NOT
        return
    owner = st.session_state.setdefault(_OWNER, f"own-{secrets.token_hex(8)}")
    try:
        with st.spinner("Reading the files…"):
            found = labelled(files)
        st.session_state[_LIST] = service.score(found, predictor, owner=owner)
    except (ArchiveError, LabelsError, QueueFullError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_UPLOADER] += 1
    st.rerun()


@st.fragment(run_every=_POLL_S)
def _running(running: OwnList) -> None:
    snapshot = running.snapshot()
    if snapshot.is_finished:
        st.rerun()
    with st.container(border=True):
        markup.panel_title("Scoring your images", "You may look at other tabs and pages meanwhile.")
        st.progress(snapshot.done / max(1, snapshot.total), text=list_words.progress_line(snapshot))
        st.button(
            "Cancel",
            key="own-cancel",
            on_click=running.cancel,
            disabled=snapshot.state == "stopping",
            help="Stops after the image in hand; the figures are then of those that are done.",
        )
