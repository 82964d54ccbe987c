"""Images and lung outlines into memory."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from model.preprocessing import resize
from model.radiograph import read
from training.data.listing import LabelledImage, stem_of
from training.errors import DatasetError

logger = logging.getLogger(__name__)


def load_pixels(root: Path, images: Iterable[LabelledImage], size: int) -> npt.NDArray[np.uint8]:
    """Read and squash images, before windowing.

    Args:
        root: the data folder.
        images: which.
        size: side of the square, pixels.

    Returns:
        uint8, shape (n, size, size).

    Raises:
        RadiographError: if a file cannot be read.
    """
    chosen = list(images)
    pixels = np.empty((len(chosen), size, size), dtype=np.uint8)
    for index, image in enumerate(tqdm(chosen, desc="Reading images", unit="image", disable=None)):
        pixels[index] = resize(read(root / image.path).pixels, size)
    return pixels


def load_lung_masks(
    folder: Path | None, images: Sequence[LabelledImage], size: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Read the lung outlines that exist.

    Args:
        folder: holds `<the image's path, without its suffix>.png`, or None where there are no outlines.
        images: which.
        size: side of the square, pixels.

    Returns:
        Masks, uint8, shape (n, size, size), 0 or 255, all 0 where there is none; and whether there is one, bool,
        shape (n,).

    Raises:
        DatasetError: if an outline is not readable, or one class has far fewer outlines than the other. What is done to
            outlined scans alone would then tell the classes apart.
    """
    masks = np.zeros((len(images), size, size), dtype=np.uint8)
    present = np.zeros(len(images), dtype=np.bool_)
    if folder is None:
        return masks, present
    for index, image in enumerate(images):
        path = folder / f"{stem_of(image.path)}.png"
        if path.is_file():
            outline = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if outline is None:
                raise DatasetError(f"{path}: not a readable lung outline.")
            masks[index] = cv2.resize(outline, (size, size), interpolation=cv2.INTER_NEAREST)
            present[index] = bool(masks[index].any())
    _require_outlines_of_both(folder, images, present)
    return masks, present


def _require_outlines_of_both(folder: Path, images: Sequence[LabelledImage], present: npt.NDArray[np.bool_]) -> None:
    labels = np.array([image.label for image in images])
    shares = [float(present[labels == label].mean()) for label in (0, 1) if (labels == label).any()]
    if max(shares) == 0.0:
        expected = folder / f"{stem_of(images[0].path)}.png"
        raise DatasetError(f"No lung outline in {folder} matches; expected e.g. {expected}.")
    if min(shares) < 0.5 * max(shares):
        raise DatasetError(
            f"Lung outlines in {folder} match {shares[0]:.0%} of one class and {shares[-1]:.0%} of the other; "
            "that alone would tell the classes apart. Give both classes outlines, under the images' paths, or none."
        )
