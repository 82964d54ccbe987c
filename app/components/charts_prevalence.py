"""Predictive values against prevalence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.components.charts import compose
from app.measured import npv, ppv

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.components.chart_data import Data
    from app.measured import Likelihoods
    from model.records.manifest import Estimate

_AT = tuple(step / 50 for step in range(1, 50))
_KINDS: tuple[tuple[str, Callable[[Likelihoods, float], Estimate], str, str], ...] = (
    ("PPV: called Pneumonia, has it", ppv, "diamond", "solid"),
    ("NPV: called Normal, is so", npv, "circle", "dash"),
)
_BAND = "rgba(128,140,150,.22)"


def predictive_values(found: Likelihoods, prevalence: float) -> go.Figure:
    """PPV and NPV with their 95 % intervals over all prevalences, the chosen one marked.

    Args:
        found: the likelihood ratios at the threshold.
        prevalence: chosen, 0 to 1.

    Returns:
        The figure.
    """
    at = sorted({*_AT, prevalence})
    lines, strips = [], []
    for name, value, symbol, dash in _KINDS:
        rates = [value(found, one) for one in at]
        size = [14 if one == prevalence else 0 for one in at]
        lines.append(
            go.Scatter(
                x=at, y=[one.value for one in rates], mode="lines+markers", name=name, line={"width": 3, "dash": dash},
                marker={"size": size, "symbol": symbol, "opacity": 1},
                hovertemplate="%{y:.1%} where %{x:.1%} have pneumonia<extra></extra>",
            )
        )  # fmt: skip
        strips.append(
            go.Scatter(
                x=at + at[::-1], y=[one.low for one in rates] + [one.high for one in rates[::-1]], mode="none",
                fill="toself", fillcolor=_BAND, hoverinfo="skip", showlegend=False,
            )
        )  # fmt: skip
    return compose(
        [*lines, *strips],
        x={"title": "Prevalence (share who have pneumonia)", "range": [0, 1], "dtick": 0.25, "tickformat": ".0%"},
        y={"title": "Predictive value", "range": [-0.02, 1.03], "dtick": 0.25, "tickformat": ".0%"},
    )


def predictive_values_data(found: Likelihoods) -> Data:
    """The curves' points with their intervals, to download."""
    data: dict[str, list[float]] = {"prevalence (0 to 1)": list(_AT)}
    for name, value in (("positive", ppv), ("negative", npv)):
        rates = [value(found, at) for at in _AT]
        data[f"{name} predictive value (0 to 1)"] = [one.value for one in rates]
        data[f"{name} predictive value, 95 % interval from"] = [one.low for one in rates]
        data[f"{name} predictive value, 95 % interval to"] = [one.high for one in rates]
    return data
