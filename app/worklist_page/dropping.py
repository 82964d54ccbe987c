"""Drop files, score and save them in the background, and see what becomes of each."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import streamlit as st

from app import services
from app.components import markup
from app.components.case_list import FileRow, file_table
from app.records.values import MAX_READER
from app.spreadsheet import guarded
from app.wording import as_sentence, percent, point_in_words, point_title
from app.wording import worklist as words
from app.worklist import LIMITS, ArchiveError, NamedFile, QueueFullError, take
from app.worklist_page import actions, state
from app.worklist_page.access import NotAllowedError
from model.records.manifest import OPERATING_POINTS

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from app.records.repository import Records
    from app.services.worklist import SavedList
    from app.settings import Settings
    from app.worklist_page.access import Access
    from model.predictor import Predictor

_POLL_S = 1.0
_WARMING_POLL_S = 2.5
"""Each run of a page takes time from the thread that imports TensorFlow, and this page can be used without it."""
_WHILE_RUNNING = 8
"""Rows of the table that is drawn anew at each poll: of one that scrolls, each poll would lose place and focus."""

_UPLOADER, _PROBLEM, _ANYWAY, _BEGUN_WITH, _FIRST_SEEN = (
    f"worklist-{name}" for name in ("uploader", "problem", "anyway", "begun", "first-seen")
)
_POINT = "operating-point"  # the one chosen on the Predict page

_NO_FILES, _NO_NAME, _NO_MODEL = _MISSING = (
    "Choose the files first, and wait until the button says how many have arrived. Then press it again.",
    "Enter your name first: each case says who saved it. Then press the button again.",
    "The model is still warming up. Press the button again in a few seconds.",
)


def dropping(records: Records, settings: Settings, access: Access) -> None:
    """The drop zone, or the list in hand.

    Args:
        records: the database.
        settings: of the page.
        access: of the user.
    """
    found = state.saved_list()
    if found is not None:
        list_in_hand(found, access)
    elif access.may_review:
        _drop_zone(records, settings, access)
    else:
        markup.note("You may read cases and not add any: that needs the role of a reader.")


def name_field(access: Access, place: str) -> None:
    """Where the reader's name is typed, once a session; not drawn where the sign-in knows it.

    Args:
        access: of the user.
        place: of `state.PLACES`.
    """
    if access.name:
        return
    st.text_input(
        "Your name",
        key=state.begin_name(place),
        max_chars=MAX_READER,
        on_change=state.keep_name,
        args=(place,),
        help="Kept with what you save, review and delete: the history says who did what. Typed once a session.",
    )


def _drop_zone(records: Records, settings: Settings, access: Access) -> None:
    model = services.model_state(settings.model_dir)
    services.keep_uploads_in_memory()
    number = st.session_state.setdefault(_UPLOADER, 0)
    with st.container(border=True):
        markup.panel_title(
            "Add radiographs", " ".join(words.kept_sentences(keeps_pixels=records.keeps_pixels)), level=2
        )
        left, right = st.columns([3, 2], gap="medium")
        given = left.file_uploader(
            f"Up to {LIMITS.files} radiographs (JPEG, PNG, TIFF, DICOM), or one ZIP archive of them",
            accept_multiple_files=True,
            key=f"worklist-upload-{number}",
            help="Kept in this server’s memory until they are scored. An archive within an archive is not opened.",
        )
        with right:
            name_field(access, state.DROPPING)
            point = _point(settings)
        ready = model.predictor if isinstance(model, services.Ready) else None
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            clicked = st.button(
                # The number says when all have arrived: what is still on its way would be left behind.
                f"Score and save {words.files(len(given))}" if given else "Score and save",
                key="score-and-save",
                type="primary",
                disabled=isinstance(model, services.Failed),
                help="Scores every file in the background and saves each radiograph as a case.",
            )
            anyway = st.checkbox(
                "Score pictures that the input check refuses, too",
                key=_ANYWAY,
                persist_state="session",
                help="They become cases marked as refused. Their verdict may mean nothing.",
            )
    if isinstance(model, services.Failed):
        markup.problem("Nothing can be scored: the model cannot be used.", model.reason)
    elif ready is None:
        _warming(settings)
    _take(access, records, ready, given, clicked=clicked, point=point, anyway=anyway)


def _take(
    access: Access,
    records: Records,
    ready: Predictor | None,
    given: list[UploadedFile],
    *,
    clicked: bool,
    point: str,
    anyway: bool,
) -> None:
    """Begin if the button was pressed and nothing is missing; say what is."""
    missing = _missing(access, ready, len(given))
    if clicked:
        st.session_state[_PROBLEM] = missing
    elif st.session_state.get(_PROBLEM) in _MISSING and not missing:
        # What was asked for is there by now.
        st.session_state[_PROBLEM] = None
    if clicked and ready is not None and not missing:
        files = [NamedFile(one.name, one.getvalue()) for one in given]
        _begin(access, files, records, ready, point=point, anyway=anyway)
    if problem := st.session_state.get(_PROBLEM):
        markup.problem("These files were not taken.", problem)


def _missing(access: Access, ready: Predictor | None, given: int) -> str:
    """What has to be there before a list can be scored and is not; "" if nothing is missing."""
    if not given:
        return _NO_FILES
    if not state.reader(access):
        return _NO_NAME
    return "" if ready else _NO_MODEL


def _point(settings: Settings) -> str:
    kept = st.session_state.get(_POINT, settings.operating_point)
    point = st.selectbox(
        "Operating point",
        OPERATING_POINTS,
        index=OPERATING_POINTS.index(kept),
        format_func=point_title,
        key="worklist-point",
        persist_state="session",
        help="\n\n".join(f"**{point_title(name)}:** {point_in_words(name)}" for name in OPERATING_POINTS),
    )
    return str(point)


@st.fragment(run_every=_WARMING_POLL_S)
def _warming(settings: Settings) -> None:
    if not isinstance(services.model_state(settings.model_dir), services.Warming):
        st.rerun()
    markup.waiting("The model is warming up. You can already drop files, and read cases below.")


def _begin(
    access: Access, files: list[NamedFile], records: Records, predictor: Predictor, *, point: str, anyway: bool
) -> None:
    """Take the files and start; the uploader is emptied, so that it does not hold them any longer."""
    st.session_state[_PROBLEM] = None
    try:
        with st.spinner("Reading the files…"):
            intake = take(files)
        found = actions.score_and_save(
            access,
            intake,
            records,
            predictor,
            owner=state.owner(),
            reader=state.reader(access),
            operating_point=point,
            anyway=anyway,
        )
    except (ArchiveError, QueueFullError, NotAllowedError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    state.keep_list(found)
    st.session_state[_UPLOADER] += 1
    st.rerun()


def list_in_hand(found: SavedList, access: Access) -> None:
    """How far the list is, with its table; while it runs it draws itself anew, and the rest of the page stays."""
    if found.is_finished:
        _finished(found, access)
    else:
        st.session_state[_FIRST_SEEN] = bool(found.saved())
        _running(found)


def strip(found: SavedList) -> None:
    """One line on a list that runs while a case is read."""
    if not found.is_finished:
        _running_strip(found)


@st.fragment(run_every=_POLL_S)
def _running_strip(found: SavedList) -> None:
    snapshot = found.snapshot()
    if snapshot.is_finished:
        st.rerun()
    st.progress(snapshot.done / max(1, snapshot.total), text=f"Scoring in the background: {_line(found)}")


@st.fragment(run_every=_POLL_S)
def _running(found: SavedList) -> None:
    snapshot = found.snapshot()
    # At the end, and with the first case, the whole page is drawn anew: its list then has something to show.
    if snapshot.is_finished or (found.saved() and not st.session_state.get(_FIRST_SEEN)):
        st.rerun()
    with st.container(border=True):
        markup.panel_title(
            "Scoring and saving", "The page stays usable: open a case below, or visit another page.", level=2
        )
        st.progress(snapshot.done / max(1, snapshot.total), text=_line(found))
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Cancel",
                key="cancel-list",
                on_click=found.cancel,
                disabled=snapshot.state == "stopping",
                help="Stops after the file in hand. What is saved already stays.",
            )
            if st.button("Show new cases", key="refresh-list", help="Draws the list below anew with what came in."):
                st.rerun()
        _table(found, most=_WHILE_RUNNING)


def _line(found: SavedList) -> str:
    return words.progress_line(found.snapshot())


def _finished(found: SavedList, access: Access) -> None:
    snapshot, saved, problems = found.snapshot(), found.saved(), found.problems()
    with st.container(border=True):
        markup.panel_title(
            words.list_title(snapshot),
            words.list_summary(snapshot, saved, len(problems), len(found.refused)),
            level=2,
        )
        if snapshot.problem:
            markup.problem("The list was stopped.", snapshot.problem)
        if problems:
            markup.problem("Some results could not be saved.", next(iter(problems.values())))
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Clear and add more",
                key="clear-list",
                on_click=state.keep_list,
                args=(None,),
                help="Takes this table away, with the file names. The cases stay.",
            )
            if access.may_export:
                st.download_button(
                    "Download this table (CSV)",
                    _csv(_rows(found)),
                    file_name="which-file-is-which-case.csv",
                    mime="text/csv",
                    on_click="ignore",
                    key="download-list",
                    help="Which file became which case. It holds your file names, which may name patients.",
                )
        _table(found)


def _table(found: SavedList, *, most: int | None = None) -> None:
    rows = _rows(found)
    if not rows:
        return
    file_table(rows[:most], caption=words.NAMES_STAY_HERE)
    if more := len(rows[most:]) if most else 0:
        markup.note(f"And {words.files(more)} more. The whole table stands here at the end.")
    if found.ignored:
        markup.note(f"Passed over, since nobody means them to be scored: {words.files(len(found.ignored))}.")


def _rows(found: SavedList) -> list[FileRow]:
    """Files that need a look first, then the others, the latest on top."""
    saved, problems, results = found.saved(), found.problems(), found.snapshot().results
    names = {result.index: result.name for result in results}
    amiss = [
        FileRow(one.name, "Not read", remark=as_sentence(one.reason.removeprefix("Not read: ")))
        for one in found.refused
    ]
    well: list[FileRow] = []
    for result in reversed(results):
        problem = problems.get(result.index, "")
        first = "" if result.duplicate_of is None else names.get(result.duplicate_of, "another file of this list")
        case = saved.get(result.index)
        word, remark = words.outcome(result, case, problem, first)
        scored = result.prediction
        shown = "" if scored is None else percent(scored.probability, 1)
        row = FileRow(result.name, word, shown, case.case_id if case else "", remark)
        (amiss if scored is None or problem else well).append(row)
    return amiss + well


def _csv(rows: list[FileRow]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("file", "outcome", "probability", "case", "remark"))
    for row in rows:
        writer.writerow([guarded(text) for text in (row.name, row.word, row.shown, row.case_id, row.remark)])
    return ("\ufeff" + file.getvalue()).encode("utf-8")
