"""How far a probability can be taken at its word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.components.charts import compose
from app.components.charts_threshold import shade
from app.wording import percent
from model.metrics import wilson

if TYPE_CHECKING:
    from app.components.chart_data import Data
    from app.measured import ReliabilityBin, SplitResult
    from model.records.manifest import UncertaintyBand

_SHARES = {"range": [-0.02, 1.03], "dtick": 0.25, "tickformat": ".0%"}


def reliability(split: SplitResult, band: UncertaintyBand | None) -> go.Figure:
    """Observed share of pneumonia against mean probability, bin by bin, with 95 % Wilson intervals.

    The probability is meant for a prevalence of one half (`model.calibration.Calibration`). Beside the diagonal there
    is what a perfect one would give at the split's own prevalence: its odds times those of the split.

    Args:
        split: with its bins.
        band: of indeterminate probabilities, or None.

    Returns:
        The figure.
    """
    bins = _filled(split)
    at, shares = [one.mean_probability for one in bins], [one.pneumonia / one.images for one in bins]
    ends = [wilson(one.pneumonia, one.images) for one in bins]
    marks = go.Scatter(
        x=at, y=shares, mode="markers", name="test scans", customdata=[one.images for one in bins],
        marker={"size": [8 + 14 * (one.images / split.images) ** 0.5 for one in bins]},
        error_y={
            "type": "data", "symmetric": False, "thickness": 2, "width": 5,
            "array": [high - share for share, (_, high) in zip(shares, ends, strict=True)],
            "arrayminus": [share - low for share, (low, _) in zip(shares, ends, strict=True)],
        },
        hovertemplate="mean probability %{x:.1%}<br>%{y:.1%} of %{customdata} have pneumonia<extra></extra>",
    )  # fmt: skip
    steps = [step / 50 for step in range(51)]
    odds = split.pneumonia / max(1, split.normal)
    perfect = go.Scatter(
        x=steps, y=[one * odds / (one * odds + 1 - one) for one in steps], mode="lines",
        name=f"perfect where {percent(split.pneumonia / split.images, 1)} have pneumonia, as here",
        line={"width": 2.5, "dash": "dash"}, hoverinfo="skip",
    )  # fmt: skip
    diagonal = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="perfect where half have it", line={"width": 2, "dash": "dot"},
        hoverinfo="skip",
    )  # fmt: skip
    return compose(
        [marks, perfect, diagonal],
        x=_SHARES | {"title": "Probability of pneumonia (shaded: indeterminate)"},
        y=_SHARES | {"title": "Share that has pneumonia"},
        layout={"shapes": shade(band)},
    )


def reliability_data(split: SplitResult) -> Data:
    """The bins, to download."""
    bins = _filled(split)
    ends = [wilson(one.pneumonia, one.images) for one in bins]
    return {
        "probability from (0 to 1)": [one.low for one in bins],
        "probability to (0 to 1)": [one.high for one in bins],
        "mean probability (0 to 1)": [one.mean_probability for one in bins],
        "scans": [one.images for one in bins],
        "with pneumonia (scans)": [one.pneumonia for one in bins],
        "share with pneumonia, 95 % interval from": [low for low, _ in ends],
        "share with pneumonia, 95 % interval to": [high for _, high in ends],
    }


def _filled(split: SplitResult) -> list[ReliabilityBin]:
    return [one for one in split.reliability if one.images]
