"""Accuracy: what the model got right and wrong on the test split, its operating points, its band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, figures, markup, tables

if TYPE_CHECKING:
    from app.measured import Evaluation, History, Robustness

_HEADLINE = ("sensitivity", "specificity", "auroc", "accuracy")


def on_test(evaluation: Evaluation) -> None:
    """Headline figures, confusion matrix and ROC curve."""
    test = evaluation.test
    markup.section(
        f"On the test split, at the {wording.point_name(test.operating_point)} operating point",
        f"{test.images:,} images of {test.patients:,} patient numbers, "
        f"measured on {wording.day(evaluation.evaluated)}.",
    )
    figures.tiles([test.metrics[name] for name in _HEADLINE if name in test.metrics], test)
    if caution := wording.shared_numbers_sentence(test):
        markup.note(caution)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("Confusion matrix", "Images; rows are the truth, columns the model’s verdict.")
        charts.draw(
            charts.confusion_matrix(test),
            key="confusion-matrix",
            alt=f"{wording.sensitivity_sentence(test)} {wording.specificity_sentence(test)}",
        )
    with right.container(border=True, height="stretch"):
        area = test.metrics["auroc"]
        markup.panel_title(
            "ROC curve", "What each threshold would give: more found on top, fewer false alarms to the left."
        )
        charts.draw(
            charts.roc(test, area=f"AUROC {figures.shown(area)}"),
            key="roc",
            alt=f"ROC curve with an area of {figures.shown(area)}, {figures.interval(area)}. "
            + " ".join(wording.rates_sentence(at) for one in test.points if (at := test.at(one.name))),
        )


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


def every_figure(evaluation: Evaluation) -> None:
    """All figures with their intervals."""
    kinds = {"proportion": "Percentages", "bootstrap": "Other figures"}
    methods = [f"{kinds.get(kind, kind)}: {text}." for kind, text in evaluation.interval_methods.items()]
    with st.expander("All figures on the test split, with the range that chance leaves open"):
        figures.metric_table(evaluation.test, caption=" ".join(methods))
        if caution := wording.dependence_sentence(evaluation.test):
            markup.note(caution)
