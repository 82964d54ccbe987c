"""Draw a saliency map over its radiograph: colour map and blend."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.saliency import SaliencyMap, normalise

Picture = npt.NDArray[np.uint8]
STRIP = 256  # rows blended at once: a scan of 100 megapixels would take 5 GB in one piece


def colour_scale() -> Picture:
    """The overlay's colours from weak to strong influence.

    Returns:
        uint8, shape (256, 3), RGB; inferno, which is perceptually even and safe for colour-blind readers
        (Smith and van der Walt, matplotlib 2015).
    """
    ramp = np.arange(256, dtype=np.uint8).reshape(256, 1)
    colours: Picture = np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)[:, 0, ::-1])
    return colours


def enlarge(saliency_map: SaliencyMap, height: int, width: int) -> SaliencyMap:
    """Map a saliency map back onto the radiograph it came from.

    The radiograph was squashed to the square that the map covers, so stretching the map to the radiograph's own
    height and width undoes it exactly.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        height: of the radiograph, pixels.
        width: of the radiograph, pixels.

    Returns:
        float32, shape (height, width), 0 to 1; zeros where the map is all zeros.
    """
    smooth: SaliencyMap = cv2.resize(normalise(saliency_map), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, np.float32(0.0), np.float32(1.0))


def draw_overlay(pixels: Picture, saliency_map: SaliencyMap, *, opacity: float = 0.4) -> Picture:
    """Blend a saliency map in colour over the radiograph; where it is weak the radiograph stays visible.

    Args:
        pixels: uint8, shape (height, width), 0 to 255.
        saliency_map: float32, shape (h, w), zero or more; any size, it is mapped onto the radiograph.
        opacity: weight of the colour where influence is strongest, 0 to 1.

    Returns:
        uint8, shape (height, width, 3), RGB.

    Raises:
        InputRangeError: if `pixels` is not two-dimensional or `opacity` is outside 0 to 1.
    """
    if pixels.ndim != 2:
        raise InputRangeError(f"Expected pixels of shape (height, width), got {pixels.shape}.")
    if not 0.0 <= opacity <= 1.0:
        raise InputRangeError(f"Expected an opacity from 0 to 1, got {opacity}.")
    influence = enlarge(saliency_map, *pixels.shape)
    drawn = np.empty((*pixels.shape, 3), dtype=np.uint8)
    for top in range(0, pixels.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        drawn[rows] = _blend(pixels[rows], influence[rows], opacity)
    return drawn


def _blend(pixels: Picture, influence: SaliencyMap, opacity: float) -> Picture:
    colours = colour_scale()[np.round(influence * 255).astype(np.uint8)].astype(np.float32)
    # Opacity rises with influence, so that ground the network ignored keeps its own grey.
    weight = (np.float32(opacity) * np.sqrt(influence))[..., np.newaxis]
    grey = pixels.astype(np.float32)[..., np.newaxis]
    return np.asarray(np.clip(grey * (1 - weight) + colours * weight, 0, 255).round(), dtype=np.uint8)
