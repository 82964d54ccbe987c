"""One threshold drives all: tiles, counts, confusion matrix, both curves and the histogram of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import measured, wording
from app.components import charts, charts_threshold, figures, markup
from app.performance_page import prevalence
from model.records.manifest import BALANCED

if TYPE_CHECKING:
    from app.measured import Evaluation, ScoredScans, SplitResult

# Keys in the session's state; the threshold is in the page's address, too.
THRESHOLD, _POINT = "threshold", "threshold-point"

STEP = 0.001
_DECIMALS = 3
_TILES = ("sensitivity", "specificity", "precision", "npv", "accuracy")


@st.fragment
def driven(evaluation: Evaluation, scans: ScoredScans | None, *, begin_with: str, clinic: float | None) -> None:
    """The controls and all that they move; only this part of the page is drawn anew, and the model is not called.

    Args:
        evaluation: of the model.
        scans: the score of every test scan, or None where not known: then there are only the operating points.
        begin_with: name of the operating point at the start.
        clinic: the clinic's own prevalence, 0 to 1; None where not set.
    """
    test = evaluation.test
    markup.section(
        "How often is it right?",
        f"{test.images:,} images of {test.patients:,} patient numbers, measured on "
        f"{wording.day(evaluation.evaluated)}.",
    )
    here, threshold = _chosen(evaluation, scans, begin_with)
    markup.facts([wording.mistakes_sentence(here, threshold), wording.threshold_origin(here)])
    with st.container(key="threshold-tiles"):
        figures.tiles([*(here.metrics[name] for name in _TILES), test.metrics["auroc"]], test)
    markup.note(" ".join(one for one in (wording.INTERVAL, wording.shared_numbers_sentence(test)) if one))
    st.page_link("app_pages/how_it_works.py", label="What the words mean: glossary", help="On the page How it works.")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _matrix(here)
    with right.container(border=True, height="stretch"):
        _histogram(evaluation, here, scans, threshold)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _roc(evaluation, here)
    with right.container(border=True, height="stretch"):
        _precision_recall(evaluation, here, scans)
    prevalence.natural(here, clinic=clinic)


def shown(threshold: float) -> float:
    """A threshold as the slider can show it."""
    return round(threshold, _DECIMALS)


def _chosen(evaluation: Evaluation, scans: ScoredScans | None, begin_with: str) -> tuple[SplitResult, float]:
    """Draw the controls.

    Where the slider stands on an operating point, rounded, its exact threshold counts.
    """
    thresholds = {point.name: point.threshold for point in evaluation.operating_points}
    first = begin_with if begin_with in thresholds else BALANCED
    above = st.container()
    if scans is None:
        only = _points(above, thresholds, first) or first
        markup.note(wording.NO_SCORES)
        return evaluation.test.at(only) or evaluation.test, thresholds[only]
    at = st.slider(
        "Threshold: from this probability on, a scan is called Pneumonia",
        min_value=0.0, max_value=1.0, value=shown(thresholds[first]), step=STEP, format=f"%.{_DECIMALS}f",
        key=THRESHOLD, bind="query-params",
        help="To the left it misses fewer and raises more false alarms; to the right the reverse.",
    )  # fmt: skip
    named = {shown(threshold): name for name, threshold in thresholds.items()}
    name = named.get(shown(at), measured.BY_HAND)
    st.session_state[_POINT] = name or None
    _points(above, thresholds, None)
    threshold = thresholds[name] if name else at
    return measured.at_threshold(evaluation.test, scans, threshold, name=name), threshold


def _points(where: st.delta_generator.DeltaGenerator, thresholds: dict[str, float], first: str | None) -> str:
    """The choice between the operating points."""

    def move() -> None:
        if name := st.session_state[_POINT]:
            st.session_state[THRESHOLD] = shown(thresholds[name])

    found: str | None = where.segmented_control(
        "Operating point", list(thresholds), format_func=wording.point_title, help=wording.CHOICE_HELP, key=_POINT,
        on_change=move, default=first, required=first is not None,
    )  # fmt: skip
    return found or ""


def _matrix(here: SplitResult) -> None:
    markup.panel_title("Confusion matrix", "Scans; rows are the truth, columns the model’s verdict.")
    charts.draw(
        charts.confusion_matrix(here),
        key="confusion-matrix",
        alt=wording.matrix_summary(here),
        data=lambda: charts_threshold.matrix_data(here),
    )


def _histogram(evaluation: Evaluation, here: SplitResult, scans: ScoredScans | None, threshold: float) -> None:
    markup.panel_title(
        "Scores by true class",
        "Upwards with pneumonia, downwards normal. Bars above on the left of the line are missed, bars below on its "
        "right are false alarms. Shaded: the indeterminate band.",
    )
    if scans is None:
        markup.note(wording.NO_SCORES)
        return
    found = measured.score_histogram(scans)
    charts.draw(
        charts_threshold.histogram(found, threshold=threshold, band=evaluation.band, labels=here.labels),
        key="score-histogram",
        alt=wording.histogram_summary(found, here, threshold, evaluation.band),
        data=lambda: charts_threshold.histogram_data(found, labels=here.labels),
    )


def _roc(evaluation: Evaluation, here: SplitResult) -> None:
    markup.panel_title(
        "ROC curve", "What each threshold would give: more found on top, fewer false alarms to the left."
    )
    area = wording.metric_shown(evaluation.test.metrics["auroc"])
    charts.draw(
        charts_threshold.roc(here, area=f"AUROC {area}"),
        key="roc",
        alt=wording.roc_summary(evaluation, here),
        data=lambda: charts_threshold.roc_data(here),
    )


def _precision_recall(evaluation: Evaluation, here: SplitResult, scans: ScoredScans | None) -> None:
    markup.panel_title(
        "Precision-recall curve",
        "How many of its alarms are right, against how many sick it finds; as common as pneumonia is on this split.",
    )
    if scans is None:
        markup.note(wording.NO_SCORES)
        return
    found = measured.precision_recall(scans)
    area = wording.metric_shown(evaluation.test.metrics["average_precision"])
    charts.draw(
        charts_threshold.precision_recall(here, found, area=f"average {area}"),
        key="precision-recall",
        alt=wording.precision_recall_summary(evaluation, here),
        data=lambda: charts_threshold.precision_recall_data(found),
    )
