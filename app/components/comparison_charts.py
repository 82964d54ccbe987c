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

    from app.measured import ReliabilityBin, SplitResult

_DASHES = ("solid", "dash", "dot", "dashdot")
_SYMBOLS = ("circle", "diamond", "square", "x")
_BINS = 20

Named = tuple[str, "SplitResult"]
"""What it is called, and its figures."""


def roc_over(splits: Sequence[Named]) -> go.Figure:
    """ROC curves over each other, each with its balanced point.

    Args:
        splits: those without a curve, such as of one class only, are left out.

    Returns:
        The figure.
    """
    figure = go.Figure()
    for place, (name, split) in enumerate(splits):
        if not split.false_positive_rate:
            continue
        area = wording.figure(split.metrics["auroc"].value)
        figure.add_scatter(
            x=split.false_positive_rate, y=split.true_positive_rate, mode="lines",
            line={"width": 2.5, "shape": "linear", "dash": _dash(place)}, name=f"{name}, AUROC {area}",
            hovertemplate="sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "width": 1.5}, name="guessing")
    figure.data[-1].hoverinfo = "skip"
    figure.update_xaxes(title="1 − specificity (false alarms)", range=[-0.02, 1.02], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title="Sensitivity (found)", range=[-0.02, 1.03], dtick=0.25, tickformat=".0%")
    return charts._plain(figure)


def reliability_over(splits: Sequence[Named]) -> go.Figure:
    """Observed share of pneumonia by probability; bins without an image are left out.

    Args:
        splits: what to draw.

    Returns:
        The figure.
    """
    figure = go.Figure()
    for place, (name, split) in enumerate(splits):
        bins = [one for one in split.reliability if one.images and one.mean_probability is not None]
        figure.add_scatter(
            x=[one.mean_probability for one in bins], y=[one.pneumonia / one.images for one in bins],
            customdata=[one.images for one in bins], mode="lines+markers", name=name,
            line={"width": 2, "dash": _dash(place)},
            marker={"size": [_size(one, split) for one in bins], "symbol": _SYMBOLS[place % len(_SYMBOLS)]},
            hovertemplate="%{customdata} images<br>probability %{x:.0%}, observed %{y:.0%}"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "width": 1.5}, name="ideal")
    figure.data[-1].hoverinfo = "skip"
    figure.update_xaxes(title="Probability of pneumonia", range=[-0.03, 1.03], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title="Share that had pneumonia", range=[-0.03, 1.05], dtick=0.25, tickformat=".0%")
    return charts._plain(figure)


def scores_by_class(probabilities: npt.NDArray[np.float64], sick: npt.NDArray[np.bool_], threshold: float) -> go.Figure:
    """How many images of each class have which probability.

    Args:
        probabilities: float64, shape (n,), 0 to 1.
        sick: bool, shape (n,).
        threshold: from which an image is called Pneumonia.

    Returns:
        The figure.
    """
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    counted = [np.histogram(probabilities[sick == truth], edges)[0] for truth in (False, True)]
    middles, top = (edges[:-1] + edges[1:]) / 2, max(1, int(np.add(*counted).max()))
    figure = go.Figure(
        [
            go.Bar(
                x=middles, y=counts, name=name, width=1 / _BINS, marker={"pattern": {"shape": pattern}},
                hovertemplate=f"%{{y}} {name}<br>probability about %{{x:.0%}}<extra></extra>",
            )
            for counts, name, pattern in zip(counted, ("truly Normal", "truly Pneumonia"), ("", "/"), strict=True)
        ]
    )  # fmt: skip
    figure.add_scatter(
        x=[threshold] * 2, y=[0, top], mode="lines", line={"dash": "dash", "width": 2}, hoverinfo="skip",
        name=f"threshold, {wording.percent(threshold, 1)}",
    )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.05)
    figure.update_xaxes(title="Probability of pneumonia", range=[0, 1], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title="Images", tickformat="d", rangemode="tozero")
    return charts._plain(figure)


def _dash(place: int) -> str:
    return _DASHES[place % len(_DASHES)]


def _size(one: ReliabilityBin, split: SplitResult) -> float:
    """The more images, the larger: a bin of one tells little."""
    return 6.0 + 14.0 * float(np.sqrt(one.images / max(1, split.images)))
