"""Add radiographs: drop files, score and save them in the background, and see what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import streamlit as st

from app.auth.guard import current_user
from app.auth.users import NotAllowedError, require
from app.intake.queue import QueueFullError
from app.records.values import ALREADY_THERE, CREATED, SCORED_AGAIN
from app.screens.prelude import wait_for_model
from app.screens.worklist import session
from app.services import model, opened
from app.services.queue import score_and_save
from app.services.radiographs import keep_uploads_in_memory
from app.ui import metrics, verdict
from app.ui import page as ui
from app.ui.numbers import count, percent
from app.ui.table import download
from model.intake.archive import take
from model.intake.limits import LIMITS, ArchiveError, NamedFile
from model.records.manifest import OPERATING_POINTS

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from app.intake.job import Snapshot
    from app.records.repository import Records
    from app.records.values import Saved
    from app.screens.prelude import Page
    from app.services.queue import SavedList
    from model.predictor import Predictor
    from model.result import Result

_POLL_S = 1.0
_WHILE_RUNNING = 8
"""Files named while a list runs: it is drawn anew at each poll, and a long one would lose its place."""
_TALLEST_PX = 320

_UPLOADER, _PROBLEM, _ANYWAY, _FIRST_SEEN, _KEEP = (
    f"worklist-{name}" for name in ("uploader", "problem", "anyway", "first-seen", "keep")
)
_KEEPS = {True: "Radiographs and results", False: "Results only"}

_NO_FILES, _NO_NAME, _NO_CHOICE, _NO_MODEL = _MISSING = (
    "Choose files first, and wait until the button says how many have arrived. Then press it again.",
    "Enter your name first: each case says who saved it. Then press the button again.",
    "Choose first what the database should keep. Then press the button again.",
    "The model is still warming up. Scoring starts by itself as soon as it is ready.",
)

_ENDED = {"done": "All files are done", "cancelled": "Cancelled"}


class _Row(NamedTuple):
    """What became of one file; `case_id` is "" where it became none, and `amiss` says that it needs a look."""

    file: str
    outcome: str
    score: str
    case_id: str
    remark: str
    amiss: bool


def draw(page: Page, records: Records) -> None:
    """The drop zone, or the list in hand."""
    found = session.saved_list()
    if found is None:
        if page.user.may_review:
            _drop_zone(page, records)
        else:
            ui.note("You can read cases but not add any: that needs the role of a reader.")
    elif found.job.is_finished:
        _finished(found, may_export=page.user.may_export)
    else:
        st.session_state[_FIRST_SEEN] = bool(found.saving.saved())
        _running(found)


def strip() -> None:
    """One line on a list that runs while something else is read."""
    found = session.saved_list()
    if found is not None and not found.job.is_finished:
        _running_strip(found)


def _drop_zone(page: Page, records: Records) -> None:
    keep_uploads_in_memory()
    number, asks = st.session_state.setdefault(_UPLOADER, 0), page.settings.keep_pixels is None
    with st.container(border=True, key="add"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            ui.panel_title("Add radiographs", level=2)
            given = st.file_uploader(
                f"Up to {LIMITS.files} radiographs (DICOM, PNG, JPEG, TIFF …) or ZIP archives of them",
                accept_multiple_files=True,
                key=f"worklist-upload-{number}",
                help="Held in the server’s memory until scored. An archive within an archive is not opened.",
            )
        with right:
            session.name_field()
            point = _point(page)
            if asks:
                st.segmented_control(
                    "What should the database keep?", list(_KEEPS), format_func=_KEEPS.__getitem__, key=_KEEP,
                    persist_state="session",
                    help="Radiographs that the database does not keep stay visible to you until your session ends.",
                )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            clicked = st.button(
                # The number says when all have arrived: what is still on its way would be left behind.
                f"Score and save {count(len(given), 'file')}" if given else "Score and save",
                key="score-and-save", type="primary", disabled=isinstance(page.model, model.Failed),
            )  # fmt: skip
            anyway = st.checkbox(
                "Also score pictures that the input check rejects",
                key=_ANYWAY, persist_state="session",
                help="They become cases with a warning. Their verdict may mean nothing.",
            )  # fmt: skip
        keeps = st.session_state.get(_KEEP) if asks else records.keeps_pixels
        ui.note(_what_is_kept(keeps))
    if isinstance(page.model, model.Failed):
        ui.problem("Nothing can be scored: the model cannot be used.", page.model.reason)
    elif isinstance(page.model, model.Warming):
        wait_for_model(page.settings.model_dir, "You can already drop files, and read cases below.")
    ready = page.model.predictor if isinstance(page.model, model.Ready) else None
    missing = _missing(ready, len(given), keeps)
    wanted = clicked or st.session_state.get(_PROBLEM) == _NO_MODEL
    if wanted:
        st.session_state[_PROBLEM] = missing
    elif st.session_state.get(_PROBLEM) in _MISSING and st.session_state[_PROBLEM] != missing:
        st.session_state[_PROBLEM] = ""  # what was asked for is there by now
    if wanted and ready is not None and not missing:
        _begin(given, records, ready, point=point, anyway=anyway, keeps=bool(keeps))
    if problem := st.session_state.get(_PROBLEM):
        ui.problem("Not started yet." if problem in _MISSING else "These files were not accepted.", problem)


def _what_is_kept(keeps: bool | None) -> str:
    always = "score, verdict, heatmap, a checksum of the pixels, size, times and your name"
    if keeps is None:
        return f"Each radiograph becomes a case. The database keeps {always}; never the file name or DICOM header."
    if keeps:
        return (
            f"Each radiograph becomes a case. The database keeps the radiograph, with whatever is burnt into it, "
            f"{always}; never the file name or DICOM header."
        )
    return (
        f"Each radiograph becomes a case. The database keeps {always}; never the radiograph, file name or DICOM "
        "header. You see film and file name until your session ends."
    )


def _point(page: Page) -> str:
    kept = st.session_state.get(opened.OPERATING_POINT) or page.settings.operating_point
    point = st.selectbox(
        "Operating point", OPERATING_POINTS, index=OPERATING_POINTS.index(kept), format_func=metrics.point_title,
        key="worklist-point", persist_state="session", help=metrics.POINTS_HELP,
    )  # fmt: skip
    return str(point)


def _missing(ready: Predictor | None, given: int, keeps: bool | None) -> str:
    """What has to be there before a list can be scored and is not; "" if nothing is missing."""
    if not given:
        return _NO_FILES
    if not session.reader():
        return _NO_NAME
    if keeps is None:
        return _NO_CHOICE
    return "" if ready else _NO_MODEL


def _begin(
    given: list[UploadedFile], records: Records, predictor: Predictor, *, point: str, anyway: bool, keeps: bool
) -> None:
    """Take the files and start; the uploader is emptied, so that it does not hold them any longer."""
    st.session_state[_PROBLEM] = ""
    try:
        require(current_user().may_review, "Only readers save cases.")
        with st.spinner("Reading the files…"):
            intake = take([NamedFile(one.name, one.getvalue()) for one in given])
        found = score_and_save(
            intake, records, predictor, owner=session.owner(), reader=session.reader(), operating_point=point,
            anyway=anyway, keep_pixels=keeps, films=session.films(),
        )  # fmt: skip
    except (ArchiveError, QueueFullError, NotAllowedError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    session.keep_list(found)
    st.session_state[_UPLOADER] += 1
    st.rerun()


@st.fragment(run_every=_POLL_S)
def _running_strip(found: SavedList) -> None:
    snapshot = found.job.snapshot()
    if snapshot.is_finished:
        st.rerun()
    st.progress(snapshot.done / max(1, snapshot.total), text=f"Scoring in the background: {_progress(snapshot)}")


@st.fragment(run_every=_POLL_S)
def _running(found: SavedList) -> None:
    snapshot = found.job.snapshot()
    # At the end, and with the first case, the whole page is drawn anew: its list then has something to show.
    if snapshot.is_finished or (found.saving.saved() and not st.session_state.get(_FIRST_SEEN)):
        st.rerun()
    with st.container(border=True):
        ui.panel_title("Scoring and saving", "You can open cases below meanwhile, or visit another page.", level=2)
        st.progress(snapshot.done / max(1, snapshot.total), text=_progress(snapshot))
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Cancel", key="cancel-list", on_click=found.job.cancel, disabled=snapshot.state == "stopping",
                help="Stops after the current file. What is saved already stays.",
            )  # fmt: skip
            if st.button("Show new cases", key="refresh-list", help="Draws the list below anew."):
                st.rerun()
        rows = _file_rows(found)
        _files(rows[:_WHILE_RUNNING])
        if len(rows) > _WHILE_RUNNING:
            ui.note(f"And {count(len(rows) - _WHILE_RUNNING, 'more file')}. All are listed at the end.")


def _progress(snapshot: Snapshot) -> str:
    """How far a list is."""
    done = f"{snapshot.done:,} of {count(snapshot.total, 'file')}"
    if snapshot.state == "waiting":
        others = snapshot.lists - 1
        return (
            f"Waiting: {count(others, 'other list')} {'is' if others == 1 else 'are'} being scored." if others else done
        )
    if snapshot.state == "stopping":
        return f"{done} scored. Stopping after the current file…"
    return " · ".join(part for part in (f"{done} done", _time_left(snapshot.seconds_left)) if part)


def _time_left(seconds: float | None) -> str:
    """In words that do not jump; "" where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s left"
    return f"about {round(seconds / 60)} min left"


def _finished(found: SavedList, *, may_export: bool) -> None:
    """What became of the files in one line; what needs a look stands open, the others fold away."""
    snapshot, problems, rows = found.job.snapshot(), found.saving.problems(), _file_rows(found)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            ended = _ENDED.get(snapshot.state, "Stopped")
            st.markdown(f"**{ended}.** {ui.plain(_summary(found, snapshot))}", width="content")
            st.button(
                "Clear and add more", key="clear-list", on_click=session.keep_list, args=(None,),
                help="Removes this panel. The cases stay.",
            )  # fmt: skip
            if may_export and rows:
                download(
                    lambda: pd.DataFrame([row[:-1] for row in rows], columns=list(_Row._fields[:-1])).rename(
                        columns={"case_id": "case"}
                    ),
                    key="which-file-is-which-case", label="Download this table (CSV)",
                    tip="Which file became which case. It holds your file names, which may name patients.",
                )  # fmt: skip
        if snapshot.problem:
            ui.problem("The list was stopped.", snapshot.problem)
        if problems:
            ui.problem("Some results could not be saved.", next(iter(problems.values())))
        amiss, well = [row for row in rows if row.amiss], [row for row in rows if not row.amiss]
        _files(amiss)
        if well:
            with st.expander(f"Which file is which case ({len(well):,})", key="job-files"):
                ui.note("File names are not saved, since they may name a patient. Only you see them, in this session.")
                with st.container(height=_TALLEST_PX if len(well) > _WHILE_RUNNING else "content", border=False):
                    _files(well)
        if found.ignored:
            ui.note(f"Skipped {count(len(found.ignored), 'system file')}.")


def _summary(found: SavedList, snapshot: Snapshot) -> str:
    saved = found.saving.saved()
    distinct, new = len({one.case_id for one in saved.values()}), sum(one.outcome == CREATED for one in saved.values())
    rejected = sum(result.status == "rejected" for result in snapshot.results)
    unread = sum(result.status == "error" for result in snapshot.results) + len(found.refused)
    parts = [f"{count(distinct, 'case')} saved" + (f", {new:,} of them new" if new < distinct else "")]
    for number, what in (
        (len(saved) - distinct, "the same picture again"),
        (rejected, "rejected"),
        (unread, "could not be read"),
        (len(found.saving.problems()), "scored but not saved"),
        (snapshot.total - snapshot.done if snapshot.is_finished else 0, "not scored"),
    ):
        parts += [f"{number:,} {what}"] if number else []
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _files(rows: list[_Row]) -> None:
    """One line a file; the id of its case opens it."""
    for place, row in enumerate(rows):
        parts = [row.file, row.outcome, row.score, row.remark]
        text = ui.plain(" · ".join(part for part in parts if part))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if row.case_id:
                st.button(
                    row.case_id, key=f"file-{place}-{row.case_id}", type="tertiary", help="Opens this case.",
                    on_click=session.open_case, args=(row.case_id,),
                )  # fmt: skip
            st.markdown(f":material/warning: {text}" if row.amiss else text, width="content")


def _file_rows(found: SavedList) -> list[_Row]:
    """Files that need a look first, then the others, the latest on top."""
    saved, problems, results = found.saving.saved(), found.saving.problems(), found.job.snapshot().results
    names = {result.index: result.name for result in results}
    rows = [
        _Row(one.name, "Not read", "", "", one.reason.removeprefix("Not read: "), amiss=True) for one in found.refused
    ]
    for result in reversed(results):
        first = "" if result.duplicate_of is None else names.get(result.duplicate_of, "another file of this list")
        rows.append(_row_of(result, saved.get(result.index), problems.get(result.index, ""), first))
    return sorted(rows, key=lambda row: not row.amiss)


def _row_of(result: Result, saved: Saved | None, problem: str, first: str) -> _Row:
    prediction = result.prediction
    if prediction is None:
        return _Row(
            result.name, "Rejected" if result.status == "rejected" else "Not read", "", "", result.message, True
        )
    known = ""
    if first:
        known = f"The same picture as {first}: one case."
    elif saved is not None and saved.outcome == ALREADY_THERE:
        known = "This picture was a case already, with this result."
    elif saved is not None and saved.outcome == SCORED_AGAIN:
        known = "This picture was a case already; it now shows this result."
    return _Row(
        result.name,
        verdict.word(prediction) + (", not saved" if problem else ""),
        percent(prediction.probability, 1),
        saved.case_id if saved else "",
        " ".join(filter(None, (problem, known, *result.warnings))),
        amiss=bool(problem),
    )
