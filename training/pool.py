"""The images of one part of the split in memory: pixels, lung outlines, labels."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.preprocessing import resize
from model.radiograph import read
from training import data


@dataclass(frozen=True, eq=False)
class Pool:
    """Scans with lung outlines and labels; augmentation draws on all of them.

    Attributes:
        pixels: uint8, shape (n, size, size), before windowing.
        lungs: uint8, shape (n, size, size), 255 inside the lungs; all zero without outline.
        has_lungs: bool, shape (n,).
        labels: int, shape (n,), 0 or 1.
        originals: by row, the pixels as they come from the original file, where it is at hand: uint8, shape (size,
            size). The distributed copies were resampled and stored as JPEG once more; users send originals.
    """

    pixels: npt.NDArray[np.uint8]
    lungs: npt.NDArray[np.uint8]
    has_lungs: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]
    originals: Mapping[int, npt.NDArray[np.uint8]] = field(default_factory=dict)

    @functools.cached_property
    def by_class(self) -> tuple[npt.NDArray[np.intp], ...]:
        """Indices of each class that occurs."""
        return tuple(np.flatnonzero(self.labels == label) for label in np.unique(self.labels))

    def any_scan(self, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        """A scan of either class equally often, uint8, shape (size, size)."""
        scan: npt.NDArray[np.uint8] = self.pixels[rng.choice(self.by_class[rng.integers(len(self.by_class))])]
        return scan


def load_pool(
    root: Path, images: Sequence[data.LabelledImage], size: int, masks: Path | None, originals: Path | None = None
) -> Pool:
    """Read images into memory.

    Args:
        root: the data folder.
        images: which.
        size: side of the square, pixels.
        masks: folder of lung outlines, or None.
        originals: folder that holds the originals of some images under the same paths, or None.

    Returns:
        The pool; 50 KB an image at 224 pixels, twice that with outlines.
    """
    lungs, has_lungs = data.load_lung_masks(masks, images, size)
    labels = np.array([image.label for image in images], dtype=np.int64)
    found = {
        row: resize(read(originals / image.path).pixels, size)
        for row, image in enumerate(images)
        if originals is not None and (originals / image.path).is_file()
    }
    return Pool(data.load_pixels(root, images, size), lungs, has_lungs, labels, found)
