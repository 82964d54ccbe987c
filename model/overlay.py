"""Draw a saliency map over its radiograph: colour map and blend."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.saliency import SaliencyMap, normalise

Picture = npt.NDArray[np.uint8]
COARSE = 28
"""Maps of at most so many cells a side are drawn up to their maximum. Finer ones, of single pixels' influence, have a
few peaks that would leave all else dark: they are drawn up to a high percentile."""
PEAK = 99.5
FADED_BELOW, FULL_FROM = 0.05, 0.5
"""Shares of the strongest influence between which the colour fades in: weaker places keep their own grey."""
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
    influence = enlarge(_without_peaks(saliency_map), *pixels.shape)
    drawn = np.empty((*pixels.shape, 3), dtype=np.uint8)
    for top in range(0, pixels.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        drawn[rows] = _blend(pixels[rows], influence[rows], opacity)
    return drawn


def _without_peaks(saliency_map: SaliencyMap) -> SaliencyMap:
    """A fine map cut off at a high percentile of its places of influence; a coarse one as it is."""
    coloured = saliency_map[saliency_map > 0]
    if max(saliency_map.shape) <= COARSE or not coloured.size:
        return saliency_map
    return np.minimum(saliency_map, np.float32(np.percentile(coloured, PEAK)))


def _blend(pixels: Picture, influence: SaliencyMap, opacity: float) -> Picture:
    colours = colour_scale()[np.round(influence * 255).astype(np.uint8)].astype(np.float32)
    # The scale's dark end would lie as a grey veil over weak places, so that these fade out altogether.
    share = np.clip((influence - FADED_BELOW) / (FULL_FROM - FADED_BELOW), 0.0, 1.0)
    weight = (np.float32(opacity) * share)[..., np.newaxis].astype(np.float32)
    grey = pixels.astype(np.float32)[..., np.newaxis]
    return np.asarray(np.clip(grey * (1 - weight) + colours * weight, 0, 255).round(), dtype=np.uint8)
