"""Is 80 % right in 80 %? How far a score can be read as a probability."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import charts, metrics
from app.ui import page as ui
from app.ui.intervals import ReliabilityDisplay
from app.ui.numbers import count, percent, percent_range
from app.ui.table import table
from model.evaluation import alike

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from model.evaluation import Alike
    from model.records.evaluation import Metric, SplitResult
    from model.records.scores import Scores

_ASKED = 0.8
_SCORES = (0.1, 0.2, 0.5, 0.65, 0.8, 0.9, 0.95)
_ERROR = "expected_calibration_error"


def draw(page: Page) -> None:
    """The answer in a word, how often scores came true, and the reliability diagram."""
    known = page.measured
    if known is None or known.evaluation is None:
        return
    test = known.evaluation.test
    left, right = (one.container(border=True, height="stretch") for one in st.columns([2, 3], gap="small"))
    with left:
        ui.panel_title(f"Is {percent(_ASKED)} right in {percent(_ASKED)}?")
        if known.scores is None:
            ui.note("The scores of single test radiographs are missing (predictions.csv), so this cannot be checked.")
        else:
            _answer(known.scores, test)
            _came_true(known.scores)
    with right:
        charts.draw(
            ReliabilityDisplay({"test split": test.reliability}, test.prevalence, known.evaluation.band),
            key="reliability",
            title="Reliability diagram",
            note="Below the dashed line: fewer had pneumonia than the score suggests. Above it: more.",
        )
        if _ERROR in test.metrics:
            ui.facts([_error(test.metrics[_ERROR], test)])


def expected(score: float, prevalence: float) -> float:
    """The share that should have pneumonia, where the score is perfect: it holds where half of the children have it.

    Args:
        score: 0 to 1.
        prevalence: of the radiographs, 0 to 1.

    Returns:
        0 to 1: the odds of the score times those of the prevalence.
    """
    sick = score * prevalence
    return sick / (sick + (1 - score) * (1 - prevalence))


def _answer(scores: Scores, test: SplitResult) -> None:
    found, due = alike(scores, _ASKED), expected(_ASKED, test.prevalence)
    if found is None:
        st.markdown("**Unknown:** too few test radiographs have such a score.")
        return
    word = "Yes" if found.share.low <= due <= found.share.high else "No"
    side = {"Yes": "", "No": ": the score is too high" if found.share.value < due else ": the score is too low"}[word]
    st.markdown(f"**{word}{side}.** {ui.plain(_nearest(found))}")
    ui.note(
        f"A perfect score of {percent(_ASKED)} means pneumonia in {percent(_ASKED)} where half of the children have it "
        f"and in {percent(due)} where {percent(test.prevalence, 1)} have it, as in the test split."
    )


def _nearest(found: Alike) -> str:
    share = found.share
    return (
        f"Of the {count(found.images, 'test radiograph')} nearest to it (scores {percent(found.low)} to "
        f"{percent(found.high)}), {share.successes:,} had pneumonia: {percent(share.value)}, 95 % interval "
        f"{percent_range(share.low, share.high)}."
    )


def _came_true(scores: Scores) -> None:
    rows = [
        (
            percent(score),
            f"{found.share.successes:,} of {found.images:,}",
            f"{percent(found.share.value)} ({percent_range(found.share.low, found.share.high)})",
        )
        for score in _SCORES
        if (found := alike(scores, score)) is not None
    ]
    if rows:
        head = ("Score", "Had pneumonia", "Share (95 % interval)")
        table(head, rows, caption="Of the test radiographs with the nearest scores.")


def _error(metric: Metric, test: SplitResult) -> str:
    if math.isnan(metric.value):
        return ""
    ends = f"95 % interval {100 * metric.low:.1f} to {100 * metric.high:.1f} points"
    return f"{metrics.in_words(_ERROR, metric, prevalence=test.prevalence).removesuffix('.')} ({ends})."
