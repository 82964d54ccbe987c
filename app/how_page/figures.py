"""Plotly figures of the How it works page; `app.components.charts.draw` puts them on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import streamlit.elements.plotly_chart  # registers the theme's template, which a figure takes when it is made  # noqa: F401

from app.how_page import descent, pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.inspection import Votes
    from model.records.manifest import Calibration

_HEIGHT, _SQUARE_HEIGHT = 340, 520


def vote_grid(votes: Votes) -> go.Figure:
    """Every place's vote, as the radiograph lies.

    Args:
        votes: of one radiograph.

    Returns:
        The figure.
    """
    limit, (low, middle, high) = pictures.limit_of(votes.cells), pictures.scale_css()
    figure = go.Figure(
        go.Heatmap(
            z=votes.cells.tolist(), zmin=-limit, zmax=limit, xgap=1, ygap=1,
            colorscale=[[0, low], [0.5, middle], [1, high]], colorbar={
                "orientation": "h", "thickness": 12, "y": -0.02, "yanchor": "top", "tickfont": {"size": 13},
                "title": {"text": "vote: Normal below zero, Pneumonia above", "side": "bottom", "font": {"size": 13}},
            },
            hovertemplate="row %{y}, column %{x}: %{z:+.4f}<extra></extra>", x0=1, y0=1,
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, showticklabels=False, scaleanchor="x")
    figure.update_xaxes(showgrid=False, showticklabels=False, constrain="domain")
    return _plain(figure).update_layout(height=_SQUARE_HEIGHT)


def calibration_curve(calibration: Calibration, difference: float, probability: float) -> go.Figure:
    """From the difference of the logits to a probability, before and after calibration.

    Args:
        calibration: of the manifest.
        difference: of this radiograph's logits.
        probability: that the page shows, 0 to 1.

    Returns:
        The figure.
    """
    reach = max(6.0, 1.15 * abs(difference))
    x = np.linspace(-reach, reach, 121)
    logits = np.stack([np.zeros_like(x), x], axis=1)
    hover = "%{x:.2f} becomes %{y:.1%}<extra>%{fullData.name}</extra>"
    traces = [
        go.Scatter(
            x=x.tolist(), y=calibration.probabilities(logits).tolist(), name="calibrated", mode="lines",
            hovertemplate=hover,
        ),
        go.Scatter(
            x=[difference], y=[probability], name="this radiograph", mode="markers", marker={"size": 13},
            hovertemplate=hover,
        ),
        go.Scatter(
            x=x.tolist(), y=(1 / (1 + np.exp(-x))).tolist(), name="softmax alone", mode="lines", line={"dash": "dot"},
            hovertemplate=hover,
        ),
    ]  # fmt: skip
    figure = go.Figure(traces)
    figure.update_xaxes(title="Logit of Pneumonia minus logit of Normal")
    figure.update_yaxes(title="Probability of pneumonia", tickformat=".0%", range=[-0.03, 1.03])
    return _plain(figure)


def sweep(
    values: Sequence[float],
    probabilities: Sequence[float],
    *,
    here: tuple[float, float],
    axis: str,
    threshold: float,
    known: tuple[float, float] | None,
) -> go.Figure:
    """The probability over the range of one slider.

    Args:
        values: of the slider.
        probabilities: 0 to 1, one each.
        here: the slider's value now, and its probability.
        axis: what the slider changes, with its unit.
        threshold: that decides, 0 to 1.
        known: between which values training showed scans, or None where not recorded.

    Returns:
        The figure.
    """
    hover = "%{x:g}: %{y:.1%}<extra></extra>"
    traces = [
        go.Scatter(
            x=list(values), y=list(probabilities), mode="lines+markers", name="probability", hovertemplate=hover
        ),
        go.Scatter(
            x=[here[0]], y=[here[1]], mode="markers", marker={"size": 14, "symbol": "diamond"}, name="now",
            hovertemplate=hover,
        ),
        go.Scatter(
            x=[min(values), max(values)], y=[threshold, threshold], mode="lines", line={"dash": "dash"},
            name="threshold", hoverinfo="skip",
        ),
    ]  # fmt: skip
    figure = go.Figure(traces)
    if known is not None:
        figure.add_vrect(
            x0=known[0], x1=known[1], fillcolor="#6b7d88", opacity=0.18, line_width=0, layer="below",
            annotation={"text": "seen in training", "font": {"size": 12}}, annotation_position="bottom left",
        )  # fmt: skip
    figure.update_xaxes(title=axis)
    figure.update_yaxes(title="Probability of pneumonia", tickformat=".0%", range=[-0.03, 1.03])
    return _plain(figure)


def one_loss(probability: float) -> go.Figure:
    """The loss of one scan, for every probability that may be given to the truth.

    Args:
        probability: that was chosen, above 0, at most 1.

    Returns:
        The figure.
    """
    x = np.linspace(0.005, 1.0, 200)
    hover = "truth given %{x:.0%}: loss %{y:.3f}<extra></extra>"
    figure = go.Figure(
        [
            go.Scatter(
                x=x.tolist(), y=(-np.log(x)).tolist(), mode="lines", line={"width": 3}, name="loss",
                hovertemplate=hover,
            ),
            go.Scatter(
                x=[probability], y=[-np.log(probability)], mode="markers", marker={"size": 14, "symbol": "diamond"},
                name="chosen", hovertemplate=hover,
            ),
        ]
    )  # fmt: skip
    figure.update_xaxes(title="Probability given to the truth", tickformat=".0%")
    figure.update_yaxes(title="Loss of this one scan", rangemode="tozero")
    return _plain(figure)


def bowl(rate: float, steps: int) -> go.Figure:
    """Two ways down a bowl.

    Args:
        rate: learning rate of both.
        steps: of both.

    Returns:
        The figure.
    """
    x, y = np.linspace(-1.15, 1.15, 90), np.linspace(-0.3, 0.3, 60)
    hills = go.Contour(
        x=x, y=y, z=np.sqrt(descent.bowl(*np.meshgrid(x, y))), contours_coloring="lines", showscale=False,
        line={"width": 1}, hoverinfo="skip", colorscale=[[0, "#8fa3ae"], [1, "#8fa3ae"]], name="loss", ncontours=12,
        showlegend=False,
    )  # fmt: skip
    ways = (
        ("gradient descent", descent.gradient_descent(rate, steps), "circle", "dash"),
        ("Adam", descent.adam(rate, steps), "diamond", "solid"),
    )
    drawn = [
        go.Scatter(
            x=way[:, 0].tolist(), y=way[:, 1].tolist(), mode="lines+markers", name=name,
            line={"dash": dash, "width": 2.5}, marker={"size": 7, "symbol": symbol},
            hovertemplate="%{x:.2f}, %{y:.2f}<extra>%{fullData.name}</extra>",
        )
        for name, way, symbol, dash in ways
    ]  # fmt: skip
    figure = go.Figure([*drawn, hills])
    figure.update_xaxes(title="One weight", range=[-1.15, 1.15])
    figure.update_yaxes(title="Another weight", range=[-0.3, 0.3])
    return _plain(figure)


def _plain(figure: go.Figure) -> go.Figure:
    """Fixed axes, so that a thumb scrolls the page and not the chart; the legend above, where it costs no width."""
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0, "font": {"size": 13}}
    margin = {"l": 8, "r": 8, "t": 8, "b": 8}
    figure.update_layout(height=_HEIGHT, margin=margin, dragmode=False, legend=legend)
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(fixedrange=True, automargin=True, title_standoff=8, tickfont={"size": 13})
    return figure
