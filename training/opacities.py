"""Synthetic opacities of known place, size and strength in normal scans: a map should point at them.

They are drawings, not disease: a soft blob, a textured one, a patch of irregular outline, and a streaky one. They show
whether a map finds what changed the score, and how large and strong a finding has to be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.errors import DatasetError

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]

SIZES: dict[str, float] = {"small": 0.06, "medium": 0.11, "large": 0.18, "lobar": 0.28}
"""Radius as a share of the picture's side."""

STRENGTHS: dict[str, float] = {"faint": 0.25, "clear": 0.5, "dense": 0.8, "solid": 1.0}
"""How far the centre approaches the brightness of bone, 0 to 1."""


@dataclass(frozen=True, eq=False)
class Opacity:
    """A scan with an opacity in it.

    Attributes:
        pixels: uint8, shape (size, size).
        mask: bool, shape (size, size): where the opacity has at least a third of its full strength.
        centre: row and column.
    """

    pixels: Grey
    mask: npt.NDArray[np.bool_]
    centre: tuple[int, int]


def add_opacity(
    scan: Grey, lungs: Grey, *, shape: str, radius: float, strength: float, rng: np.random.Generator
) -> Opacity:
    """Put one opacity into the lungs of a scan.

    Args:
        scan: uint8, shape (size, size).
        lungs: uint8, shape (size, size), 255 inside the lungs.
        shape: key of `SHAPES`.
        radius: as a share of the side.
        strength: how far its centre goes towards the scan's 98th percentile of brightness, 0 to 1.
        rng: draws place and texture.

    Returns:
        The scan with the opacity; its centre lies in the darker half of the lungs (behind the heart it would not be
        seen), at least half a radius from their edge where they are wide enough.

    Raises:
        DatasetError: if the lungs' outline is empty.
    """
    size = scan.shape[0]
    pixels = radius * size
    row, column = _centre(scan, lungs, pixels, rng)
    weight = SHAPES[shape](size, row, column, pixels, rng)
    # An opacity is a shadow of soft tissue in the lung: it ends at the lungs' edge, softly.
    weight = weight * cv2.GaussianBlur(lungs, (0, 0), size * 0.012).astype(np.float32) / np.float32(255.0)
    bright = float(np.percentile(scan, 98))
    blended = scan + weight * np.float32(strength) * np.maximum(bright - scan, 0.0)
    changed = np.clip(np.round(blended), 0, 255).astype(np.uint8)
    return Opacity(changed, weight >= weight.max() / 3.0, (row, column))


def _centre(scan: Grey, lungs: Grey, radius: float, rng: np.random.Generator) -> tuple[int, int]:
    if not lungs.any():
        raise DatasetError("An opacity needs the outline of the lungs; this outline is empty.")
    smooth = cv2.GaussianBlur(scan, (0, 0), 0.02 * scan.shape[0])
    aerated = (lungs > 0) & (smooth <= np.median(smooth[lungs > 0]))
    depth = np.where(aerated, cv2.distanceTransform((lungs > 0).astype(np.uint8), cv2.DIST_L2, 5), 0.0)
    rows, columns = np.nonzero(depth >= min(radius / 2, 0.7 * float(depth.max())))
    chosen = rng.integers(len(rows))
    return int(rows[chosen]), int(columns[chosen])


def _distance(size: int, row: int, column: int) -> Mask:
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    distance: Mask = np.hypot(rows - row, columns - column).astype(np.float32)
    return distance


def _soft(size: int, row: int, column: int, radius: float, rng: np.random.Generator) -> Mask:  # noqa: ARG001 - drawn the same
    blob: Mask = np.exp(-0.5 * (_distance(size, row, column) / (0.6 * radius)) ** 2).astype(np.float32)
    return blob


def _noise(size: int, grain: float, rng: np.random.Generator) -> Mask:
    """Smooth noise, about -1 to 1."""
    side = max(2, round(size / max(grain, 1.0)))
    coarse = rng.uniform(-1, 1, size=(side, side)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _textured(size: int, row: int, column: int, radius: float, rng: np.random.Generator) -> Mask:
    patches = 0.65 + 0.35 * _noise(size, radius / 4, rng)
    return np.clip(_soft(size, row, column, radius, rng) * patches * 1.3, 0, 1).astype(np.float32)


def _irregular(size: int, row: int, column: int, radius: float, rng: np.random.Generator) -> Mask:
    distance = _distance(size, row, column) + 0.5 * radius * _noise(size, radius, rng)
    # A logistic edge without overflow far away.
    edge: Mask = (0.5 - 0.5 * np.tanh((distance - radius) / (0.24 * radius))).astype(np.float32)
    return edge


def _streaky(size: int, row: int, column: int, radius: float, rng: np.random.Generator) -> Mask:
    """A patch twice as long as wide, in any direction, of coarse streaks."""
    angle = rng.uniform(0, np.pi)
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    along = (columns - column) * np.cos(angle) + (rows - row) * np.sin(angle)
    across = (rows - row) * np.cos(angle) - (columns - column) * np.sin(angle)
    patch = np.exp(-0.5 * ((along / (0.9 * radius)) ** 2 + (across / (0.45 * radius)) ** 2))
    streaks = 0.7 + 0.3 * np.sin(across * np.float32(5.0 / radius) + 2.0 * _noise(size, radius, rng))
    return np.asarray(np.clip(patch * streaks * 1.2, 0, 1), dtype=np.float32)


SHAPES: dict[str, Callable[[int, int, int, float, np.random.Generator], Mask]] = {
    "soft": _soft,
    "textured": _textured,
    "irregular": _irregular,
    "streaky": _streaky,
}

TAUGHT = ("soft", "textured")
"""Shapes for augmentation; the others are reserved for measuring."""
