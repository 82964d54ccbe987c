"""Arrays as bytes: a saliency map, and the radiograph itself."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np

from app.records.errors import InvalidEntryError

if TYPE_CHECKING:
    from app.records.values import Pixels
    from model.saliency import SaliencyMap


def pack_map(saliency_map: SaliencyMap) -> bytes:
    """A saliency map as bytes, without loss.

    Args:
        saliency_map: float, shape (h, w), finite.

    Returns:
        NumPy's compressed archive of it as float32.

    Raises:
        InvalidEntryError: if it is not two-dimensional, or has a value that is not finite.
    """
    kept = np.asarray(saliency_map, dtype=np.float32)
    if kept.ndim != 2 or kept.size == 0 or not np.isfinite(kept).all():
        raise InvalidEntryError(f"A saliency map of shape {kept.shape} cannot be saved; expected finite values (h, w).")
    file = io.BytesIO()
    np.savez_compressed(file, map=kept)
    return file.getvalue()


def unpack_map(data: bytes) -> SaliencyMap:
    """The saliency map of `pack_map`: float32, shape (h, w)."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return np.asarray(archive["map"], dtype=np.float32)


def pack_pixels(pixels: Pixels) -> bytes:
    """A radiograph as a PNG file, without loss.

    Args:
        pixels: uint8, shape (height, width).

    Returns:
        The file's bytes; it has no text chunks.

    Raises:
        InvalidEntryError: if it cannot be written as PNG.
    """
    done, file = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise InvalidEntryError(f"Pixels of shape {pixels.shape} could not be written as PNG.")
    return file.tobytes()
