"""Validation views that remove a shortcut, on the same patients.

A network can reach AUROC .99 on clean validation scans by reading borders and markers, sharpness and exposure, since
they are the same in train. The views swap the background, give a scan the look of the other class, leave only the
lungs, or cover the lungs, where a sound network should not separate the classes. Each view returns the n scans of a
pool as inputs: float32, shape (n, size, size, 1), 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from model.preprocessing import InputSpec, apply_window
from training.augment import AUGMENTATIONS, Augmentation, augment
from training.pool import Pool
from training.style import match_grey_values, match_spectrum

Floats = npt.NDArray[np.float32]
MIDDLE_GREY = np.uint8(100)
CORNER = 0.22  # of the side

STRESS = replace(
    AUGMENTATIONS["strong"],
    rotation=6,
    zoom=0.15,
    stretch=0.25,
    shift=0.03,
    flip=0.0,
    gamma=0.35,
    contrast=0.2,
    cutout=0.0,
    swap_background=1.0,
)


def clean(pool: Pool, spec: InputSpec) -> Floats:
    """The scans as they are."""
    return _inputs(pool, spec, lambda index: pool.pixels[index])


def stressed(pool: Pool, spec: InputSpec, *, config: Augmentation = STRESS) -> Floats:
    """Background swapped where there is an outline, and other pose, exposure and storage; always the same draws."""
    return _inputs(pool, spec, lambda i: augment(pool, i, config, np.random.default_rng([77, i])).pixels)


def restyled(pool: Pool, spec: InputSpec) -> Floats:
    """Sharpness, noise and half the grey values of a scan of the other class; the anatomy is the child's own."""

    def view(index: int) -> npt.NDArray[np.uint8]:
        scan: npt.NDArray[np.uint8] = pool.pixels[index]
        others = np.flatnonzero(pool.labels != pool.labels[index])
        if not len(others):
            return scan
        other = pool.pixels[np.random.default_rng([78, index]).choice(others)]
        # Half way only: opacity is in part the disease itself.
        return match_grey_values(match_spectrum(scan, other, 1.0), other, 0.5)

    return _inputs(pool, spec, view)


def original(pool: Pool, spec: InputSpec) -> Floats:
    """The scans as the original files show them, which is what users send; a copy where the original is not at hand."""
    return _inputs(pool, spec, lambda index: pool.originals.get(index, pool.pixels[index]))


def only_lungs(pool: Pool, spec: InputSpec) -> Floats:
    """All outside the outline set to middle grey; scans without outline are left as they are."""

    def view(index: int) -> npt.NDArray[np.uint8]:
        scan: npt.NDArray[np.uint8] = pool.pixels[index]
        if not pool.has_lungs[index]:
            return scan
        return _compose(_grown(pool.lungs[index]), scan, MIDDLE_GREY)

    return _inputs(pool, spec, view)


def lungs_blanked(pool: Pool, spec: InputSpec) -> Floats:
    """The outlined lungs set to middle grey: the outline's shape and all around it remain."""

    def view(index: int) -> npt.NDArray[np.uint8]:
        return _compose(_grown(pool.lungs[index]), MIDDLE_GREY, pool.pixels[index])

    return _inputs(pool, spec, view)


def lungs_covered(pool: Pool, spec: InputSpec) -> Floats:
    """The lungs under one fixed ellipse, the same for all: only border, shoulders and markers remain."""
    size = spec.size
    cover = np.zeros((size, size), dtype=np.uint8)
    axes = (round(size * 0.44), round(size * 0.42))
    cv2.ellipse(cover, (size // 2, round(size * 0.45)), axes, 0, 0, 360, 255, -1)
    return _inputs(pool, spec, lambda index: _compose(cover, MIDDLE_GREY, pool.pixels[index]))


def corners_masked(pool: Pool, spec: InputSpec) -> Floats:
    """The four corners, where markers and names are burnt in, set to middle grey; the rest stays."""
    side = round(spec.size * CORNER)
    cover = np.zeros((spec.size, spec.size), dtype=np.uint8)
    for rows in (slice(None, side), slice(-side, None)):
        for columns in (slice(None, side), slice(-side, None)):
            cover[rows, columns] = 255
    return _inputs(pool, spec, lambda index: _compose(cover, MIDDLE_GREY, pool.pixels[index]))


MONITORED = ("clean", "stressed", "restyled", "original")
"""The views that choose the epoch, the calibration and the operating points, where they can be made."""

VIEWS: dict[str, Callable[[Pool, InputSpec], Floats]] = {
    "clean": clean,
    "stressed": stressed,
    "restyled": restyled,
    "original": original,
    "only_lungs": only_lungs,
    "lungs_blanked": lungs_blanked,
    "lungs_covered": lungs_covered,
    "corners_masked": corners_masked,
}


def shown(name: str, pool: Pool) -> npt.NDArray[np.bool_]:
    """Which scans a view shows, bool, shape (n,): those with an outline, or an original, if it is made of that."""
    if name in ("only_lungs", "lungs_blanked"):
        return pool.has_lungs
    if name == "original":
        return np.isin(np.arange(len(pool.labels)), list(pool.originals))
    return np.ones(len(pool.labels), dtype=np.bool_)


def available(names: Iterable[str], pool: Pool) -> list[str]:
    """The views that show both classes."""
    return [name for name in names if set(pool.labels[shown(name, pool)].tolist()) == {0, 1}]


def _compose(
    mask: npt.NDArray[np.uint8],
    inside: npt.NDArray[np.uint8] | np.uint8,
    outside: npt.NDArray[np.uint8] | np.uint8,
) -> npt.NDArray[np.uint8]:
    return np.asarray(np.where(mask > 0, inside, outside), dtype=np.uint8)


def _grown(lungs: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    return np.asarray(cv2.dilate(lungs, kernel), dtype=np.uint8)


def _inputs(pool: Pool, spec: InputSpec, view: Callable[[int], npt.NDArray[np.uint8]]) -> Floats:
    inputs = np.empty((len(pool.pixels), spec.size, spec.size, 1), dtype=np.float32)
    for index in range(len(inputs)):
        inputs[index, ..., 0] = apply_window(view(index), spec)
    inputs /= np.float32(255.0)
    return inputs
