"""Checks that an image can be scored, and the conversion of deep grey values to eight bits."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from model.errors import RadiographError, UnusableRadiographError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

MAX_PIXELS = 100_000_000
"""Largest image, in pixels; a chest radiograph has 1 to 20 million."""

MIN_SIDE = 64
"""Shortest side, in pixels; below it the lungs show no texture."""

MIN_GREY_RANGE = 4
"""Least distance of the 1st and the 99th percentile, in grey levels; flat radiographs span over 20."""

MAX_SHARE_OF_ONE_LEVEL = 0.99
"""Largest share of pixels with one grey value; wide black borders stay well below it."""

MIN_GREY_LEVELS = 4
"""Fewest different grey values; a mask or line drawing saved with eight bits has two."""

MOST_APART = 0.02
"""Largest share of the pixels, at either end, that is clipped if it lies far from the others."""

# Warning filters and the levels of loggers belong to the process: one thread at a time may change them.
_DECODER_LOCK = threading.Lock()
_DECODER_LOGGERS = ("PIL", "pydicom", "pylibjpeg")


@contextlib.contextmanager
def quiet_decoders() -> Iterator[None]:
    """Keep the decoders' warnings and log lines back, one decoding thread at a time.

    Pillow and pydicom warn about oddities that a user cannot act on, and pydicom quotes header values, which
    may be patient data. What matters is raised, and becomes a `RadiographError`.
    """
    loggers = [logging.getLogger(name) for name in _DECODER_LOGGERS]
    with _DECODER_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def check_dimensions(*, width: int, height: int, name: str) -> None:
    """Refuse an image that is too large or too small, before its pixels are decoded.

    Raises:
        UnusableRadiographError: More than `MAX_PIXELS`, or a side under `MIN_SIDE`.
    """
    if width * height > MAX_PIXELS:
        raise too_large(name, f"{width} x {height} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnusableRadiographError(
            f"Cannot use {name}: it is {width} x {height} pixels, and the shorter side must have at least "
            f"{MIN_SIDE}. Give the radiograph at its full size, not a thumbnail."
        )


def too_large(name: str, size: str) -> UnusableRadiographError:
    """Return the error for an image over `MAX_PIXELS`; `size` says how large it claims to be."""
    return UnusableRadiographError(
        f"Cannot use {name}: it is {size}, and at most {MAX_PIXELS // 1_000_000} megapixels are decoded. "
        "Export the radiograph at the detector's resolution."
    )


def several_frames(name: str) -> UnusableRadiographError:
    """Return the error for an animation, several pages or several frames."""
    return UnusableRadiographError(
        f"Cannot use {name}: it holds several frames or pages, and one radiograph is expected. "
        "Save the frame to be scored as a file of its own."
    )


def one_bit(name: str) -> UnusableRadiographError:
    """Return the error for an image of only black and white."""
    return UnusableRadiographError(
        f"Cannot use {name}: it is one bit deep (only black and white), and a radiograph needs 8 bits. "
        "Export the radiograph itself, not a mask or a fax of it."
    )


def check_not_blank(pixels: npt.NDArray[np.uint8], *, name: str) -> None:
    """Refuse an image without content.

    Blank is: fewer than `MIN_GREY_RANGE` grey levels between the 1st and the 99th percentile, more than
    `MAX_SHARE_OF_ONE_LEVEL` of the pixels at one value, or fewer than `MIN_GREY_LEVELS` different values. A
    radiograph of low contrast passes.

    Args:
        pixels: uint8 of shape (height, width), 0..255.
        name: How the message calls the file.

    Raises:
        UnusableRadiographError: The image is blank.
    """
    counts = np.bincount(pixels.ravel(), minlength=256)
    cumulative = np.cumsum(counts) / pixels.size
    low, high = np.searchsorted(cumulative, (0.01, 0.99))
    share = counts.max() / pixels.size
    levels = np.count_nonzero(counts)
    if high - low < MIN_GREY_RANGE or share > MAX_SHARE_OF_ONE_LEVEL or levels < MIN_GREY_LEVELS:
        raise UnusableRadiographError(
            f"Cannot use {name}: it is blank. {share:.1%} of its pixels share one grey value (at most "
            f"{MAX_SHARE_OF_ONE_LEVEL:.0%} expected), {levels} of 256 values occur (at least "
            f"{MIN_GREY_LEVELS}) and the middle 98% span {high - low} (at least {MIN_GREY_RANGE}). "
            "Check that the exposure and the export worked, and the window if it is a DICOM file."
        )


def stretch_to_8_bit(
    values: npt.NDArray[Any], *, name: str, ignored: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.uint8]:
    """Map grey values linearly from the darkest..lightest of the picture to 0..255.

    A few values far outside the others, as of a dead detector element or a marker burnt in at full scale, are clipped:
    otherwise they would take all grey levels, and leave the film a few.

    Args:
        values: Integers or floats of shape (height, width), any range.
        name: How the message calls the file.
        ignored: bool of the same shape: pixels (padding) that do not count for the range; clipped to it.

    Returns:
        uint8 of the same shape; all zero where every value is equal.

    Raises:
        RadiographError: A value is not a finite number.
    """
    if not np.isfinite(values).all():
        raise RadiographError(
            f"Cannot read {name}: some pixels are NaN or infinite, and finite grey values are expected. "
            "Export the radiograph with integer grey values."
        )
    counted = values.ravel() if ignored is None else values[~ignored]
    if counted.size == 0:
        return np.zeros(values.shape, dtype=np.uint8)
    low, high = _limits(counted)
    # Halves keep the difference of two huge floats finite.
    span = high / 2 - low / 2
    if span == 0:
        return np.zeros(values.shape, dtype=np.uint8)
    scaled = values.astype(np.float64) / 2
    scaled -= low / 2
    scaled /= span
    np.clip(scaled, 0, 1, out=scaled)
    scaled *= 255
    return np.rint(scaled, out=scaled).astype(np.uint8)


def _limits(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Least and greatest value, without the few at either end that a gap wider than the rest sets apart."""
    few = int(values.size * MOST_APART)
    parted = np.partition(values, (few, values.size - 1 - few))
    dark, light = np.sort(parted[: few + 1]) / 2, np.sort(parted[values.size - 1 - few :]) / 2
    span = light[0] - dark[-1]
    if span > 0:
        if (gaps := np.flatnonzero(np.diff(dark) > span)).size:
            dark = dark[gaps[-1] + 1 :]
        if (gaps := np.flatnonzero(np.diff(light) > span)).size:
            light = light[: gaps[0] + 1]
    return 2 * float(dark[0]), 2 * float(light[-1])


def colourfulness(rgb: Image.Image) -> float:
    """How much colours vary among places of one lightness, on a small copy.

    A film on a blue base, or one with a sepia tint, has one colour for each lightness; a photograph has many.

    Returns:
        Mean distance of a pixel's chroma (Cb, Cr) from the mean chroma of the pixels as light as it, in 32 classes of
        lightness; grey levels. Tinted and grey films stay below 3, most photographs are above 7.
    """
    small = np.asarray(rgb.resize((128, 128), Image.Resampling.BOX).convert("YCbCr"), dtype=np.float64).reshape(-1, 3)
    lightness, chroma = (small[:, 0] // 8).astype(np.intp), small[:, 1:]
    count = np.maximum(np.bincount(lightness), 1)
    mean = np.column_stack([np.bincount(lightness, weights=channel) / count for channel in chroma.T])
    return float(np.hypot(*(chroma - mean[lightness]).T).mean())
