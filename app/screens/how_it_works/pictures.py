"""Arrays of numbers as pictures: feature maps, filters, votes. Transparent where nothing is, for light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import streamlit as st

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from model.inspection import Stripes

Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]

AGAINST, NEITHER, FOR = (22, 110, 150), (246, 246, 246), (200, 88, 16)
"""Colours of negative values, zero and positive values, RGB: blue and orange, which colour-blind readers tell apart."""

COLOUR_KEY = "Orange: above zero. Light grey: zero. Blue: below zero."

_GAP = 6


@dataclass(frozen=True)
class Chart:
    """A chart of this page, for `app.ui.charts.draw`."""

    drawn: go.Figure
    table: pd.DataFrame
    told: str

    def figure(self) -> go.Figure:
        """The chart."""
        return self.drawn

    def frame(self) -> pd.DataFrame:
        """Its data."""
        return self.table

    def summary(self) -> str:
        """What it shows."""
        return self.told


def row(name: str, drawn: Sequence[tuple[bytes, str, str]], *, columns: int = 0) -> None:
    """Pictures side by side; two in a row on a narrow screen.

    Args:
        name: of the row.
        drawn: a PNG file, its caption, and what it shows for those who cannot see it.
        columns: how many would fit; as many as there are pictures if 0.
    """
    with st.container(key=f"tiles-how-{name}"):
        for place, (file, caption, alt) in zip(st.columns(columns or len(drawn)), drawn, strict=False):
            place.image(file, caption=caption, width="stretch", alt=alt)


def limit_of(values: Floats) -> float:
    """The largest size of a value, or 1 where all are zero: what the ends of a colour scale stand for."""
    return float(np.abs(values).max()) or 1.0


def bright(values: Floats, limit: float) -> Picture:
    """Values of shape (h, w) from zero to a limit above 0 as greys from black to white: uint8, shape (h, w, 3)."""
    greys = np.clip(values / limit * 255.0, 0, 255).round().astype(np.uint8)
    return np.repeat(greys[..., np.newaxis], 3, axis=2)


def signed(values: Floats, limit: float) -> Picture:
    """Values of shape (h, w) as colours, full at `limit` (above 0) on either side: uint8, shape (h, w, 3), RGB."""
    share = np.clip(values / limit, -1.0, 1.0)[..., np.newaxis]
    ends = np.where(share >= 0, np.array(FOR, np.float64), np.array(AGAINST, np.float64))
    mixed = np.array(NEITHER, np.float64) * (1 - np.abs(share)) + ends * np.abs(share)
    return np.asarray(mixed.round(), dtype=np.uint8)


def enlarged(picture: Picture, side: int) -> Picture:
    """A small picture with its cells kept sharp, or a large one shrunk smoothly, to (side, side, 3)."""
    how = cv2.INTER_NEAREST if picture.shape[0] <= side else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), dtype=np.uint8)


def sheet(tiles: Sequence[Picture], *, columns: int, side: int, labelled: bool = False) -> bytes:
    """Pictures (uint8, shape (h, w, 3), at least one) in rows, as a PNG file that is transparent between them.

    Args:
        tiles: from left to right.
        columns: pictures a row.
        side: of each, pixels.
        labelled: whether each has its number, from 1, in its corner.
    """
    rows, step = -(-len(tiles) // columns), side + _GAP
    drawn = np.zeros((rows * step - _GAP, min(columns, len(tiles)) * step - _GAP, 4), dtype=np.uint8)
    for number, tile in enumerate(tiles):
        top, left = (number // columns) * step, (number % columns) * step
        square = enlarged(tile, side)
        drawn[top : top + side, left : left + side, :3] = _labelled(square, str(number + 1)) if labelled else square
        drawn[top : top + side, left : left + side, 3] = 255
    return _encoded(drawn)


def shrinking(maps: Sequence[Floats], *, gap: int = 14) -> bytes:
    """Maps, zero or more, of shape (h, w) each, at their true size on one base line, as a transparent PNG file."""
    tall = max(one.shape[0] for one in maps)
    drawn = np.zeros((tall, sum(one.shape[1] + gap for one in maps) - gap, 4), dtype=np.uint8)
    left = 0
    for one in maps:
        height, width = one.shape
        drawn[tall - height :, left : left + width, :3] = bright(one, limit_of(one))
        drawn[tall - height :, left : left + width, 3] = 255
        left += width + gap
    return _encoded(drawn)


def stripes(pattern: Stripes, side: int) -> Picture:
    """The stripes that a filter responds to most, uint8, shape (side, side, 3); one grey for plain brightness."""
    angle = np.deg2rad(pattern.degrees)
    down, right = np.mgrid[:side, :side]
    # Rows count downwards and angles upwards; the stripes change at right angles to how they lie.
    along = right * np.sin(angle) + down * np.cos(angle)
    return bright(0.5 + 0.5 * np.cos(2 * np.pi * along / pattern.distance), 1.0)


def voting(scan: Picture, cells: Floats, *, side: int) -> Picture:
    """Votes of shape (h, w) over the radiograph that was read (uint8, square): uint8, shape (side, side, 3), RGB."""
    grey = enlarged(np.repeat(scan[..., np.newaxis], 3, axis=2), side).astype(np.float64)
    colour = enlarged(signed(np.sign(cells), 1.0), side)
    strength = np.abs(cells) / limit_of(cells)
    weight = cv2.resize(strength, (side, side), interpolation=cv2.INTER_NEAREST)[..., np.newaxis] * 0.6
    return np.asarray((grey * (1 - weight) + colour * weight).round(), dtype=np.uint8)


def png(picture: Picture) -> bytes:
    """A picture of shape (h, w, 3), RGB, as a PNG file."""
    opaque = np.full((*picture.shape[:2], 1), 255, dtype=np.uint8)
    return _encoded(np.concatenate([picture, opaque], axis=2))


def _labelled(square: Picture, label: str) -> Picture:
    marked = np.ascontiguousarray(square)
    size = square.shape[0] / 130
    place, font = (4, square.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(marked, label, place, font, size, (0, 0, 0), 7, cv2.LINE_AA)
    cv2.putText(marked, label, place, font, size, (255, 255, 255), 2, cv2.LINE_AA)
    return marked


def _encoded(picture: Picture) -> bytes:
    # Of RGBA whose size is above zero, this cannot fail.
    _, file = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return file.tobytes()
