"""Charts that a threshold moves: where it lies on the ROC and precision-recall curves and among the scores.

Trace order matters: Streamlit hands out the theme's colours by it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from app.components.charts import compose
from app.wording import percent, point_name
from model.labels import LABELS
from model.records.manifest import BALANCED, RULE_IN, RULE_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.components.chart_data import Data
    from app.measured import Metric, PrecisionRecall, ScoreHistogram, SplitResult
    from model.records.manifest import UncertaintyBand

_SYMBOLS = {RULE_OUT: "triangle-up", BALANCED: "diamond", RULE_IN: "square"}
_SHARES = {"range": [-0.02, 1.03], "dtick": 0.25, "tickformat": ".0%"}
_HERE = "threshold"
_TALL = 420


def roc(split: SplitResult, *, area: str) -> go.Figure:
    """The ROC curve with every operating point, and a ring where the threshold lies.

    Args:
        split: with its curve, the counts at each operating point, and its metrics at the threshold.
        area: the AUROC in words, for the legend.

    Returns:
        The figure.
    """
    hover = "sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<extra>%{fullData.name}</extra>"
    curve = _line(split.false_positive_rate, split.true_positive_rate, area, hover)
    here = _at(split.metrics, ("specificity", "sensitivity"))
    marks = [(one.name, _at(one.metrics, ("specificity", "sensitivity"))) for one in split.points]
    falling = [(name, (1 - x, y)) for name, (x, y) in marks]
    return compose(
        _traces(curve, _guess([0, 1], [0, 1]), falling, (1 - here[0], here[1]), hover),
        x=_SHARES | {"title": "1 − specificity (false alarms)"},
        y=_SHARES | {"title": "Sensitivity (found)"},
        layout={"height": _TALL},
    )


def roc_data(split: SplitResult) -> Data:
    """The ROC curve's points, to download."""
    return {
        "1 − specificity (0 to 1)": split.false_positive_rate,
        "sensitivity (0 to 1)": split.true_positive_rate,
    }


def precision_recall(split: SplitResult, found: PrecisionRecall, *, area: str) -> go.Figure:
    """The precision-recall curve with every operating point, and a ring where the threshold lies.

    Args:
        split: with the metrics at each operating point and at the threshold.
        found: the curve.
        area: the average precision in words, for the legend.

    Returns:
        The figure.
    """
    hover = "positive predictive value %{y:.1%}<br>sensitivity %{x:.1%}<extra>%{fullData.name}</extra>"
    x, y = found.recall.round(5).tolist(), found.precision.round(5).tolist()
    curve = _line(x, y, area, hover)
    guess = _guess([0, 1], [split.pneumonia / split.images] * 2)
    marks = [(one.name, _at(one.metrics, ("sensitivity", "precision"))) for one in split.points]
    return compose(
        _traces(curve, guess, marks, _at(split.metrics, ("sensitivity", "precision")), hover),
        x=_SHARES | {"title": "Sensitivity (recall)"},
        y=_SHARES | {"title": "Positive predictive value"},
        layout={"height": _TALL},
    )


def precision_recall_data(found: PrecisionRecall) -> Data:
    """The precision-recall curve's points, to download."""
    return {
        "threshold (0 to 1)": found.threshold.tolist(),
        "sensitivity, recall (0 to 1)": found.recall.tolist(),
        "positive predictive value, precision (0 to 1)": found.precision.tolist(),
    }


def histogram(
    found: ScoreHistogram, *, threshold: float, band: UncertaintyBand | None, labels: Sequence[str] = LABELS
) -> go.Figure:
    """Scores by true class, one class upwards and one downwards, with the threshold and the indeterminate band.

    A bar's length is the square root of its count: beside hundreds of clear scans, the few unclear ones, which the
    threshold decides on, would not be seen.

    Args:
        found: the counts.
        threshold: 0 to 1.
        band: of indeterminate probabilities, or None.
        labels: names of the classes.

    Returns:
        The figure.
    """
    middles = [(low + high) / 2 for low, high in zip(found.edges, found.edges[1:], strict=False)]
    width = 0.92 * (found.edges[1] - found.edges[0])
    sides = ((labels[0], found.normal, -1, "/"), (labels[1], found.pneumonia, 1, ""))
    bars = [
        go.Bar(
            x=middles, y=[sign * math.sqrt(count) for count in counts], width=width, name=f"truly {label}",
            customdata=counts, marker={"pattern": {"shape": pattern, "fillmode": "overlay", "size": 6}},
            hovertemplate=f"%{{customdata}} truly {label}<br>score about %{{x:.0%}}<extra></extra>",
        )
        for label, counts, sign, pattern in sides
    ]  # fmt: skip
    most = math.sqrt(max(1, *found.normal, *found.pneumonia))
    reach = 1.12 * most
    line = go.Scatter(
        x=[threshold] * 2, y=[-reach, reach], mode="lines", name=_HERE, hoverinfo="skip",
        line={"width": 2.5, "dash": "dash"},
    )  # fmt: skip
    ticks = [count for count in (400, 200, 50, 10) if math.sqrt(count) <= most * 1.05] or [1]
    at = [-math.sqrt(one) for one in ticks] + [0.0] + [math.sqrt(one) for one in reversed(ticks)]
    words = [str(round(one * one)) for one in at]
    return compose(
        [*bars, line],
        x={"title": "Probability of pneumonia", "range": [-0.02, 1.02], "dtick": 0.25, "tickformat": ".0%"},
        y={
            "title": "Scans (square-root scale)",
            "tickvals": at,
            "ticktext": words,
            "range": [-1.15 * most, 1.15 * most],
        },
        layout={"height": _TALL, "barmode": "overlay", "shapes": shade(band)},
    )


def shade(band: UncertaintyBand | None) -> list[dict[str, Any]]:
    """The indeterminate band as a shape behind the traces; none without a band.

    Args:
        band: of indeterminate probabilities, along the horizontal axis.

    Returns:
        Plotly's shapes.
    """
    if band is None or band.high <= band.low:
        return []
    place = {"x0": band.low, "x1": band.high, "y0": 0, "y1": 1, "yref": "paper"}
    return [{"type": "rect", "line": {"width": 0}, "fillcolor": "rgba(128,128,160,.18)", "layer": "below"} | place]


def histogram_data(found: ScoreHistogram, *, labels: Sequence[str] = LABELS) -> Data:
    """The histogram's counts, to download."""
    return {
        "score from (0 to 1)": found.edges[:-1],
        "score to (0 to 1)": found.edges[1:],
        f"truly {labels[0]} (scans)": found.normal,
        f"truly {labels[1]} (scans)": found.pneumonia,
    }


def matrix_data(split: SplitResult) -> Data:
    """A confusion matrix's cells, to download."""
    cells = [(true, called, count) for true, row in zip(split.labels, split.counts, strict=True)
             for called, count in zip(split.labels, row, strict=True)]  # fmt: skip
    return {
        "true label": [true for true, _, _ in cells],
        "predicted label": [called for _, called, _ in cells],
        "scans": [count for _, _, count in cells],
    }


def _traces(
    curve: go.Scatter,
    guess: go.Scatter,
    marks: Sequence[tuple[str, tuple[float, float]]],
    here: tuple[float, float],
    hover: str,
) -> list[go.Scatter]:
    """The balanced point comes second and guessing third, for the theme's colours; the ring last."""
    drawn = sorted((_mark(name, at, hover) for name, at in marks), key=lambda mark: mark.name != point_name(BALANCED))
    ring = go.Scatter(
        x=[here[0]], y=[here[1]], mode="markers", name=_HERE, hovertemplate=hover,
        marker={"size": 24, "symbol": "circle-open", "line": {"width": 3.5}},
    )  # fmt: skip
    return [curve, *drawn[:1], guess, *drawn[1:], *([] if math.isnan(here[0] + here[1]) else [ring])]


def _line(x: Sequence[float], y: Sequence[float], name: str, hover: str) -> go.Scatter:
    line = {"width": 3, "shape": "linear"}
    return go.Scatter(x=x, y=y, mode="lines", line=line, name=name, hovertemplate=hover)


def _guess(x: list[float], y: list[float]) -> go.Scatter:
    name = f"guessing, {percent(y[0])}" if y[0] == y[1] else "guessing"
    return go.Scatter(x=x, y=y, mode="lines", line={"dash": "dot", "width": 2}, name=name, hoverinfo="skip")


def _mark(name: str, at: tuple[float, float], hover: str) -> go.Scatter:
    marker = {"size": 12, "symbol": _SYMBOLS.get(name, "circle"), "line": {"width": 1.5, "color": "white"}}
    return go.Scatter(x=[at[0]], y=[at[1]], mode="markers", marker=marker, name=point_name(name), hovertemplate=hover)


def _at(metrics: dict[str, Metric], names: tuple[str, str]) -> tuple[float, float]:
    return metrics[names[0]].value, metrics[names[1]].value
