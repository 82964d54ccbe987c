"""Where a map's mass and peak lie, and how the map of a moved scan is moved back."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from model.saliency import normalise
from training.explain.subject import Grey, Map

Mask = npt.NDArray[np.bool_]
BORDER = 0.08
TOLERANCE = 0.035
"""How far outside its target a peak may lie and still count, as a share of the side: half a cell of a 14 x 14 map."""


def stretched(saliency_map: Map, size: int) -> Map:
    """A map scaled to a maximum of 1 and stretched to the picture it explains.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        size: side of the picture.

    Returns:
        float32, shape (size, size), 0 to 1.
    """
    smooth = cv2.resize(normalise(saliency_map), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth, dtype=np.float32)


def mass(saliency_map: Map, lungs: Mask) -> dict[str, float] | None:
    """Shares of a map's mass.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        lungs: bool, shape (size, size).

    Returns:
        `lungs`, `border` (the outer 8 %, outside the lungs) and `elsewhere`, together 1; None for a map of zeros.
    """
    size = lungs.shape[0]
    values = stretched(saliency_map, size)
    total = float(values.sum())
    if total <= 0:
        return None
    edge = np.ones((size, size), dtype=bool)
    width = round(BORDER * size)
    edge[width : size - width, width : size - width] = False
    inside, border = float(values[lungs].sum()) / total, float(values[edge & ~lungs].sum()) / total
    return {"lungs": inside, "border": border, "elsewhere": max(0.0, 1.0 - inside - border)}


def share_on(saliency_map: Map, target: Mask) -> float | None:
    """The share of a map's mass on a target, within the tolerance.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        target: bool, shape (size, size).

    Returns:
        0 to 1; None for a map of zeros.
    """
    values = stretched(saliency_map, target.shape[0])
    total = float(values.sum())
    return float(values[near(target)].sum()) / total if total > 0 else None


def near(target: Mask) -> Mask:
    """A target enlarged by the tolerance, shape (size, size)."""
    reach = 2 * round(TOLERANCE * target.shape[0]) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.dilate(target.astype(np.uint8), kernel) > 0)


def points_at(saliency_map: Map, target: Mask) -> bool:
    """The pointing game (Zhang et al. 2018): whether the strongest place lies on the target, within the tolerance.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        target: bool, shape (size, size).

    Returns:
        True for a hit; a map of zeros points nowhere.
    """
    size = target.shape[0]
    values = stretched(saliency_map, size)
    if not values.max() > 0:
        return False
    return bool(near(target)[np.unravel_index(int(values.argmax()), values.shape)])


def overlap(saliency_map: Map, target: Mask) -> float:
    """Intersection over union of the target with the map's strongest places, as many as the target has.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        target: bool, shape (size, size), not empty.

    Returns:
        0 to 1; 0 for a map of zeros.
    """
    values = stretched(saliency_map, target.shape[0])
    if not values.max() > 0:
        return 0.0
    number = int(target.sum())
    strongest = np.zeros(values.size, dtype=bool)
    strongest[np.argsort(values.ravel(), kind="stable")[-number:]] = True
    both = int((strongest.reshape(target.shape) & target).sum())
    return both / (2 * number - both)


def moved_by(pixels: Grey, move: tuple[int, int]) -> Grey:
    """A scan moved by whole pixels; the gap repeats the nearest edge.

    Args:
        pixels: uint8, shape (h, w).
        move: pixels down and across.

    Returns:
        uint8, shape (h, w).
    """
    matrix = np.array([[1, 0, move[1]], [0, 1, move[0]]], dtype=np.float64)
    height, width = pixels.shape
    moved = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def in_common(maps: tuple[Map, Map], move: tuple[int, int], side: int) -> tuple[Map, Map]:
    """The part of a scan that its map and the map of the moved scan both show, the latter moved back.

    Args:
        maps: of the scan and of the moved scan, float32, shape (h, w), zero or more.
        move: pixels down and across.
        side: of the scan, in pixels.

    Returns:
        Both, float32, shape (side - |down|, side - |across|).
    """
    here, there = (tuple(slice(max(0, sign * step), side + min(0, sign * step)) for step in move) for sign in (-1, 1))
    return stretched(maps[0], side)[here], stretched(maps[1], side)[there]
