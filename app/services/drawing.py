"""How the viewer draws a radiograph and its saliency map: grey values, colour map, overlay or contour lines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from model import overlay
from model.errors import InputRangeError
from model.saliency import SaliencyMap

Picture = npt.NDArray[np.uint8]

WIDEST_WINDOW, MIDDLE_LEVEL = 256, 128


@dataclass(frozen=True)
class Greys:
    """How grey values are shown; what the network reads never passes through here.

    Attributes:
        window: width of the range of grey values that is spread from black to white, 2 to 256.
        level: middle of that range, 0 to 255.
        inverted: whether black and white are exchanged.

    Raises:
        InputRangeError: if the window or the level is out of range.
    """

    window: int = WIDEST_WINDOW
    level: int = MIDDLE_LEVEL
    inverted: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not (2 <= self.window <= WIDEST_WINDOW and 0 <= self.level <= 255):
            raise InputRangeError(
                f"Expected a window from 2 to {WIDEST_WINDOW} and a level from 0 to 255, got {self.window} and "
                f"{self.level}."
            )

    @property
    def as_read(self) -> bool:
        """Whether nothing is changed."""
        return self == Greys()

    def apply(self, pixels: Picture) -> Picture:
        """Change grey values for viewing, by the linear function of DICOM PS3.3 C.11.2.1.2.

        Args:
            pixels: uint8, shape (height, width).

        Returns:
            uint8, same shape; the pixels themselves where nothing is changed.
        """
        if self.as_read:
            return pixels
        values = np.arange(256, dtype=np.float64)
        spread = (values - (self.level - 0.5)) / (self.window - 1) + 0.5
        table = np.clip(255.0 * spread, 0.0, 255.0).round().astype(np.uint8)
        return np.asarray(cv2.LUT(pixels, 255 - table if self.inverted else table), dtype=np.uint8)


@dataclass(frozen=True)
class Look:
    """How a saliency map is drawn over its radiograph.

    Attributes:
        contours: lines of equal influence; otherwise colour laid over the radiograph.
        colours: a key of `model.overlay.COLOUR_MAPS`.
        greys: of the radiograph below.
    """

    contours: bool = False
    colours: str = overlay.DEFAULT_COLOURS
    greys: Greys = Greys()

    def draw(self, pixels: Picture, saliency_map: SaliencyMap, opacity: float) -> Picture:
        """Draw a saliency map over its radiograph.

        Args:
            pixels: uint8, shape (height, width), as read.
            saliency_map: float32, shape (h, w), zero or more.
            opacity: of the colour, 0 to 1; lines are always opaque.

        Returns:
            uint8, shape (height, width, 3), RGB.

        Raises:
            InputRangeError: if the opacity is out of range or there is no such colour map.
        """
        shown = self.greys.apply(pixels)
        if self.contours:
            return overlay.draw_contours(shown, saliency_map, colours=self.colours)
        return overlay.draw_overlay(shown, saliency_map, opacity=opacity, colours=self.colours)

    def legend(self) -> tuple[str, ...]:
        """The colours that are drawn, from weak to strong influence, as #rrggbb."""
        drawn = overlay.contour_colours(self.colours) if self.contours else overlay.colour_scale(self.colours)[::15]
        return tuple("#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in drawn)


def as_png(picture: Picture) -> bytes:
    """A picture as a PNG file, at the lightest compression: the user waits for it.

    Args:
        picture: uint8, shape (height, width) or (height, width, 3) in RGB.

    Raises:
        InputRangeError: if the picture cannot be written.
    """
    return _encoded(picture, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])


def as_jpeg(picture: Picture) -> bytes:
    """A picture as a JPEG file with little loss, for the browser only.

    Args:
        picture: uint8, shape (height, width) or (height, width, 3) in RGB.

    Raises:
        InputRangeError: if the picture cannot be written.
    """
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return _encoded(picture, ".jpg", quality)


def fit(pixels: Picture, side: int) -> Picture:
    """Shrink a picture that is larger than what is shown.

    Args:
        pixels: uint8, shape (height, width).
        side: the longest that its longer side may be, pixels.

    Returns:
        uint8, shape (height, width); the pixels themselves where they are small enough.
    """
    height, width = pixels.shape
    scale = side / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _encoded(picture: Picture, kind: str, settings: list[int]) -> bytes:
    ordered = picture if picture.ndim == 2 else picture[..., ::-1]
    done, file = cv2.imencode(kind, ordered, settings)
    if not done:
        raise InputRangeError(f"A picture of shape {picture.shape} could not be written as {kind[1:].upper()}.")
    return file.tobytes()
