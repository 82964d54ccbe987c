"""One radiograph on the page: decoded from a file, and drawn with its overlay."""

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

from app import wording
from model import overlay
from model.errors import InputRangeError
from model.radiograph import Radiograph, decode
from model.saliency import METHODS

if TYPE_CHECKING:
    from model.predictor import Prediction

DISPLAY_SIDE = 1024
"""Longest side of a picture on the page, in pixels; downloads are at full size."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Case:
    """One radiograph on the page.

    Attributes:
        radiograph: at full size.
        sha256: of its pixels; the cache's key.
        shown: uint8, shape (height, width): what the page shows, `DISPLAY_SIDE` at most.
        shown_png: the same as a PNG file.
        sample: the sample's title, or "" for an upload.
        file_name: of an upload, as the browser gave it. It may name a patient: it is shown to who uploaded it, and
            never logged or written.
    """

    radiograph: Radiograph
    sha256: str
    shown: Picture
    shown_png: bytes
    sample: str = ""
    file_name: str = field(default="", repr=False)


def keep_uploads_in_memory() -> None:
    """Keep the web server from writing larger uploads to a temporary file while it receives them.

    Streamlit's server parses uploads with Starlette, which moves whatever is over 1 MB to disk. Called before an
    uploader is drawn, it is in force before a file can come.
    """
    limit = int(st.get_option("server.maxUploadSize")) * 1024**2
    # The file arrives with the form's own few bytes around it.
    MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, limit + 1024**2)


def open_case(data: bytes, *, sample: str = "", file_name: str = "") -> Case:
    """Decode a file for the page.

    Args:
        data: the whole file; nothing of it is written to disk or logged.
        sample: the sample's title, or "" for an upload.
        file_name: of an upload; kept with the case and not otherwise used.

    Returns:
        The case.

    Raises:
        RadiographError: if it is not a radiograph that can be scored; its text is for the user.
    """
    radiograph = decode(data, name="this file")
    shown = _fit(radiograph.pixels)
    return Case(radiograph, radiograph.pixel_sha256, shown, _png(shown), sample, file_name)


def overlay_shown(case: Case, prediction: Prediction, opacity: float) -> bytes:
    """The overlay at the size that the page shows.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.

    Returns:
        A PNG file.
    """
    return _png(overlay.draw_overlay(case.shown, prediction.saliency_map, opacity=opacity))


def overlay_full_size(
    case: Case, prediction: Prediction, opacity: float, *, method: str = METHODS["grad_cam"].title
) -> bytes:
    """The overlay at the radiograph's own size, to be saved by the user.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.
        method: by which the map was made, in words.

    Returns:
        A PNG file whose text chunks name the model, the method, the class explained and the verdict with its operating
        point, and no patient. For an indeterminate radiograph, and for a picture that the input gate refused, they
        say so.
    """
    drawn = overlay.draw_overlay(case.radiograph.pixels, prediction.saliency_map, opacity=opacity)
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", f"Paediatric chest X-ray, model {prediction.model_version}")
    text.add_text("Description", f"{method} for {prediction.explained_class}, opacity {opacity:.2f}")
    text.add_text("Verdict", wording.verdict_line(prediction))
    text.add_text("Disclaimer", "Research software, not a medical device.")
    if prediction.gate is not None and not prediction.gate.accepted:
        text.add_text("Warning", wording.refused_warning(prediction.gate.reason))
    file = io.BytesIO()
    Image.fromarray(drawn).save(file, "PNG", compress_level=3, pnginfo=text)
    return file.getvalue()


def legend_colours() -> tuple[str, ...]:
    """The overlay's colours from weak to strong influence, as #rrggbb."""
    return tuple("#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in overlay.colour_scale()[::15])


def _fit(pixels: Picture) -> Picture:
    height, width = pixels.shape
    scale = DISPLAY_SIDE / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _png(picture: Picture) -> bytes:
    ordered = picture if picture.ndim == 2 else picture[..., ::-1]
    # The lightest compression: the file goes to a browser on the same machine, and the user waits for it.
    done, file = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise InputRangeError(f"A picture of shape {picture.shape} could not be written as PNG.")
    return file.tobytes()
