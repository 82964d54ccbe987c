"""Metrics and operating points as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import glossary
from app.ui.numbers import count, figure, figure_range, percent, percent_range
from app.ui.page import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.records.evaluation import Metric

TITLES = {
    "sensitivity": "Sensitivity (recall)",
    "specificity": "Specificity",
    "precision": "Positive predictive value (precision)",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "f1": "F1 score",
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "expected_calibration_error": "Calibration error",
    "expected_calibration_error_balanced": "Calibration error, both classes weighted equally",
    "indeterminate": "Indeterminate",
    "normal": "Indeterminate: normal",
    "pneumonia": "Indeterminate: pneumonia",
    "decided_right": "Correct outside the indeterminate range",
}

_PROPORTIONS = {
    "sensitivity": ("radiograph with pneumonia", "{successes:,} were found and {others:,} missed."),
    "specificity": ("normal radiograph", "{successes:,} were classified as normal; {others:,} were false alarms."),
    "precision": ("radiograph classified as pneumonia", "{successes:,} had it."),
    "npv": ("radiograph classified as normal", "{successes:,} were normal."),
    "accuracy": ("radiograph", "{successes:,} were classified correctly."),
    "indeterminate": ("radiograph", "{successes:,} were indeterminate."),
    "normal": ("normal radiograph", "{successes:,} were indeterminate."),
    "pneumonia": ("radiograph with pneumonia", "{successes:,} were indeterminate."),
    "decided_right": ("radiograph outside the range", "{successes:,} were classified correctly."),
}
"""What is counted, and how many of them."""

_POINTS = {
    "rule_out": "Rule-out: few missed cases, more false alarms.",
    "balanced": "Balanced: missed cases and false alarms count equally.",
    "rule_in": "Rule-in: few false alarms, more missed cases.",
}

POINTS_HELP = "\n\n".join("**{}:**{}".format(*text.partition(":")[::2]) for text in _POINTS.values())
"""What the three operating points are for, as Markdown."""


def title(name: str) -> str:
    """The title of a metric, such as "Sensitivity (recall)"; the name itself for one that is not known here."""
    return TITLES.get(name, name)


def shown(metric: Metric) -> str:
    """A proportion as a percentage, another statistic as a plain number."""
    return percent(metric.value, 1) if metric.trials is not None else figure(metric.value)


def interval(metric: Metric) -> str:
    """The ends of the 95 % interval, in the metric's own unit; "not defined" where there is none."""
    return (percent_range if metric.trials is not None else figure_range)(metric.low, metric.high)


def in_words(name: str, metric: Metric, *, prevalence: float) -> str:
    """A metric for a reader who does not know its name.

    Args:
        name: of the metric.
        metric: its value.
        prevalence: share of pneumonia where it was measured, 0 to 1.

    Returns:
        A sentence; "" for a metric that is not known here.
    """
    if metric.trials == 0 or math.isnan(metric.value):
        return "Not defined on these radiographs."
    if name in _PROPORTIONS:
        trials, successes = metric.trials or 0, metric.successes or 0
        noun, sentence = _PROPORTIONS[name]
        plural = noun.replace("radiograph", "radiographs")
        return f"Of {count(trials, noun, plural)}, " + sentence.format(successes=successes, others=trials - successes)
    off = f"{100 * metric.value:.1f} percentage points"
    others = {
        "f1": "Sensitivity and positive predictive value combined; 1 is perfect.",
        "auroc": f"Of a child with pneumonia and one without, the first scores higher in {percent(metric.value, 1)}.",
        "average_precision": f"Positive predictive value over all thresholds; guessing gives {figure(prevalence)}.",
        "expected_calibration_error": f"The score differs from the observed share by {off} on average.",
        "expected_calibration_error_balanced": f"The same at equal numbers of normal and pneumonia: {off} on average.",
    }
    return others.get(name, "")


def tiles(metrics: Mapping[str, Metric], *, prevalence: float, columns: int = 3, key: str = "tiles") -> None:
    """Metrics as tiles: value, 95 % interval and a sentence each, with the meaning of the name as a tooltip.

    Args:
        metrics: by name, in order.
        prevalence: share of pneumonia where they were measured, 0 to 1.
        columns: of tiles; on a phone two.
        key: of the block, beginning with "tiles"; no two on a page are alike.
    """
    with st.container(key=key):
        places = [place for _ in range(-(-len(metrics) // columns)) for place in st.columns(columns)]
    for place, (name, metric) in zip(places, metrics.items(), strict=False):
        with place:
            _tile(name, metric, prevalence)


def _tile(name: str, metric: Metric, prevalence: float) -> None:
    with st.container(border=True, height="stretch", gap="xxsmall"):
        st.metric(title(name), shown(metric), help=glossary.of_metric(name) or None)
        # One element, since each costs time whenever the threshold moves.
        st.markdown(f"95\u00a0% interval {interval(metric)}  \n{plain(in_words(name, metric, prevalence=prevalence))}")


def point_name(name: str) -> str:
    """An operating point within a sentence, such as "rule-out"."""
    return name.replace("_", "-")


def point_title(name: str) -> str:
    """An operating point on its own, such as "Rule-out"."""
    return point_name(name).capitalize()


def point_purpose(name: str) -> str:
    """What an operating point is for, in a sentence; "" for one that is not known here."""
    return _POINTS.get(name, "")
