"""Pictures that can be zoomed and moved, all together: one Plotly figure with shared axes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

_WIDE_PX, _NARROW_PX = 700, 340
"""About how wide the figure is on a wide and on a narrow screen; its height follows from it."""

_TALLEST_PX = 900
_AROUND_PX = 80

_AXIS = {"showgrid": False, "zeroline": False, "constrain": "domain", "nticks": 5}

_CONFIG = {
    "scrollZoom": True,
    "displaylogo": False,
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d", "autoScale2d"],
}


@dataclass(frozen=True)
class Zoomable:
    """One picture of the figure.

    Attributes:
        jpeg: as a JPEG file.
        title: above it.
    """

    jpeg: bytes
    title: str


@dataclass(frozen=True)
class Field:
    """What the axes count.

    Attributes:
        pixels: height and width of the pictures' files.
        extent: height and width in `unit`.
        unit: "px" or "mm".
        part: left, right, top and bottom of what is shown first, as shares of width and height.
    """

    pixels: tuple[int, int]
    extent: tuple[float, float]
    unit: str
    part: tuple[float, float, float, float]


def zoomed(place: DeltaGenerator, pictures: Sequence[Zoomable], field: Field, *, alt: str) -> None:
    """Draw pictures that are zoomed and moved together: side by side, below each other on a narrow screen.

    Streamlit draws a changed figure anew: another colour or opacity shows `field.part` again.

    How wide the screen is, is known to the browser alone: both figures are sent, and the style sheet shows one.

    Args:
        place: where.
        pictures: one or two of one size.
        field: what the axes count.
        alt: for those who cannot see them.
    """
    with place.container():
        for name, stacked in (("wide", False), ("narrow", True)):
            with st.container(key=f"zoom-{name}"):
                st.plotly_chart(
                    _figure(pictures, field, stacked=stacked),
                    key=f"zoom-{name}-figure",
                    config=_CONFIG,
                    alt=alt,
                )


def _figure(pictures: Sequence[Zoomable], field: Field, *, stacked: bool) -> go.Figure:
    from plotly.subplots import make_subplots

    number = len(pictures)
    rows, columns = (number, 1) if stacked else (1, number)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[picture.title for picture in pictures],
        horizontal_spacing=0.06,
        vertical_spacing=0.1,
        shared_xaxes="all",
        shared_yaxes="all",
    )
    for index, picture in enumerate(pictures):
        place = {"row": index + 1, "col": 1} if stacked else {"row": 1, "col": index + 1}
        figure.add_trace(_image(picture, field), **place)
    (height, width), (left, right, top, bottom) = field.extent, field.part
    figure.update_xaxes(range=[left * width, right * width], title=f"{field.unit} from the left", **_AXIS)
    # Downwards, as pixels are counted. One unit is as long on both axes.
    figure.update_yaxes(range=[bottom * height, top * height], scaleanchor="x", scaleratio=1, **_AXIS)
    figure.update_yaxes(title=f"{field.unit} from the top", col=1)
    across = (_NARROW_PX if stacked else _WIDE_PX) / columns
    figure.update_layout(
        height=min(_TALLEST_PX, round(rows * (across * height / width + _AROUND_PX))),
        # The buttons have a line of their own, so that they cover no title.
        margin={"l": 0, "r": 0, "t": 64, "b": 0},
        modebar={"bgcolor": "rgba(0,0,0,0)"},
        dragmode="pan",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def _image(picture: Zoomable, field: Field) -> go.Image:
    import plotly.graph_objects as go

    (rows, columns), (height, width) = field.pixels, field.extent
    dy, dx = height / rows, width / columns
    return go.Image(
        source="data:image/jpeg;base64," + b64encode(picture.jpeg).decode("ascii"),
        x0=dx / 2,
        y0=dy / 2,
        dx=dx,
        dy=dy,
        zsmooth="fast",
        hovertemplate=f"%{{x:.0f}} {field.unit} from the left, %{{y:.0f}} {field.unit} from the top<extra></extra>",
    )
