"""One radiograph on a page: decoded from a file, drawn with its saliency map, and saved as an overlay."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image, PngImagePlugin
from starlette.formparsers import MultiPartParser

from model import overlay
from model.errors import InputRangeError
from model.radiograph import Radiograph, decode
from model.radiograph.border import cut_border
from model.saliency import METHODS, SaliencyMap

if TYPE_CHECKING:
    from model.predictor import Prediction

Picture = npt.NDArray[np.uint8]

DISPLAY_SIDE = 1024
"""Longest side of a picture on a page, pixels; downloads are at full size."""

ZOOM_SIDE = 1600
"""Longest side of a picture that the viewer enlarges, pixels."""

OVERLAY_OPACITY = 0.45
"""Where the reader chooses none, as in reports and exports."""

WIDEST_WINDOW, MIDDLE_LEVEL = 256, 128


@dataclass(frozen=True, eq=False)
class Film:
    """One radiograph on a page.

    Attributes:
        radiograph: at full size.
        sha256: of its pixels; the key of every cache.
        shown: uint8, shape (height, width), at most `DISPLAY_SIDE`.
        shown_png: the same as a PNG file.
        large: at most `ZOOM_SIDE`, a JPEG file; `shown_png` where that shows all there is.
        sample: title of the sample, or "".
        file_name: of an upload. It may name a patient: shown only to the user who uploaded it, never logged or written.
        corrections: what the reader changed before it was scored, in sentences; they qualify every result.
    """

    radiograph: Radiograph
    sha256: str
    shown: Picture = field(repr=False)
    shown_png: bytes = field(repr=False)
    large: bytes = field(repr=False)
    sample: str = ""
    file_name: str = field(default="", repr=False)
    corrections: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What pages call it: the title of the sample, or the upload's file name."""
        return f"Sample “{self.sample}”" if self.sample else self.file_name or "Uploaded file"


@dataclass(frozen=True)
class Greys:
    """How grey values are shown; what the network reads never passes through here.

    Attributes:
        window: width of the range of grey values that is spread from black to white, 2 to 256.
        level: middle of that range, 0 to 255.
        inverted: whether black and white are exchanged.

    Raises:
        InputRangeError: if window or level is out of range.
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
        """Change grey values by the linear function of DICOM PS3.3 C.11.2.1.2.

        Args:
            pixels: uint8, shape (height, width).

        Returns:
            Same shape; the pixels themselves where nothing is changed.
        """
        if self.as_read:
            return pixels
        values = np.arange(256, dtype=np.float64)
        spread = (values - (self.level - 0.5)) / (self.window - 1) + 0.5
        table = np.clip(255.0 * spread, 0.0, 255.0).round().astype(np.uint8)
        return np.asarray(cv2.LUT(pixels, 255 - table if self.inverted else table), dtype=np.uint8)

    def __str__(self) -> str:
        """Such as "window 90, level 150, inverted"."""
        return f"window {self.window}, level {self.level}{', inverted' if self.inverted else ''}"


@dataclass(frozen=True)
class Look:
    """How a saliency map is drawn over its radiograph.

    Attributes:
        contours: lines of equal influence instead of colour.
        colours: key of `model.overlay.COLOUR_MAPS`.
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


def keep_uploads_in_memory() -> None:
    """Keep the server from writing uploads above 1 MB to a temporary file; call it before an uploader is drawn.

    Streamlit parses uploads with Starlette, which would do so.
    """
    limit = int(st.get_option("server.maxUploadSize")) * 1024**2
    # The file arrives with the form's own few bytes around it.
    MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, limit + 1024**2)


def open_film(data: bytes, *, sample: str = "", file_name: str = "") -> Film:
    """Decode a file for a page.

    Args:
        data: the whole file; nothing of it is written to disk or logged.
        sample: title of the sample, or "" for an upload.
        file_name: of an upload.

    Raises:
        RadiographError: if it is not a radiograph that can be scored; its text is for the user.
    """
    return as_film(cut_border(decode(data, name="this file")), sample=sample, file_name=file_name)


def as_film(
    radiograph: Radiograph, *, sample: str = "", file_name: str = "", corrections: tuple[str, ...] = ()
) -> Film:
    """A decoded radiograph for a page; arguments as in `Film`."""
    pixels = radiograph.pixels
    shown = fit(pixels, DISPLAY_SIDE)
    png = as_png(shown)
    large = png if shown is pixels else as_jpeg(fit(pixels, ZOOM_SIDE))
    return Film(radiograph, radiograph.pixel_sha256, shown, png, large, sample, file_name, corrections)


def overlay_picture(film: Film, saliency_map: SaliencyMap, opacity: float, look: Look = Look()) -> bytes:
    """The film with its map, a PNG file; arguments as in `Look.draw`."""
    return as_png(look.draw(film.shown, saliency_map, opacity))


def overlay_file(
    film: Film,
    prediction: Prediction,
    saliency_map: SaliencyMap,
    opacity: float,
    *,
    method: str = METHODS["grad_cam"].title,
    look: Look = Look(),
    header_mismatch: bool = False,
) -> bytes:
    """The overlay at the radiograph's own size, for the user to keep.

    Args:
        film: what was scored.
        prediction: what the model says of it.
        saliency_map: for `prediction.explained_class`.
        opacity: 0 to 1.
        method: title of the method that made the map.
        look: how it is drawn.
        header_mismatch: whether the DICOM header does not match the model's intended use.

    Returns:
        A PNG file. Its text chunks name model, method, class, drawing and verdict, and say where a picture was
        refused or its header does not fit the model. They name no patient.
    """
    text = PngImagePlugin.PngInfo()
    description = f"{method} for {prediction.explained_class}, {_drawn(look, opacity)}"
    for name, value in _texts(prediction, description, header_mismatch=header_mismatch):
        text.add_text(name, value)
    if film.corrections:
        text.add_text("Correction", " ".join(film.corrections))
    file = io.BytesIO()
    drawn = look.draw(film.radiograph.pixels, saliency_map, opacity)
    Image.fromarray(drawn).save(file, "PNG", compress_level=3, pnginfo=text)
    return file.getvalue()


def _texts(prediction: Prediction, description: str, *, header_mismatch: bool) -> list[tuple[str, str]]:
    point = prediction.operating_point.replace("_", "-")
    verdict = "Indeterminate" if prediction.indeterminate else prediction.decision
    score = f"score {prediction.probability:.4f}, {point} threshold {prediction.threshold:.4f}"
    texts = [
        ("Software", f"Paediatric chest X-ray, model {prediction.model_version}"),
        ("Description", description),
        ("Verdict", f"{verdict}; {score}"),
        ("Disclaimer", "Research software, not a medical device."),
    ]
    if prediction.refused_because:
        texts.append(("Warning", f"The input check rejected this picture: {prediction.refused_because}."))
    if header_mismatch:
        # Not what the header says: a file that is passed on holds nothing of the patient.
        texts.append(("Header warning", "The DICOM header does not match the patients this model is meant for."))
    return texts


def _drawn(look: Look, opacity: float) -> str:
    how = "contour lines" if look.contours else f"opacity {opacity:.2f}"
    return ", ".join([how, look.colours, *([] if look.greys.as_read else [f"{look.greys} for viewing"])])


def as_png(picture: Picture) -> bytes:
    """A picture as a PNG file, lightly compressed: the user waits for it.

    Args:
        picture: uint8, shape (height, width) or (height, width, 3) in RGB.

    Raises:
        InputRangeError: if the picture cannot be written.
    """
    return _encoded(picture, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])


def as_jpeg(picture: Picture) -> bytes:
    """A picture as a JPEG file with little loss, for the browser only; otherwise as `as_png`."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return _encoded(picture, ".jpg", quality)


def fit(pixels: Picture, side: int) -> Picture:
    """Shrink a picture whose longer side exceeds `side` pixels; a smaller one is returned as it is.

    Args:
        pixels: uint8, shape (height, width).
        side: pixels.
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
