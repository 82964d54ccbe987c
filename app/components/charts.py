"""Plotly charts. Colours come from the theme in `.streamlit/config.toml`, so that light and dark both fit.

A function here returns a figure; `draw` puts it on the page. Trace order matters: Streamlit hands out the theme's
colours by it (training, validation, reference, stressed, restyled).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# For Plotly, which looks for it in sys.modules: the thread that loads the model imports it too, and a figure drawn
# meanwhile would find half of it and fail.
import pandas as pd  # noqa: F401
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
    cells = go.Heatmap(
        z=shares, x=names, y=names, text=text, texttemplate="%{text}", textfont={"size": 15},
        zmin=0, zmax=1, showscale=False, xgap=4, ygap=4, hovertemplate="true %{y}, predicted %{x}<extra></extra>",
    )  # fmt: skip
    return compose(
        [cells],
        x={"title": "Predicted label", "side": "top", "showgrid": False, "constrain": "domain"},
        y={"title": "True label", "autorange": "reversed", "showgrid": False, "tickangle": -90},
        layout={"height": 420},
    )


def loss_curves(history: History) -> go.Figure:
    """Training and validation loss over the epochs, the chosen one marked.

    Args:
        history: the learning curves.

    Returns:
        The figure.
    """
    axis = {"title": "Loss (cross-entropy)", "rangemode": "tozero"}
    return _curves(history, lambda e: e.loss, lambda e: e.val_loss, _AS_LOSS, axis)


def accuracy_curves(history: History) -> go.Figure:
    """Training and validation accuracy over the epochs, the chosen one marked.

    Args:
        history: the learning curves.

    Returns:
        The figure.
    """
    axis = {"title": "Accuracy", "tickformat": ".0%"}
    return _curves(history, lambda e: e.accuracy, lambda e: e.val_accuracy, _AS_ACCURACY, axis)


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
    axis: dict[str, Any],
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
    return compose(traces, x={"title": "Epoch", "tickformat": "d", "nticks": min(12, len(numbers) + 1)}, y=axis)


def _line(
    x: Sequence[int], y: Sequence[float], name: str, *, symbol: str = "circle", dash: str = "solid"
) -> go.Scatter:
    # With many epochs the markers would hide the line; the dash still tells the lines apart.
    mode = "lines+markers" if len(x) <= 40 else "lines"
    line, marker = {"width": 2.5, "dash": dash}, {"size": 7, "symbol": symbol}
    hover = f"{name}, epoch %{{x}}: %{{y:.3f}}<extra></extra>"
    return go.Scatter(x=list(x), y=list(y), name=name, mode=mode, line=line, marker=marker, hovertemplate=hover)


def compose(
    traces: Sequence[go.Scatter | go.Bar | go.Heatmap],
    *,
    x: dict[str, Any],
    y: dict[str, Any],
    layout: dict[str, Any] | None = None,
) -> go.Figure:
    """A figure in one go, laid out like all others: changing a finished one takes ten times as long.

    Axes are fixed, so that a thumb scrolls the page and not the chart; the legend is above, where it costs no width.

    Args:
        traces: what is drawn; their order decides on the theme's colours.
        x: of the horizontal axis, `title` a text.
        y: of the vertical axis, likewise.
        layout: what else differs, by Plotly's names.

    Returns:
        The figure.
    """
    legend = {"font": {"size": 13}, "orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0}
    common = {"height": _HEIGHT, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "dragmode": False, "legend": legend}
    return go.Figure(list(traces), common | {"xaxis": _axis(x), "yaxis": _axis(y)} | (layout or {}))


def _axis(given: dict[str, Any]) -> dict[str, Any]:
    fixed = {"fixedrange": True, "automargin": True, "tickfont": {"size": 13}}
    return fixed | given | {"title": {"text": given["title"], "standoff": 8}}
