"""Arrays of numbers as pictures: feature maps, filters, votes; transparent where nothing is, for light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.inspection import Stripes

Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]

AGAINST, NEITHER, FOR = (22, 110, 150), (246, 246, 246), (200, 88, 16)
"""Colours of negative values, zero and positive values, RGB: blue and orange, which colour-blind readers tell apart."""

_GAP = 6


def scale_css() -> tuple[str, str, str]:
    """The three colours of signed values, from negative to positive, as #rrggbb."""
    low, middle, high = ("#{:02x}{:02x}{:02x}".format(*colour) for colour in (AGAINST, NEITHER, FOR))
    return low, middle, high


def limit_of(values: Floats) -> float:
    """The largest size of a value, or 1 where all are zero: what the ends of a colour scale stand for."""
    return float(np.abs(values).max()) or 1.0


def bright(values: Floats, limit: float) -> Picture:
    """Values from zero to a limit as greys from black to white.

    Args:
        values: shape (h, w), zero or more.
        limit: what is white, above 0.

    Returns:
        uint8, shape (h, w, 3), RGB.
    """
    greys = np.clip(values / limit * 255.0, 0, 255).round().astype(np.uint8)
    return np.repeat(greys[..., np.newaxis], 3, axis=2)


def signed(values: Floats, limit: float) -> Picture:
    """Values of either sign as colours: blue below zero, light grey at zero, orange above.

    Args:
        values: shape (h, w).
        limit: the size of value that has the full colour, above 0.

    Returns:
        uint8, shape (h, w, 3), RGB.
    """
    share = np.clip(values / limit, -1.0, 1.0)[..., np.newaxis]
    ends = np.where(share >= 0, np.array(FOR, np.float64), np.array(AGAINST, np.float64))
    mixed = np.array(NEITHER, np.float64) * (1 - np.abs(share)) + ends * np.abs(share)
    return np.asarray(mixed.round(), dtype=np.uint8)


def enlarged(picture: Picture, side: int) -> Picture:
    """A small picture with its cells kept sharp, or a large one shrunk smoothly.

    Args:
        picture: uint8, shape (h, w, 3).
        side: of the square result, pixels.

    Returns:
        uint8, shape (side, side, 3).
    """
    how = cv2.INTER_NEAREST if picture.shape[0] <= side else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), dtype=np.uint8)


def sheet(tiles: Sequence[Picture], *, columns: int, side: int, labels: Sequence[str] = ()) -> bytes:
    """Pictures in rows, from left to right, each with its number.

    Args:
        tiles: uint8, shape (h, w, 3) each; at least one.
        columns: pictures a row.
        side: of each, pixels.
        labels: one a picture, drawn into its corner; none for none.

    Returns:
        A PNG file, transparent between the pictures.
    """
    rows = -(-len(tiles) // columns)
    step = side + _GAP
    drawn = np.zeros((rows * step - _GAP, min(columns, len(tiles)) * step - _GAP, 4), dtype=np.uint8)
    for number, tile in enumerate(tiles):
        top, left = (number // columns) * step, (number % columns) * step
        square = enlarged(tile, side)
        if labels:
            square = _labelled(square, labels[number])
        drawn[top : top + side, left : left + side, :3] = square
        drawn[top : top + side, left : left + side, 3] = 255
    return _png(drawn)


def shrinking(maps: Sequence[Floats], *, gap: int = 14) -> bytes:
    """One map of each stage at its true size, side by side on one base line.

    Args:
        maps: shape (h, w) each, zero or more.
        gap: between them, pixels.

    Returns:
        A PNG file, transparent between the maps.
    """
    tall = max(one.shape[0] for one in maps)
    drawn = np.zeros((tall, sum(one.shape[1] + gap for one in maps) - gap, 4), dtype=np.uint8)
    left = 0
    for one in maps:
        height, width = one.shape
        drawn[tall - height :, left : left + width, :3] = bright(one, limit_of(one))
        drawn[tall - height :, left : left + width, 3] = 255
        left += width + gap
    return _png(drawn)


def stripes(pattern: Stripes, side: int) -> Picture:
    """The stripes that a filter responds to most.

    Args:
        pattern: their distance and direction.
        side: of the square picture, pixels of what the network reads.

    Returns:
        uint8, shape (side, side, 3); one grey for plain brightness.
    """
    angle = np.deg2rad(pattern.degrees)
    down, right = np.mgrid[:side, :side]
    # Upwards is less of a row: the direction in which the stripes change, at right angles to how they lie.
    along = right * np.sin(angle) + down * np.cos(angle)
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * along / pattern.distance)
    return bright(wave, 1.0)


def voting(scan: Picture, cells: Floats, *, side: int) -> Picture:
    """The votes of the places over the scan that was read.

    Args:
        scan: uint8, shape (size, size).
        cells: shape (h, w), signed.
        side: of the square result, pixels.

    Returns:
        uint8, shape (side, side, 3); where a vote is weak the scan stays as it is.
    """
    limit = limit_of(cells)
    grey = enlarged(np.repeat(scan[..., np.newaxis], 3, axis=2), side).astype(np.float64)
    colour = enlarged(signed(np.sign(cells), 1.0), side)
    weight = cv2.resize(np.abs(cells) / limit, (side, side), interpolation=cv2.INTER_NEAREST)[..., np.newaxis] * 0.6
    return np.asarray((grey * (1 - weight) + colour * weight).round(), dtype=np.uint8)


def plain_png(picture: Picture) -> bytes:
    """A picture of three channels, RGB, as a PNG file."""
    opaque = np.full((*picture.shape[:2], 1), 255, dtype=np.uint8)
    return _png(np.concatenate([picture, opaque], axis=2))


def _labelled(square: Picture, label: str) -> Picture:
    marked = np.ascontiguousarray(square)
    size = square.shape[0] / 130
    place, font = (4, square.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(marked, label, place, font, size, (0, 0, 0), 7, cv2.LINE_AA)
    cv2.putText(marked, label, place, font, size, (255, 255, 255), 2, cv2.LINE_AA)
    return marked


def _png(picture: Picture) -> bytes:
    # Of RGBA whose size is above zero, this cannot fail.
    _, file = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return file.tobytes()
