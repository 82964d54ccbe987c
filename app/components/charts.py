"""Plotly charts. Colours come from the theme in `.streamlit/config.toml`, so that light and dark both fit.

A function here returns a figure; `draw` puts it on the page. Trace order matters: Streamlit hands out the theme's
colours by it (training, validation, reference, stressed, restyled).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart  # registers the theme's template, which a figure takes when it is made

from app.components import chart_data
from app.wording import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.components.chart_data import Data
    from app.measured import Epoch, History, SplitResult

_HEIGHT = 370


def draw(figure: go.Figure, *, key: str, alt: str, data: Data | Callable[[], Data] | None = None) -> None:
    """Put a figure on the page, with a button that saves it as a picture and one for its data.

    Args:
        figure: to draw.
        key: of the element; what is downloaded is named after it.
        alt: what it shows, for those who cannot see it.
        data: behind the figure, columns of one length by name (with unit or range), or what makes them when they are
            asked for; None for no download.
    """
    config = {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": key, "scale": 2},
        "scrollZoom": False,
        "doubleClick": False,
    }
    st.plotly_chart(figure, width="stretch", theme="streamlit", key=key, config=config, alt=alt)
    if data is not None:
        chart_data.download(data, key=key)


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
    return plain(figure)


def loss_curves(history: History) -> go.Figure:
    """Training and validation loss over the epochs, the chosen one marked.

    Args:
        history: the learning curves.

    Returns:
        The figure.
    """
    figure = _curves(history, lambda e: e.loss, lambda e: e.val_loss, _AS_LOSS)
    figure.update_yaxes(title="Loss (cross-entropy)", rangemode="tozero")
    return figure


def accuracy_curves(history: History) -> go.Figure:
    """Training and validation accuracy over the epochs, the chosen one marked.

    Args:
        history: the learning curves.

    Returns:
        The figure.
    """
    figure = _curves(history, lambda e: e.accuracy, lambda e: e.val_accuracy, _AS_ACCURACY)
    figure.update_yaxes(title="Accuracy", tickformat=".0%")
    return figure


@dataclass(frozen=True)
class _View:
    """A way of seeing validation, with how its line is drawn."""

    name: str
    value: Callable[[Epoch], float | None]
    symbol: str
    dash: str


_AS_LOSS = (
    _View("validation, stressed", lambda e: e.stressed_loss, "x", "dot"),
    _View("validation, restyled", lambda e: e.restyled_loss, "triangle-up", "dashdot"),
)
_AS_ACCURACY = (
    _View("validation, stressed", lambda e: e.stressed_accuracy, "x", "dot"),
    _View("validation, restyled", lambda e: e.restyled_accuracy, "triangle-up", "dashdot"),
)


def _curves(
    history: History,
    training: Callable[[Epoch], float],
    validation: Callable[[Epoch], float],
    views: Sequence[_View],
) -> go.Figure:
    numbers = [epoch.number for epoch in history.epochs]
    lines = [[training(e) for e in history.epochs], [validation(e) for e in history.epochs]]
    drawn = [
        (view, found)
        for view in views
        if len(found := [value for e in history.epochs if (value := view.value(e)) is not None]) == len(numbers)
    ]
    seen = [value for line in (*lines, *(found for _, found in drawn)) for value in line]
    mark = go.Scatter(
        x=[history.chosen.number] * 2, y=[min(seen), max(seen)], mode="lines", line={"width": 2, "dash": "dash"},
        name=f"chosen epoch, {history.chosen.number}", hoverinfo="skip",
    )  # fmt: skip
    traces = [_line(numbers, lines[0], "training"), _line(numbers, lines[1], "validation", symbol="diamond"), mark]
    traces += [_line(numbers, found, view.name, symbol=view.symbol, dash=view.dash) for view, found in drawn]
    figure = go.Figure(traces)
    figure.update_xaxes(title="Epoch", tickformat="d", nticks=min(12, len(numbers) + 1))
    return plain(figure)


def _line(
    x: Sequence[int], y: Sequence[float], name: str, *, symbol: str = "circle", dash: str = "solid"
) -> go.Scatter:
    # With many epochs the markers would hide the line; the dash still tells the lines apart.
    mode = "lines+markers" if len(x) <= 40 else "lines"
    line, marker = {"width": 2.5, "dash": dash}, {"size": 7, "symbol": symbol}
    hover = f"{name}, epoch %{{x}}: %{{y:.3f}}<extra></extra>"
    return go.Scatter(x=list(x), y=list(y), name=name, mode=mode, line=line, marker=marker, hovertemplate=hover)


def plain(figure: go.Figure) -> go.Figure:
    """Fixed axes, so that a thumb scrolls the page and not the chart; the legend above, where it costs no width.

    Args:
        figure: changed in place.

    Returns:
        The same figure.
    """
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
