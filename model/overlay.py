"""Draw a saliency map over its radiograph: colour maps, blend and contour lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.saliency import SaliencyMap, normalise

Picture = npt.NDArray[np.uint8]
COARSE = 28
"""Maps with at most so many cells per side are scaled to their maximum. Finer maps have a few peaks that would leave
the rest dark: they are scaled to a high percentile."""
PEAK = 99.5
FADED_BELOW, FULL_FROM = 0.05, 0.5
"""Shares of the strongest influence between which the colour fades in: weaker places keep their own grey."""
STRIP = 256  # rows blended at once: 100 megapixels in one piece would take 5 GB


COLOUR_MAPS: Mapping[str, int] = MappingProxyType(
    {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS, "cividis": cv2.COLORMAP_CIVIDIS}
)
"""All perceptually even and rising in lightness, so that they hold for colour-blind readers and in print: inferno and
viridis (Smith and van der Walt, matplotlib 2015), cividis (Nuñez, Anderton and Renslow 2018)."""

DEFAULT_COLOURS = "inferno"

CONTOUR_LEVELS = (0.25, 0.5, 0.75)
"""Shares of the strongest influence at which a line is drawn."""

_DARKEST_LINE = 0.5  # the dark half of a colour map is hard to see on a radiograph


def colour_scale(colours: str = DEFAULT_COLOURS) -> Picture:
    """The overlay's colours from weak to strong influence.

    Returns:
        uint8, shape (256, 3), RGB.

    Raises:
        InputRangeError: if there is no such colour map.
    """
    if colours not in COLOUR_MAPS:
        raise InputRangeError(f"There is no colour map {colours!r}; expected one of {', '.join(COLOUR_MAPS)}.")
    ramp = np.arange(256, dtype=np.uint8).reshape(256, 1)
    return np.asarray(cv2.applyColorMap(ramp, COLOUR_MAPS[colours])[:, 0, ::-1])


def contour_colours(colours: str = DEFAULT_COLOURS, levels: Sequence[float] = CONTOUR_LEVELS) -> Picture:
    """The colours of contour lines, from weak to strong influence.

    Args:
        colours: a key of `COLOUR_MAPS`.
        levels: shares of the strongest influence, 0 to 1.

    Returns:
        uint8, shape (len(levels), 3), RGB; of the lighter half of the colour map.

    Raises:
        InputRangeError: if there is no such colour map.
    """
    places = [round(255 * (_DARKEST_LINE + (1 - _DARKEST_LINE) * level)) for level in levels]
    return np.asarray(colour_scale(colours)[places])


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


def draw_overlay(
    pixels: Picture, saliency_map: SaliencyMap, *, opacity: float = 0.4, colours: str = DEFAULT_COLOURS
) -> Picture:
    """Blend a saliency map in colour over the radiograph; where it is weak the radiograph stays visible.

    Args:
        pixels: uint8, shape (height, width), 0 to 255.
        saliency_map: float32, shape (h, w), zero or more; any size, it is mapped onto the radiograph.
        opacity: weight of the colour where influence is strongest, 0 to 1.
        colours: a key of `COLOUR_MAPS`.

    Returns:
        uint8, shape (height, width, 3), RGB.

    Raises:
        InputRangeError: if `pixels` is not two-dimensional, `opacity` is outside 0 to 1, or there is no such colour
            map.
    """
    _check(pixels)
    if not 0.0 <= opacity <= 1.0:
        raise InputRangeError(f"Expected an opacity from 0 to 1, got {opacity}.")
    strength = influence(saliency_map, *pixels.shape)
    scale = colour_scale(colours)
    drawn = np.empty((*pixels.shape, 3), dtype=np.uint8)
    for top in range(0, pixels.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        drawn[rows] = _blend(pixels[rows], strength[rows], opacity, scale)
    return drawn


def draw_contours(
    pixels: Picture,
    saliency_map: SaliencyMap,
    *,
    colours: str = DEFAULT_COLOURS,
    levels: Sequence[float] = CONTOUR_LEVELS,
) -> Picture:
    """Draw lines of equal influence over the radiograph, which stays visible everywhere else.

    Lines of stronger influence are lighter and thicker, each on a dark edge, so that they can be told from the
    radiograph and, without colour, from each other.

    Args:
        pixels: uint8, shape (height, width), 0 to 255.
        saliency_map: float32, shape (h, w), zero or more; any size, it is mapped onto the radiograph.
        colours: a key of `COLOUR_MAPS`.
        levels: rising shares of the strongest influence, above 0 to 1.

    Returns:
        uint8, shape (height, width, 3), RGB.

    Raises:
        InputRangeError: if `pixels` is not two-dimensional, a level is not above 0 or is above 1, or there is no such
            colour map.
    """
    _check(pixels)
    if not all(0.0 < level <= 1.0 for level in levels):
        raise InputRangeError(f"Expected levels above 0, up to 1, got {tuple(levels)}.")
    drawn = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    strength = influence(saliency_map, *pixels.shape)
    unit = max(1, round(min(pixels.shape) / 350))
    for number, (level, colour) in enumerate(zip(levels, contour_colours(colours, levels), strict=True)):
        lines, thickness = list(_lines(strength, level)), unit * (number + 1)
        cv2.polylines(drawn, lines, True, (0, 0, 0), thickness + 2 * unit, cv2.LINE_AA)
        cv2.polylines(drawn, lines, True, tuple(map(int, colour)), thickness, cv2.LINE_AA)
    return drawn


def influence(saliency_map: SaliencyMap, height: int, width: int) -> SaliencyMap:
    """What is drawn of a saliency map; a fine map is cut off at a high percentile of its places of influence.

    Args:
        saliency_map: float32, shape (h, w), zero or more.
        height: of the picture, pixels.
        width: of the picture, pixels.

    Returns:
        float32, shape (height, width), 0 to 1.
    """
    coloured = saliency_map[saliency_map > 0]
    if max(saliency_map.shape) > COARSE and coloured.size:
        saliency_map = np.minimum(saliency_map, np.float32(np.percentile(coloured, PEAK)))
    return enlarge(saliency_map, height, width)


def _lines(influence: SaliencyMap, level: float) -> Iterator[npt.NDArray[np.int32]]:
    """Outlines of the places from a level on, in pixels of the radiograph."""
    # Beyond the picture's edge the influence goes on, so that no line runs along the edge itself.
    beyond = 8 + max(influence.shape) // 40
    padded = cv2.copyMakeBorder(influence, beyond, beyond, beyond, beyond, cv2.BORDER_REPLICATE)
    found, _ = cv2.findContours((padded >= level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for outline in found:
        yield (outline - beyond).astype(np.int32)


def _check(pixels: Picture) -> None:
    if pixels.ndim != 2:
        raise InputRangeError(f"Expected pixels of shape (height, width), got {pixels.shape}.")


def _blend(pixels: Picture, influence: SaliencyMap, opacity: float, scale: Picture) -> Picture:
    colours = scale[np.round(influence * 255).astype(np.uint8)].astype(np.float32)
    # The scale's dark end would lie as a grey veil over weak places, so that these fade out altogether.
    share = np.clip((influence - FADED_BELOW) / (FULL_FROM - FADED_BELOW), 0.0, 1.0)
    weight = (np.float32(opacity) * share)[..., np.newaxis].astype(np.float32)
    grey = pixels.astype(np.float32)[..., np.newaxis]
    return np.asarray(np.clip(grey * (1 - weight) + colours * weight, 0, 255).round(), dtype=np.uint8)
