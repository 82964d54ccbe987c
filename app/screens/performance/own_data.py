"""Labelled images of one's own: uploaded, scored in the background, and described like the test split."""

from __future__ import annotations

import secrets
from base64 import b64encode
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.auth.guard import current_user
from app.intake.queue import QueueFullError
from app.screens.performance.compare import cell, curves, side_by_side
from app.screens.prelude import wait_for_model
from app.services import own_data as service
from app.services.model import Failed, Ready, Warming
from app.services.radiographs import keep_uploads_in_memory
from app.ui import charts, metrics
from app.ui import page as ui
from app.ui.counts import ConfusionMatrixDisplay, HistogramDisplay
from app.ui.numbers import count, percent
from app.ui.table import Cell, data, download, table
from model.errors import ChestXrayError
from model.evaluation import histogram
from model.intake.limits import LIMITS, ArchiveError, NamedFile
from model.labels import LABELS

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from app.services.own_data import Labelled, OwnList, OwnResult
    from model.predictor import Predictor
    from model.records.evaluation import SplitResult
    from model.records.measured import Measured

_OWNER, _LIST, _RESULT, _UPLOADER, _PROBLEM = (f"own-{name}" for name in ("owner", "list", "result", "up", "problem"))
_POLL_S = 1.0
_MAY_NOT = "Your role may read these pages but not score images; that needs the role of a reader."
_MOST_LISTED = 50
_FEW = 100
"""Below so many images of a class the page says that intervals are wide."""

_AT_NO_THRESHOLD = ("auroc", "expected_calibration_error", "expected_calibration_error_balanced")


def draw(page: Page) -> None:
    """Drop zone, progress or figures, whichever it is time for."""
    ui.section("How it does on your own images", "Upload labelled images; get the same figures as for the test split.")
    if not current_user().may_review:
        ui.note(_MAY_NOT)
        return
    state = st.session_state
    running: OwnList | None = state.get(_LIST)
    if running is not None and running.job.snapshot().is_finished:
        _finish(running)
        running = None
    result: OwnResult | None = state.get(_RESULT)
    if running is not None:
        _running(running)
    elif result is not None:
        st.button(
            "Clear and start again", key="own-clear", on_click=state.update, args=({_RESULT: None},),
            help="Forgets images, labels and figures.",
        )  # fmt: skip
        _figures(result, page)
    else:
        _drop_zone(page)


def _finish(running: OwnList) -> None:
    """Take the figures, and let go of the list."""
    st.session_state[_LIST] = None
    try:
        with st.spinner("Computing the figures and their intervals…"):
            st.session_state[_RESULT] = running.result()
    except ChestXrayError as error:
        st.session_state[_PROBLEM] = str(error)


def _drop_zone(page: Page) -> None:
    model, number = page.model, st.session_state.setdefault(_UPLOADER, 0)
    keep_uploads_in_memory()
    with st.container(border=True):
        ui.facts(
            (
                "One ZIP archive with the folders NORMAL and PNEUMONIA (or normal and opacity); or images, alone or "
                "zipped, with a CSV file of the columns file and label.",
                "They are scored in the server’s memory for this session only: no image, label or name is saved.",
            )
        )
        given = st.file_uploader(
            f"Up to {LIMITS.files} labelled radiographs (DICOM, PNG, JPEG, TIFF …)",
            accept_multiple_files=True,
            key=f"own-upload-{number}",
        )
        clicked = st.button(
            "Score them", key="own-score", type="primary", disabled=isinstance(model, Failed),
            help="Scores every image in the background; nothing is saved.",
        )  # fmt: skip
    if isinstance(model, Failed):
        ui.problem("Nothing can be scored: the model cannot be used.", model.reason)
    elif isinstance(model, Warming):
        wait_for_model(page.settings.model_dir, "You can already drop files.")
    if clicked:
        st.session_state[_PROBLEM] = ""
        if not given:
            st.session_state[_PROBLEM] = "Choose the files first, and wait until they are uploaded."
        elif not isinstance(model, Ready):
            st.session_state[_PROBLEM] = "The model is still warming up. Press the button again in a few seconds."
        else:
            _begin([NamedFile(file.name, file.getvalue()) for file in given], model.predictor)
    if problem := st.session_state.get(_PROBLEM):
        ui.problem("These files were not accepted.", problem)


def _begin(files: list[NamedFile], predictor: Predictor) -> None:
    """Start; the uploader is emptied, so that it does not hold the files any longer."""
    # Asked again where it is done: the page may have been drawn long ago.
    if not current_user().may_review:
        st.session_state[_PROBLEM] = _MAY_NOT
        return
    owner = st.session_state.setdefault(_OWNER, f"own-{secrets.token_hex(8)}")
    try:
        with st.spinner("Reading the files…"):
            found = service.labelled(files)
        st.session_state[_LIST] = service.score(found, predictor, owner=owner)
    except (ArchiveError, service.LabelsError, QueueFullError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_UPLOADER] += 1
    st.rerun()


@st.fragment(run_every=_POLL_S)
def _running(running: OwnList) -> None:
    snapshot = running.job.snapshot()
    if snapshot.is_finished:
        st.rerun()
    done = f"{snapshot.done:,} of {count(snapshot.total, 'file')} scored"
    if snapshot.state == "waiting" and snapshot.lists > 1:
        done = f"Waiting for {count(snapshot.lists - 1, 'other list')}"
    elif snapshot.seconds_left is not None:
        done = f"{done}, about {max(1, round(snapshot.seconds_left))} s left"
    with st.container(border=True):
        ui.panel_title("Scoring your images", "You can use other tabs and pages meanwhile.")
        st.progress(snapshot.done / max(1, snapshot.total), text=done)
        st.button(
            "Cancel", key="own-cancel", on_click=running.job.cancel, disabled=snapshot.state == "stopping",
            help="Stops after the current image; the figures are then of the images that were scored.",
        )  # fmt: skip


def _figures(result: OwnResult, page: Page) -> None:
    """Notices, controls, figures beside those of the test split, and the list of mistakes."""
    known = page.measured
    if result.problem:
        ui.problem("Not all images were scored.", result.problem)
    with_refused, point = _controls(result)
    mine = result.every if with_refused else result.accepted
    ui.facts(_left_out(result))
    if mine is None or known is None:
        ui.problem("There are no figures.", "No image that counts was scored. The table below says why.")
        _images(result, result.manifest.point().threshold)
        return
    _warn_of_missing_class(mine)
    threshold = result.manifest.point(point).threshold
    images = result.scored(with_refused=with_refused)
    published = _published(result, known)
    splits = {"Your images": _at(mine, point)} | ({"Test split": _at(published, point)} if published else {})
    side_by_side(
        splits,
        before=[("Images", *(_size(split) for split in splits.values()))],
        more=[
            ("Indeterminate", *(cell(split.band.indeterminate if split.band else None) for split in splits.values()))
        ],
        caption=f"At the {metrics.point_name(point)} operating point. Small figures are 95 % intervals; that of an "
        "AUROC is not defined where every pair is in the right order.",
    )
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        charts.draw(ConfusionMatrixDisplay.of(splits["Your images"]), key="own-confusion", title="Confusion matrix")
    with right.container(border=True, height="stretch"):
        counted = histogram(service.scores(images))
        charts.draw(HistogramDisplay.of(counted, threshold=threshold), key="own-histogram", title="Scores by label")
    curves(splits, key="own")
    ui.panel_title("What these figures do not mean")
    ui.facts(_cautions(mine, published, _named_alike(images, known)))
    _mistakes(images, threshold)
    _images(result, threshold)


def _controls(result: OwnResult) -> tuple[bool, str]:
    points = list(result.manifest.point_names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        point = st.selectbox(
            "Operating point", points, index=points.index("balanced"), format_func=metrics.point_title,
            key="own-point", width=260, help="Whose threshold decides; nothing is scored again.",
        )  # fmt: skip
        with_refused = False
        if result.refused.successes:
            with_refused = st.checkbox(
                "Count images that the input check rejects", key="own-refused",
                help="The published figures count them, too; Predict gives them no verdict.",
            )  # fmt: skip
    return with_refused, str(point)


def _left_out(result: OwnResult) -> list[str]:
    """What is not in the figures, and what is in them twice."""
    failed = sum(one.score is None for one in result.images) + result.unread
    bare, again = result.without_label, sum(one.result.duplicate_of is not None for one in result.images)
    refused, share = result.refused.successes or 0, percent(result.refused.value, 1)
    told = {
        f"{count(failed, 'image')} could not be read or scored and {_is(failed)} left out.": failed,
        f"{count(bare, 'file')} without a label {_is(bare)} left out.": bare,
        f"The input check rejects {count(refused, 'image')} ({share} of those scored).": refused,
        f"{count(again, 'image')} with the same pixels as another {_is(again)} counted as well.": again,
    }
    return [sentence for sentence, number in told.items() if number]


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _warn_of_missing_class(found: SplitResult) -> None:
    if not (found.normal and found.pneumonia):
        missing, rate = (LABELS[0], "specificity") if found.pneumonia else (LABELS[1], "sensitivity")
        ui.warning(
            "One of the classes is missing.",
            f"No image with the label {missing} was scored, so {rate}, AUROC and ROC curve are not defined, and "
            "predictive values say nothing.",
        )


def _published(result: OwnResult, known: Measured) -> SplitResult | None:
    """The test split's figures, if they are of the model that scored the images."""
    if known.manifest.weights_sha256 != result.manifest.weights_sha256:
        ui.note("The model in use is no longer the one that scored these images, so nothing is compared.")
        return None
    return known.evaluation.test if known.evaluation else None


def _at(split: SplitResult, point: str) -> SplitResult:
    """The split at an operating point, with the metrics that depend on no threshold."""
    found = split.at(point)
    if found is None:
        return split
    free = {name: split.metrics[name] for name in _AT_NO_THRESHOLD if name in split.metrics}
    return found.model_copy(update={"metrics": found.metrics | free})


def _size(split: SplitResult) -> Cell:
    return Cell(f"{split.images:,}", f"{split.normal:,} normal, {split.pneumonia:,} with pneumonia")


def _cautions(found: SplitResult, published: SplitResult | None, alike: int) -> list[str]:
    told = []
    if min(found.normal, found.pneumonia) < _FEW:
        told.append(
            f"With {found.normal:,} normal images and {found.pneumonia:,} with pneumonia the intervals are wide: a "
            "difference from the test split within them may be chance."
        )
    if published is not None:
        told.append(
            f"{percent(found.prevalence)} of your images show pneumonia, {percent(published.prevalence)} of the test "
            "split. Predictive values and accuracy depend on that share and cannot be compared; sensitivity, "
            "specificity and AUROC can."
        )
    told.append("Your label counts as the truth: a wrong label counts as a mistake of the model.")
    told.append(
        "Each image counts as one child: several of one child make the intervals too narrow. A hand-picked collection "
        "does not represent daily practice."
    )
    if alike:
        told.append(
            f"{count(alike, 'image')} {_is(alike)} named like files of the test split: if they are the same, this is "
            "not a new test."
        )
    return told


def _named_alike(images: tuple[Labelled, ...], known: Measured) -> int:
    official = {PurePosixPath(path).stem.casefold() for path in known.scores.paths} if known.scores else set()
    return sum(PurePosixPath(one.result.name).stem.casefold() in official for one in images)


def _mistakes(images: tuple[Labelled, ...], threshold: float) -> None:
    ui.panel_title("What it got wrong")
    wrong = service.mistakes(images, threshold)
    if not wrong:
        ui.note("Nothing at this threshold.")
        return
    frame = pd.DataFrame(
        {
            "File": [one.result.name for one in wrong[:_MOST_LISTED]],
            "Film": [_as_address(one.result.thumbnail) for one in wrong[:_MOST_LISTED]],
            "Your label": [LABELS[one.label] + " (rejected)" * one.is_refused for one in wrong[:_MOST_LISTED]],
            "Score": [one.score for one in wrong[:_MOST_LISTED]],
            "Classified as": [_classified(one, threshold) for one in wrong[:_MOST_LISTED]],
        }
    )
    listed = f" The first {_MOST_LISTED} of {len(wrong):,}." if len(wrong) > _MOST_LISTED else ""
    columns = {
        "Film": st.column_config.ImageColumn(width="medium"),
        "Score": st.column_config.NumberColumn(format="percent"),
    }
    caption = f"Missed cases first, the surest mistake on top.{listed} Only you see films and file names."
    data(frame, caption=caption, columns=columns, key="own-mistakes")


def _as_address(jpeg: bytes) -> str | None:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}" if jpeg else None


def _classified(one: Labelled, threshold: float) -> str:
    found = one.classified(threshold)
    return "" if found is None else LABELS[found]


def _images(result: OwnResult, threshold: float) -> None:
    """What was rejected or not scored, and everything as a file."""
    if failed := [one for one in result.images if one.score is None or one.is_refused]:
        with st.expander(f"Rejected or not scored ({len(failed):,})"):
            rows = [(one.result.name, _remark(one) or "–") for one in failed[:_MOST_LISTED]]
            table(("File", "Why"), rows, caption="With the reason.", key="own-refusals")
    download(lambda: _frame(result, threshold), key="own-images")


def _remark(one: Labelled) -> str:
    refused = one.result.prediction.refused_because if one.result.prediction else ""
    return one.result.message or refused or " ".join(one.result.warnings)


def _frame(result: OwnResult, threshold: float) -> pd.DataFrame:
    images = result.images
    return pd.DataFrame(
        {
            "file": [one.result.name for one in images],
            "label": [LABELS[one.label] for one in images],
            "score (0 to 1)": [one.score for one in images],
            "threshold (0 to 1)": threshold,
            "classified as": [_classified(one, threshold) for one in images],
            "rejected by the input check (1 if so)": [int(one.is_refused) for one in images],
            "remark": [_remark(one) for one in images],
            "model": result.manifest.model_version,
        }
    )
