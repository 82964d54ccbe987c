"""Numbers that describe saliency maps: in which part of the lungs the mass lies, and how far maps agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.saliency.maps import SaliencyMap

Outline = npt.NDArray[np.bool_] | npt.NDArray[np.floating]
Weights = npt.NDArray[np.float64]

GRID = 14
"""Side of the grid on which maps are compared: that of the coarsest ones."""


@dataclass(frozen=True)
class Regions:
    """Shares of a saliency map's mass, each 0 to 1 of the whole map's; all zero for a map of zeros.

    The box is the lungs' bounding box, or the whole image where no outline is known. `upper`, `middle`, `lower` and
    `outside_box` add up to 1, and so do `left_of_image`, `right_of_image` and `outside_box`.

    Attributes:
        upper: in the upper third of the box.
        middle: in the middle third.
        lower: in the lower third.
        left_of_image: in the left half of the box as the radiograph is shown: the patient's right, if it is a frontal
            one that is hung as usual.
        right_of_image: in the right half.
        outside_box: outside the box; 0 without an outline.
        outside_lungs: outside the outline itself; None without one.
    """

    upper: float
    middle: float
    lower: float
    left_of_image: float
    right_of_image: float
    outside_box: float
    outside_lungs: float | None


def where(saliency_map: SaliencyMap, lungs: Outline | None = None) -> Regions:
    """In which part of the lungs a map's mass lies.

    A cell's mass counts as spread evenly over the cell, so that map and outline may be of different size.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        lungs: bool, or the probability of lung (0 to 1; from 0.5 it counts as lung), shape (height, width), over the
            same field as the map; None if unknown.

    Returns:
        The shares.

    Raises:
        InputRangeError: if either is not two-dimensional, the map is negative or not finite, or the outline is empty.
    """
    mass = _require_map(saliency_map).astype(np.float64)
    total = mass.sum()
    share = mass / total if total > 0 else mass
    inside = None if lungs is None else _require_outline(lungs)
    top, bottom, left, right = (0.0, 1.0, 0.0, 1.0) if inside is None else _box(inside)
    rows = _overlap(np.linspace(top, bottom, 4), mass.shape[0])
    columns = _overlap(np.linspace(left, right, 3), mass.shape[1])
    parts = rows @ share @ columns.T
    outside_lungs = None
    if inside is not None:
        outside_lungs = _clipped(share.sum() - (share * _area_resized(inside, *mass.shape)).sum())
    upper, middle, lower = (float(part) for part in parts.sum(axis=1))
    return Regions(
        upper=upper,
        middle=middle,
        lower=lower,
        left_of_image=float(parts[:, 0].sum()),
        right_of_image=float(parts[:, 1].sum()),
        outside_box=_clipped(share.sum() - parts.sum()),
        outside_lungs=outside_lungs,
    )


_MOST, _TWO, _SIDE = 0.5, 0.75, 0.6
"""Shares of the mass from which one third, two thirds of the height, or one side is named as where most of it lies."""


def described(regions: Regions) -> str:
    """Where most of a map's colour lies, in a sentence."""
    field = "the image" if regions.outside_lungs is None else "the lungs"
    heights = {"upper": regions.upper, "middle": regions.middle, "lower": regions.lower}
    inside = sum(heights.values())
    if inside <= 0:
        return f"The colour lies outside {field}."
    first, second, _ = sorted(heights, key=lambda name: -heights[name])
    height = "at all heights"
    if heights[first] >= _MOST * inside:
        height = f"in the {first} third"
    elif heights[first] + heights[second] >= _TWO * inside:
        height = f"in the {' and '.join(name for name in heights if name in (first, second))} thirds"
    share = regions.left_of_image / (regions.left_of_image + regions.right_of_image)
    side = "both sides"
    if not 1 - _SIDE < share < _SIDE:
        shown, own = ("left", "right") if share >= _SIDE else ("right", "left")
        side = f"the {shown} of the image (the patient’s {own}, if displayed as usual)"
    beyond = "" if regions.outside_lungs is None else f"; {100 * regions.outside_lungs:.0f}\u00a0% is outside them"
    return f"Most colour lies {height} of {field}, on {side}{beyond}."


def agreement(maps: Sequence[SaliencyMap]) -> float:
    """How far maps agree on which places matter more: mean Spearman rank correlation over all pairs.

    Maps are averaged over the cells of one coarse grid first. A map of one value ranks nothing, so its correlation
    with any other counts as 0.

    Returns:
        -1 to 1; 1 if all rank the places alike, about 0 for unrelated maps.

    Raises:
        InputRangeError: if there are fewer than two, or one is not a saliency map.
    """
    if len(maps) < 2:
        raise InputRangeError(f"Agreement needs two saliency maps or more, got {len(maps)}.")
    from scipy.stats import rankdata  # takes seconds: only a comparison of maps needs it

    grids = [_area_resized(_require_map(one).astype(np.float64), GRID, GRID) for one in maps]
    ranks = [np.asarray(rankdata(np.round(_scaled(grid), 9))).ravel() for grid in grids]
    return float(np.mean([_correlation(a, b) for a, b in combinations(ranks, 2)]))


def _require_map(saliency_map: SaliencyMap) -> SaliencyMap:
    if saliency_map.ndim != 2 or not saliency_map.size:
        raise InputRangeError(f"Expected a saliency map of shape (h, w), got {saliency_map.shape}.")
    if not (np.isfinite(saliency_map).all() and saliency_map.min() >= 0):
        raise InputRangeError("Expected a saliency map of finite values, zero or more.")
    return saliency_map


def _require_outline(lungs: Outline) -> Weights:
    if lungs.ndim != 2:
        raise InputRangeError(f"Expected an outline of shape (height, width), got {lungs.shape}.")
    inside = lungs if lungs.dtype == np.bool_ else lungs >= 0.5
    if not inside.any():
        raise InputRangeError("The outline holds no lung; pass None where none was found.")
    return inside.astype(np.float64)


def _box(inside: Weights) -> tuple[float, float, float, float]:
    """Top, bottom, left and right of what is inside, in parts of the field."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    height, width = inside.shape
    return rows[0] / height, (rows[-1] + 1) / height, columns[0] / width, (columns[-1] + 1) / width


def _overlap(edges: Weights, cells: int) -> Weights:
    """Which part of each of `cells` equal cells of 0 to 1 lies between neighbouring edges; (len(edges) - 1, cells)."""
    low, high = np.arange(cells) / cells, (np.arange(cells) + 1) / cells
    common = np.minimum(edges[1:, np.newaxis], high) - np.maximum(edges[:-1, np.newaxis], low)
    weights: Weights = np.maximum(common, 0.0) * cells
    return weights


def _area_resized(values: Weights, height: int, width: int) -> Weights:
    """Mean over each cell of a grid of another size, exact for any ratio."""
    rows = _overlap(np.linspace(0, 1, height + 1), values.shape[0])
    columns = _overlap(np.linspace(0, 1, width + 1), values.shape[1])
    rows, columns = (part / part.sum(axis=1, keepdims=True) for part in (rows, columns))
    resized: Weights = rows @ values @ columns.T
    return resized


def _scaled(grid: Weights) -> Weights:
    peak = grid.max()
    return grid / peak if peak > 0 else grid


def _correlation(a: Weights, b: Weights) -> float:
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread > 0 else 0.0


def _clipped(share: float) -> float:
    """A share, limited to 0 to 1 after rounding."""
    return float(min(max(share, 0.0), 1.0))
