"""Accuracy: what the model got right and wrong on the test split, its operating points, its band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, charts_calibration, figures, markup, tables

if TYPE_CHECKING:
    from app.measured import Evaluation, History, Robustness


def falls_short(evaluation: Evaluation, history: History | None, robustness: Robustness | None) -> None:
    """What the figures do not reach."""
    with st.container(border=True):
        markup.panel_title("What falls short")
        markup.facts(wording.shortfalls(evaluation, history, robustness))


def points(evaluation: Evaluation) -> None:
    """The thresholds to choose from."""
    markup.section(
        f"{wording.number(len(evaluation.operating_points)).capitalize()} operating points",
        "One network, and thresholds to choose from. Rule-out misses few and raises more false alarms, rule-in the "
        "reverse.",
    )
    markup.facts(wording.promise_sentences(evaluation))
    tables.points_table(
        evaluation,
        caption="Small figures are 95 % intervals. What validation led to expect was cross-fitted: each patient judged "
        "by thresholds that the others chose.",
    )


def band(evaluation: Evaluation) -> None:
    """The indeterminate band."""
    band, result = evaluation.band, evaluation.test.band
    if band is None or result is None:
        return
    markup.section("When it will not say", f"{wording.band_key(band)} {wording.guarantee_sentence(band)}")
    figures.tiles((result.indeterminate, result.normal, result.pneumonia, result.decided_right), evaluation.test)
    markup.facts(wording.guarantee_results(result, band))


def reliability(evaluation: Evaluation) -> None:
    """Whether a probability can be taken at its word."""
    test = evaluation.test
    if not any(one.images for one in test.reliability):
        return
    markup.section(
        "Is a probability of 80 % right in 80 %?",
        "Scans grouped by their probability, against how many of each group truly have pneumonia.",
    )
    told = wording.reliability_facts(test)
    with st.container(border=True):
        markup.panel_title("Reliability diagram", "One mark a tenth of the scale; lines are 95 % intervals.")
        charts.draw(
            charts_calibration.reliability(test, evaluation.band),
            key="reliability",
            alt=f"Reliability diagram. {' '.join(told)}",
            data=lambda: charts_calibration.reliability_data(test),
        )
        markup.facts(told)


def every_figure(evaluation: Evaluation) -> None:
    """All figures with their intervals."""
    kinds = {"proportion": "Percentages", "bootstrap": "Other figures"}
    methods = [f"{kinds.get(kind, kind)}: {text}." for kind, text in evaluation.interval_methods.items()]
    with st.expander("All figures on the test split, with the range that chance leaves open"):
        figures.metric_table(evaluation.test, caption=" ".join(methods))
        if caution := wording.dependence_sentence(evaluation.test):
            markup.note(caution)
