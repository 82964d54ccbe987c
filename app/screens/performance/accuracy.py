"""How often it is right: one threshold drives tiles, matrix, histogram, children and curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.screens.performance import calibration, children, details
from app.ui import charts, metrics, numbers
from app.ui import page as ui
from app.ui.counts import ConfusionMatrixDisplay, HistogramDisplay
from app.ui.curves import PrecisionRecallDisplay, RocDisplay
from app.ui.numbers import count, percent, percent_range
from model.evaluation import at_threshold, histogram, precision_recall
from model.records.manifest import BALANCED

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.delta_generator import DeltaGenerator

    from app.screens.prelude import Page
    from model.records.evaluation import Evaluation, Metric, SplitResult
    from model.records.measured import Measured
    from model.records.scores import Scores

THRESHOLD, _POINT, _MORE = "threshold", "threshold-point", "accuracy-tab"
"""Keys in the session's state; threshold and tab are in the page's address, too."""

_STEP, _DECIMALS = 0.001, 3
_HEIGHT = 320
_NO_SCORES = (
    "The scores of single test radiographs are missing (predictions.csv), so only the operating points can be shown. "
    "Evaluate the model again to move the threshold freely."
)
_BY_HAND = (
    "Moved by hand: for exploration only. The operating points were chosen on validation patients; a threshold picked "
    "because it does well here will do less well elsewhere."
)


def draw(page: Page) -> None:
    """The controls and all that they move."""
    known = page.measured
    if known is None or known.evaluation is None:
        ui.note("Accuracy was not measured for this model, or cannot be read.")
        return
    _driven(page)


@st.fragment
def _driven(page: Page) -> None:
    """Only this is drawn anew when a control moves; the model is not called."""
    known = page.measured
    if known is None or known.evaluation is None:
        return
    evaluation, scores = known.evaluation, known.scores
    test = evaluation.test
    here, threshold = _chosen(evaluation, scores, page.settings.operating_point)
    with st.container(key="accuracy", gap="xsmall"):
        shown = {name: here.metrics[name] for name in ("sensitivity", "specificity", "accuracy")}
        metrics.tiles(shown | {"auroc": test.metrics["auroc"]}, prevalence=test.prevalence, columns=4)
        left, middle, right = (one.container(border=True, height="stretch") for one in st.columns(3, gap="small"))
        with left:
            matrix = ConfusionMatrixDisplay.of(here)
            charts.draw(matrix, key="confusion-matrix", title="Confusion matrix", height=_HEIGHT)
        with middle:
            _histogram(evaluation, scores, threshold)
        with right:
            at = children.draw(here, clinic=page.settings.prevalence)
        ui.note("" if here.operating_point else _BY_HAND)
        ui.note(
            f"{count(test.images, 'test radiograph')} of {count(test.patients, 'patient number')}, measured on "
            f"{numbers.day(evaluation.evaluated)}. Ranges are 95 % intervals: what chance leaves open. In the "
            "histogram, the dashed line is the threshold and shaded scores are indeterminate."
        )
    _more(page, known, here, at)


def mistakes(here: SplitResult, threshold: float) -> str:
    """How many are missed and how many are false alarms, with their shares and intervals."""
    name = metrics.point_name(here.operating_point) if here.operating_point else "moved by hand"
    missed = _wrong(here.metrics["sensitivity"], "radiographs with pneumonia")
    flagged = _wrong(here.metrics["specificity"], "normal radiographs")
    return (
        f"At a threshold of {threshold:.3f} ({name}), the model misses {missed} and classifies {flagged} as pneumonia."
    )


def _wrong(metric: Metric, who: str) -> str:
    trials = metric.trials or 0
    if not trials:
        return f"none, as there are no {who},"
    wrong = trials - (metric.successes or 0)
    ends = percent_range(1 - metric.high, 1 - metric.low)
    return f"{wrong:,} of {trials:,} {who} ({percent(wrong / trials, 1)}, 95 % interval {ends})"


def _chosen(evaluation: Evaluation, scores: Scores | None, begin_with: str) -> tuple[SplitResult, float]:
    """The controls, which stay in view; where the slider stands on an operating point, its exact threshold counts."""
    thresholds = {point.name: point.threshold for point in evaluation.operating_points}
    first = begin_with if begin_with in thresholds else BALANCED
    with st.container(key="threshold-bar"):
        title, left, right = st.columns([1, 1, 2], gap="medium", vertical_alignment="center")
        title.header("How often is it right?", anchor=False)
        if scores is None:
            only = _points(left, thresholds, first) or first
            right.caption(_NO_SCORES)
            return evaluation.test.at(only) or evaluation.test, thresholds[only]
        at = right.slider(
            "Threshold: pneumonia from this score on",
            min_value=0.0, max_value=1.0, value=_shown(thresholds[first]), step=_STEP, format=f"%.{_DECIMALS}f",
            key=THRESHOLD, bind="query-params",
            help="Further left: fewer missed cases, more false alarms. Further right: the reverse.",
        )  # fmt: skip
        named = {_shown(threshold): name for name, threshold in thresholds.items()}
        name = named.get(_shown(at), "")
        st.session_state[_POINT] = name or None
        _points(left, thresholds, None)
    threshold = thresholds[name] if name else at
    return at_threshold(evaluation.test, scores, threshold, name=name), threshold


def _shown(threshold: float) -> float:
    """A threshold as the slider can show it."""
    return round(threshold, _DECIMALS)


def _points(where: DeltaGenerator, thresholds: dict[str, float], first: str | None) -> str:
    def move() -> None:
        if name := st.session_state[_POINT]:
            st.session_state[THRESHOLD] = _shown(thresholds[name])

    found: str | None = where.segmented_control(
        "Operating point", list(thresholds), format_func=metrics.point_title, help=metrics.POINTS_HELP, key=_POINT,
        on_change=move, default=first, required=first is not None,
    )  # fmt: skip
    return found or ""


def _histogram(evaluation: Evaluation, scores: Scores | None, threshold: float) -> None:
    if scores is None:
        ui.panel_title("Scores by true class")
        ui.note(_NO_SCORES)
        return
    display = HistogramDisplay.of(histogram(scores), threshold=threshold, band=evaluation.band)
    charts.draw(display, key="score-histogram", title="Scores by true class", height=_HEIGHT)


def _more(page: Page, known: Measured, here: SplitResult, prevalence: float) -> None:
    """What does not fit on the first screen; only the open tab is drawn."""
    drawn: dict[str, Callable[[], None]] = {
        "What falls short": lambda: details.falls_short(known),
        "ROC and precision-recall": lambda: _curves(known, here),
        "Predictive values": lambda: children.draw_predictive_values(here, prevalence),
        "Operating points": lambda: details.operating_points(known),
        "Calibration": lambda: calibration.draw(page),
        "Indeterminate": lambda: details.indeterminate(known),
        "All figures": lambda: details.all_figures(known),
    }
    for draw_part, tab in zip(drawn.values(), st.tabs(list(drawn), key=_MORE, bind="query-params"), strict=True):
        if tab.open:
            with tab:
                draw_part()


def _curves(known: Measured, here: SplitResult) -> None:
    areas = known.evaluation.test.metrics if known.evaluation else {}
    splits = {"test split": here.model_copy(update={"metrics": areas | here.metrics})}
    left, right = (one.container(border=True, height="stretch") for one in st.columns(2, gap="small"))
    with left:
        note = "Each point is a threshold. Higher: more found. Further left: fewer false alarms."
        charts.draw(RocDisplay.of(splits, here=here), key="roc", title="ROC curve", note=note)
    with right:
        if known.scores is None:
            ui.panel_title("Precision-recall curve", _NO_SCORES)
            return
        found = {"test split": precision_recall(known.scores)}
        charts.draw(
            PrecisionRecallDisplay.of(found, splits, here=here),
            key="precision-recall",
            title="Precision-recall curve",
            note="The share of alarms that are right, against the share of pneumonia found, as common as it is here.",
        )
