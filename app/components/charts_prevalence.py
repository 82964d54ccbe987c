"""Predictive values against prevalence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.components.charts import plain
from app.measured import npv, ppv

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.components.chart_data import Data
    from app.measured import Likelihoods
    from model.calibration import Rate

_AT = tuple(step / 50 for step in range(1, 50))
_KINDS: tuple[tuple[str, Callable[[Likelihoods, float], Rate], str, str], ...] = (
    ("called Pneumonia and has it (PPV)", ppv, "diamond", "solid"),
    ("called Normal and is (NPV)", npv, "circle", "dash"),
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
    figure = go.Figure()
    for name, value, _, dash in _KINDS:
        rates = [value(found, at) for at in _AT]
        figure.add_scatter(
            x=_AT, y=[one.value for one in rates], mode="lines", name=name, line={"width": 3, "dash": dash},
            hovertemplate="%{y:.1%} where %{x:.0%} have pneumonia<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    for name, value, symbol, _ in _KINDS:
        here = value(found, prevalence)
        figure.add_scatter(
            x=[prevalence], y=[here.value], mode="markers", showlegend=False, name=name,
            marker={"size": 14, "symbol": symbol, "line": {"width": 1.5, "color": "white"}},
            hovertemplate="%{y:.1%} where %{x:.1%} have pneumonia<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    for _, value, _, _ in _KINDS:
        rates = [value(found, at) for at in _AT]
        figure.add_scatter(
            x=_AT + _AT[::-1], y=[one.low for one in rates] + [one.high for one in rates[::-1]], mode="none",
            fill="toself", fillcolor=_BAND, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    figure.update_xaxes(title="Prevalence (share who have pneumonia)", range=[0, 1], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title="Predictive value", range=[-0.02, 1.03], dtick=0.25, tickformat=".0%")
    return plain(figure)


def predictive_values_data(found: Likelihoods) -> Data:
    """The curves' points with their intervals, to download."""
    data: dict[str, list[float]] = {"prevalence (0 to 1)": list(_AT)}
    for name, value in (("positive", ppv), ("negative", npv)):
        rates = [value(found, at) for at in _AT]
        data[f"{name} predictive value (0 to 1)"] = [one.value for one in rates]
        data[f"{name} predictive value, 95 % interval from"] = [one.low for one in rates]
        data[f"{name} predictive value, 95 % interval to"] = [one.high for one in rates]
    return data
