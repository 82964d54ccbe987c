"""Plotly charts of several models, or several sets of images, over each other; and scores by true class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from app import wording
from app.components import charts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from app.components.chart_data import Data
    from app.measured import ReliabilityBin, SplitResult

_DASHES = ("solid", "dash", "dot", "dashdot")
_SYMBOLS = ("circle", "diamond", "square", "x")
_BINS = 20

_SHARES = {"dtick": 0.25, "tickformat": ".0%"}

Named = tuple[str, "SplitResult"]
"""What it is called, and its figures."""


def roc_over(splits: Sequence[Named]) -> go.Figure:
    """ROC curves over each other.

    Args:
        splits: those without a curve, such as of one class only, are left out.

    Returns:
        The figure.
    """
    curves = [
        go.Scatter(
            x=split.false_positive_rate, y=split.true_positive_rate, mode="lines",
            line={"width": 2.5, "shape": "linear", "dash": _dash(place)},
            name=f"{name}, AUROC {wording.figure(split.metrics['auroc'].value)}",
            hovertemplate="sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<extra>%{fullData.name}</extra>",
        )
        for place, (name, split) in enumerate(splits)
        if split.false_positive_rate
    ]  # fmt: skip
    return charts.compose(
        [*curves, _diagonal("guessing")],
        x={"title": "1 − specificity (false alarms)", "range": [-0.02, 1.02], **_SHARES},
        y={"title": "Sensitivity (found)", "range": [-0.02, 1.03], **_SHARES},
    )


def roc_data(splits: Sequence[Named]) -> Data:
    """The curves' points, one below the other."""
    points = [
        (name, x, y)
        for name, split in splits
        for x, y in zip(split.false_positive_rate, split.true_positive_rate, strict=True)
    ]
    return {
        "of": [name for name, _, _ in points],
        "1 - specificity (0 to 1)": [x for _, x, _ in points],
        "sensitivity (0 to 1)": [y for _, _, y in points],
    }


def reliability_over(splits: Sequence[Named]) -> go.Figure:
    """Observed share of pneumonia by probability; bins without an image are left out.

    Args:
        splits: what to draw.

    Returns:
        The figure.
    """
    lines = []
    for place, (name, split) in enumerate(splits):
        bins = _filled(split)
        line = go.Scatter(
            x=[one.mean_probability for one in bins], y=[one.pneumonia / one.images for one in bins],
            customdata=[one.images for one in bins], mode="lines+markers", name=name,
            line={"width": 2, "dash": _dash(place)},
            marker={"size": [_size(one, split) for one in bins], "symbol": _SYMBOLS[place % len(_SYMBOLS)]},
            hovertemplate="%{customdata} images<br>probability %{x:.0%}, observed %{y:.0%}"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
        lines.append(line)
    return charts.compose(
        # The probability is meant for a prevalence of one half; elsewhere the ideal is bent.
        [*lines, _diagonal("ideal where half have pneumonia")],
        x={"title": "Probability of pneumonia", "range": [-0.03, 1.03], **_SHARES},
        y={"title": "Share that had pneumonia", "range": [-0.03, 1.05], **_SHARES},
    )


def reliability_data(splits: Sequence[Named]) -> Data:
    """The bins that are drawn, one below the other."""
    bins = [(name, one) for name, split in splits for one in _filled(split)]
    return {
        "of": [name for name, _ in bins],
        "mean probability (0 to 1)": [one.mean_probability for _, one in bins],
        "images": [one.images for _, one in bins],
        "with pneumonia": [one.pneumonia for _, one in bins],
    }


def scores_by_class(probabilities: npt.NDArray[np.float64], sick: npt.NDArray[np.bool_], threshold: float) -> go.Figure:
    """How many images of each class have which probability.

    Args:
        probabilities: float64, shape (n,), 0 to 1.
        sick: bool, shape (n,).
        threshold: from which an image is called Pneumonia.

    Returns:
        The figure.
    """
    edges, counted = _counted(probabilities, sick)
    middles, top = (edges[:-1] + edges[1:]) / 2, max(1, int(np.add(*counted).max()))
    bars = [
        go.Bar(
            x=middles.tolist(), y=counts.tolist(), name=name, width=1 / _BINS, marker={"pattern": {"shape": pattern}},
            hovertemplate=f"%{{y}} {name}<br>probability about %{{x:.0%}}<extra></extra>",
        )
        for counts, name, pattern in zip(counted, ("truly Normal", "truly Pneumonia"), ("", "/"), strict=True)
    ]  # fmt: skip
    cut = go.Scatter(
        x=[threshold] * 2, y=[0, top], mode="lines", line={"dash": "dash", "width": 2}, hoverinfo="skip",
        name=f"threshold, {wording.percent(threshold, 1)}",
    )  # fmt: skip
    return charts.compose(
        [*bars, cut],
        x={"title": "Probability of pneumonia", "range": [0, 1], **_SHARES},
        y={"title": "Images", "tickformat": "d", "rangemode": "tozero"},
        layout={"barmode": "stack", "bargap": 0.05},
    )


def scores_data(probabilities: npt.NDArray[np.float64], sick: npt.NDArray[np.bool_]) -> Data:
    """The bars' counts, to download.

    Args:
        probabilities: float64, shape (n,), 0 to 1.
        sick: bool, shape (n,).
    """
    edges, (normal, pneumonia) = _counted(probabilities, sick)
    return {
        "probability from (0 to 1)": edges[:-1].tolist(),
        "probability to (0 to 1)": edges[1:].tolist(),
        "truly Normal (images)": normal.tolist(),
        "truly Pneumonia (images)": pneumonia.tolist(),
    }


def _counted(
    probabilities: npt.NDArray[np.float64], sick: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], list[npt.NDArray[np.int64]]]:
    """Edges of the bars, and how many normal and sick images lie in each."""
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    return edges, [np.histogram(probabilities[sick == truth], edges)[0] for truth in (False, True)]


def _diagonal(name: str) -> go.Scatter:
    line = {"dash": "dot", "width": 1.5}
    return go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, name=name, hoverinfo="skip")


def _filled(split: SplitResult) -> list[ReliabilityBin]:
    return [one for one in split.reliability if one.images and one.mean_probability is not None]


def _dash(place: int) -> str:
    return _DASHES[place % len(_DASHES)]


def _size(one: ReliabilityBin, split: SplitResult) -> float:
    """The more images, the larger: a bin of one tells little."""
    return 6.0 + 14.0 * float(np.sqrt(one.images / max(1, split.images)))
