"""Plotly charts. Colours come from the theme in `.streamlit/config.toml`, so that light and dark both fit.

A function here returns a figure; `draw` puts it on the page. Trace order matters: Streamlit hands out the theme's
colours by it (training, validation, reference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart  # registers the theme's template, which a figure takes when it is made

from app.wording import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.measured import Epoch, History, SplitResult

_HEIGHT = 370
_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def draw(figure: go.Figure, *, key: str, alt: str) -> None:
    """Put a figure on the page.

    Args:
        figure: to draw.
        key: of the element.
        alt: what it shows, for those who cannot see it.
    """
    st.plotly_chart(figure, width="stretch", theme="streamlit", key=key, config=_CONFIG, alt=alt)


def confusion_matrix(split: SplitResult) -> go.Figure:
    """Counts and row percentages; rows true, columns predicted.

    Args:
        split: with its counts.

    Returns:
        The figure.
    """
    shares = [[count / max(1, sum(row)) for count in row] for row in split.counts]
    mistakes = (("", " false alarm" if split.counts[0][1] == 1 else " false alarms"), (" missed", ""))
    text = [
        [f"<b>{count:,}</b>{word}<br>{percent(share, 1)} of the row" for count, share, word in zip(*cells, strict=True)]
        for cells in zip(split.counts, shares, mistakes, strict=True)
    ]
    names = list(split.labels)
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=names, y=names, text=text, texttemplate="%{text}", textfont={"size": 15},
            zmin=0, zmax=1, showscale=False, xgap=4, ygap=4, hovertemplate="true %{y}, predicted %{x}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Predicted label", side="top", showgrid=False, constrain="domain")
    figure.update_yaxes(title="True label", autorange="reversed", showgrid=False, tickangle=-90)
    return _plain(figure)


def roc(split: SplitResult, *, point_name: str, area: str) -> go.Figure:
    """The ROC curve with the operating point.

    Args:
        split: with its curve and counts.
        point_name: name of the operating point.
        area: the AUROC in words, for the legend.

    Returns:
        The figure.
    """
    (right, alarms), (missed, found) = split.counts
    sensitivity, false_alarms = found / max(1, missed + found), alarms / max(1, right + alarms)
    hover = "sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<extra></extra>"
    curve = go.Scatter(
        x=split.false_positive_rate, y=split.true_positive_rate, mode="lines", line={"width": 3, "shape": "linear"},
        name=f"ROC curve, {area}", hovertemplate=hover,
    )  # fmt: skip
    point = go.Scatter(
        x=[false_alarms], y=[sensitivity], mode="markers", marker={"size": 15, "symbol": "diamond"},
        name=f"operating point “{point_name}”", hovertemplate=hover,
    )  # fmt: skip
    guess = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "width": 2}, name="guessing", hoverinfo="skip"
    )
    figure = go.Figure([curve, point, guess])
    figure.update_xaxes(title="1 − specificity (false alarms)", range=[-0.02, 1.02], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title="Sensitivity (found)", range=[-0.02, 1.03], dtick=0.25, tickformat=".0%")
    return _plain(figure)


def loss_curves(history: History) -> go.Figure:
    """Training and validation loss over the epochs, the chosen one marked.

    Args:
        history: the learning curves.

    Returns:
        The figure.
    """
    figure = _curves(history, lambda e: e.loss, lambda e: e.val_loss, lambda e: e.stressed_loss)
    figure.update_yaxes(title="Loss (cross-entropy)", rangemode="tozero")
    return figure


def accuracy_curves(history: History) -> go.Figure:
    """Training and validation accuracy over the epochs, the chosen one marked.

    Args:
        history: the learning curves.

    Returns:
        The figure.
    """
    figure = _curves(history, lambda e: e.accuracy, lambda e: e.val_accuracy, lambda e: e.stressed_accuracy)
    figure.update_yaxes(title="Accuracy", tickformat=".0%")
    return figure


def _curves(
    history: History,
    training: Callable[[Epoch], float],
    validation: Callable[[Epoch], float],
    stressed: Callable[[Epoch], float | None],
) -> go.Figure:
    numbers = [epoch.number for epoch in history.epochs]
    lines = [[training(e) for e in history.epochs], [validation(e) for e in history.epochs]]
    under_stress = [value for e in history.epochs if (value := stressed(e)) is not None]
    seen = [value for line in (*lines, under_stress) for value in line]
    mark = go.Scatter(
        x=[history.chosen.number] * 2, y=[min(seen), max(seen)], mode="lines", line={"width": 2, "dash": "dash"},
        name=f"chosen epoch, {history.chosen.number}", hoverinfo="skip",
    )  # fmt: skip
    traces = [_line(numbers, lines[0], "training"), _line(numbers, lines[1], "validation", symbol="diamond"), mark]
    if len(under_stress) == len(numbers):
        traces.append(_line(numbers, under_stress, "validation, stressed", symbol="x", dash="dot"))
    figure = go.Figure(traces)
    figure.update_xaxes(title="Epoch", tickformat="d", nticks=min(12, len(numbers) + 1))
    return _plain(figure)


def _line(
    x: Sequence[int], y: Sequence[float], name: str, *, symbol: str = "circle", dash: str = "solid"
) -> go.Scatter:
    # With many epochs the markers would hide the line; the dash still tells the lines apart.
    mode = "lines+markers" if len(x) <= 40 else "lines"
    line, marker = {"width": 2.5, "dash": dash}, {"size": 7, "symbol": symbol}
    hover = f"{name}, epoch %{{x}}: %{{y:.3f}}<extra></extra>"
    return go.Scatter(x=list(x), y=list(y), name=name, mode=mode, line=line, marker=marker, hovertemplate=hover)


def _plain(figure: go.Figure) -> go.Figure:
    """Fixed axes, so that a thumb scrolls the page and not the chart; the legend above, where it costs no width."""
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        legend={
            "font": {"size": 13},
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "xanchor": "left",
            "x": 0,
            "title": None,
        },
    )
    figure.update_xaxes(fixedrange=True, automargin=True, title_standoff=8, tickfont={"size": 13})
    figure.update_yaxes(fixedrange=True, automargin=True, title_standoff=8, tickfont={"size": 13})
    return figure
