"""Cover, replace or add: backgrounds, lungs, synthetic opacities.

Every function takes and returns uint8 pixels of shape (size, size), outlines with 255 inside, and draws from the
generator it is given.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from model.variation import to_grey
from training.opacities import TAUGHT, add_opacity

Grey = npt.NDArray[np.uint8]


def make_opacities(scan: Grey, lungs: Grey, rng: np.random.Generator) -> tuple[Grey, Grey]:
    """Put one to three opacities into the lungs; returns the scan, and where the opacities are, 255 inside.

    The shapes that `training.explain` measures with are left out: the network never sees them.
    """
    region = np.zeros_like(lungs)
    for _ in range(rng.integers(1, 4)):
        shape = str(rng.choice(TAUGHT))
        radius, strength = np.exp(rng.uniform(np.log(0.07), np.log(0.28))), rng.uniform(0.4, 1.0)
        made = add_opacity(scan, lungs, shape=shape, radius=radius, strength=strength, rng=rng)
        scan, region = made.pixels, np.where(made.mask, np.uint8(255), region)
    return scan, region


def soften(lungs: Grey, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A lung outline, dilated by 1-7 % of the side and with soft edges.

    Returns:
        float32, shape (size, size), 0 to 1.
    """
    size = lungs.shape[0]
    reach = 2 * round(size * rng.uniform(0.01, 0.07)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    sigma = size * rng.uniform(0.006, 0.025)
    dilated = cv2.GaussianBlur(cv2.dilate(lungs, kernel), (0, 0), sigma)
    softened: npt.NDArray[np.float32] = dilated.astype(np.float32) / np.float32(255.0)
    return softened


def swap_background(scan: Grey, lungs: Grey, other: Grey, rng: np.random.Generator) -> Grey:
    """Replace what lies outside the lungs by another scan, by that scan blurred or shifted, or by one grey."""
    inside = soften(lungs, rng)
    kind = rng.random()
    if kind < 0.4:
        background = np.full(scan.shape, rng.uniform(0, 200), dtype=np.float32)
    else:
        moved = np.roll(other, tuple(rng.integers(-30, 31, size=2)), axis=(0, 1))
        if kind > 0.8:
            moved = cv2.GaussianBlur(moved, (0, 0), rng.uniform(2, 12))
        background = moved.astype(np.float32)
    return to_grey(scan * inside + background * (1.0 - inside))


def blank_lungs(scan: Grey, lungs: Grey, rng: np.random.Generator) -> Grey:
    """Cover the lungs, by their dilated outline, its filled box or an ellipse, in one grey or a smooth texture."""
    size = scan.shape[0]
    kind = rng.random()
    if kind < 0.34:
        cover = soften(lungs, rng)
    else:
        left, top, width, height = cv2.boundingRect(lungs)
        shape = np.zeros_like(lungs)
        if kind < 0.67:
            cv2.rectangle(shape, (left, top), (left + width, top + height), 255, -1)
        else:
            # One fixed place for every scan hides even the shape of the outline.
            centre, axes = (size // 2, round(size * 0.45)), (round(size * 0.44), round(size * 0.42))
            cv2.ellipse(shape, centre, axes, 0, 0, 360, 255, -1)
        cover = cv2.GaussianBlur(shape, (0, 0), size * 0.01).astype(np.float32) / np.float32(255.0)
    level = rng.uniform(20, 200)
    filling = np.full(scan.shape, level, dtype=np.float32)
    if rng.random() < 0.5:
        coarse = rng.normal(0.0, 25.0, size=(8, 8)).astype(np.float32)
        filling += cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return to_grey(scan * (1.0 - cover) + filling * cover)
