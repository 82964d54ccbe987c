"""How every chart is laid out and put on the page. A display (`curves`, `counts`, `intervals`) holds the data of one.

Traces are plain dictionaries in Plotly's schema: composed without Plotly's own checks a figure takes a sixth of the
time, and `tests/app/ui` checks them. Colours come from the theme, in the order of the traces, so that light and dark
both fit; dash and symbol tell series apart without colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# For Plotly, which looks for it in sys.modules: the thread that loads the model imports it too, and a figure drawn
# meanwhile would find half of it and fail.
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart  # registers the theme's template, which a figure takes when it is made

from app.ui import page
from app.ui.table import download
from model.records.evaluation import SplitResult

Trace = dict[str, Any]
Splits = Mapping[str, SplitResult]
"""Sets of radiographs by their names in the legend."""

HEIGHT, TALL = 380, 430
NEUTRAL = "#7b8a94"
"""Of lines that are no data, such as the diagonal; readable on both themes."""

SHARES = {"range": [-0.02, 1.03], "dtick": 0.25, "tickformat": ".0%"}
"""An axis from 0 to 100 %."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "cross")

_MOST_POINTS = 240


class Display(Protocol):
    """The data of one chart."""

    def figure(self) -> go.Figure:
        """The chart."""

    def frame(self) -> pd.DataFrame:
        """The data, to download; column names say unit or range."""

    def summary(self) -> str:
        """What the chart shows, for a reader who cannot see it."""


@dataclass(frozen=True)
class Curve:
    """A line: `y` over `x`, of one length. `note` follows the name in the legend."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    note: str = ""

    @property
    def legend(self) -> str:
        """The entry in the legend."""
        return ", ".join(filter(None, (self.name, self.note)))


@dataclass(frozen=True)
class Mark:
    """A point on a curve, such as an operating point."""

    name: str
    x: float
    y: float


def draw(
    display: Display, *, key: str, title: str = "", note: str = "", level: int = 3, height: int | None = None
) -> None:
    """Put a chart on the page: heading, chart with its text alternative, picture (PNG) and data (CSV).

    Args:
        display: to draw.
        key: of the chart; downloads are named after it.
        title: heading above, or "".
        note: a sentence below the heading, or "".
        level: of the heading, 2 or 3.
        height: of the chart, pixels; the display's own if None.
    """
    if title:
        page.panel_title(title, note, level=level)
    config = {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": key, "scale": 2},
        "scrollZoom": False,
        "doubleClick": False,
    }
    st.plotly_chart(display.figure(), key=key, config=config, alt=display.summary(), height=height or "content")
    tip = "The numbers in this chart as a table. The camera above the chart saves it as a picture (PNG)."
    download(display.frame, key=key, tip=tip)


def compose(
    traces: Sequence[Trace], *, x: dict[str, Any], y: dict[str, Any], layout: dict[str, Any] | None = None
) -> go.Figure:
    """A figure laid out like all others, made in one go.

    Axes are fixed, so that a thumb scrolls the page and not the chart. The camera has a line of its own on top, the
    legend is at the bottom.

    Args:
        traces: in the order that gives them their colours.
        x: the horizontal axis in Plotly's schema, but `title` is a text.
        y: the vertical axis, likewise.
        layout: what else differs, in Plotly's schema.
    """
    common = {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 30, "b": 8},
        "dragmode": False,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": NEUTRAL, "activecolor": NEUTRAL},
        "legend": {"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "font": {"size": 13}},
    }
    drawn = [{"type": "scatter"} | trace for trace in traces]
    return go.Figure(drawn, common | {"xaxis": _axis(x), "yaxis": _axis(y)} | (layout or {}), _validate=False)


def line(curve: Curve, place: int = 0, *, hover: str = "", **more: object) -> Trace:
    """A curve as a line, its dash by its place; dense ones are thinned.

    Args:
        curve: to draw.
        place: among the series.
        hover: Plotly's template of the tooltip.
        more: that the trace has, in Plotly's schema.
    """
    step = -(-len(curve.x) // _MOST_POINTS)
    keep = sorted({*range(0, len(curve.x), max(1, step)), max(0, len(curve.x) - 1)}) if curve.x else []
    trace: Trace = {
        "x": [curve.x[index] for index in keep],
        "y": [curve.y[index] for index in keep],
        "mode": "lines",
        "name": curve.legend,
        "line": {"width": 2.5, "dash": DASHES[place % len(DASHES)], "shape": "linear"},
        "hovertemplate": hover,
    }
    return trace | more


def reference(name: str, x: Sequence[float | str], y: Sequence[float], *, dash: str = "dot") -> Trace:
    """A line that is no data, such as guessing; last of all traces, so that it takes no colour."""
    return {
        "x": list(x), "y": list(y), "mode": "lines", "name": name, "hoverinfo": "skip",
        "line": {"width": 2, "dash": dash, "color": NEUTRAL},
    }  # fmt: skip


def mark(at: Mark, place: int = 0, *, hover: str = "") -> Trace:
    """One point, its symbol by its place."""
    symbol = {"size": 12, "symbol": SYMBOLS[place % len(SYMBOLS)], "line": {"width": 1.5, "color": "white"}}
    return {"x": [at.x], "y": [at.y], "mode": "markers", "name": at.name, "marker": symbol, "hovertemplate": hover}


def ring(at: Mark, *, hover: str = "") -> Trace:
    """A ring around a point: where the threshold lies."""
    symbol = {"size": 24, "symbol": "circle-open", "line": {"width": 3.5}}
    return {"x": [at.x], "y": [at.y], "mode": "markers", "name": at.name, "marker": symbol, "hovertemplate": hover}


def shade(low: float, high: float) -> list[dict[str, Any]]:
    """A strip behind the traces from `low` to `high` on the horizontal axis."""
    strip = {"type": "rect", "x0": low, "x1": high, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    return [strip | {"fillcolor": NEUTRAL, "opacity": 0.22, "line": {"width": 0}}]


def _axis(given: dict[str, Any]) -> dict[str, Any]:
    fixed = {"fixedrange": True, "automargin": True, "tickfont": {"size": 13}}
    return fixed | given | {"title": {"text": given.get("title", ""), "standoff": 8}}
