"""One radiograph on the page: decoded from a file, and drawn with its overlay."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image, PngImagePlugin
from starlette.formparsers import MultiPartParser

from app import wording
from app.services.drawing import Greys, Look, Picture, as_jpeg, as_png, fit
from model.radiograph import Radiograph, decode
from model.saliency import METHODS

if TYPE_CHECKING:
    from model.predictor import Prediction

DISPLAY_SIDE = 1024
"""Longest side of a picture on the page, in pixels; downloads are at full size."""

ZOOM_SIDE = 1600
"""Longest side of a picture that is zoomed into, in pixels."""

AS_USUAL = Look()


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
    shown = fit(radiograph.pixels, DISPLAY_SIDE)
    return Case(radiograph, radiograph.pixel_sha256, shown, as_png(shown), sample, file_name)


def radiograph_shown(case: Case, greys: Greys) -> bytes:
    """The radiograph at the size that the page shows, its grey values as the viewer wants them.

    Args:
        case: the radiograph.
        greys: how to show its grey values.

    Returns:
        A PNG file.
    """
    return case.shown_png if greys.as_read else as_png(greys.apply(case.shown))


def overlay_shown(case: Case, prediction: Prediction, opacity: float, *, look: Look = AS_USUAL) -> bytes:
    """The overlay at the size that the page shows.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.
        look: how it is drawn.

    Returns:
        A PNG file.
    """
    return as_png(look.draw(case.shown, prediction.saliency_map, opacity))


def zoom_pictures(
    case: Case, prediction: Prediction, opacity: float, *, look: Look = AS_USUAL
) -> tuple[bytes, bytes, tuple[int, int]]:
    """Radiograph and overlay with more detail than the page shows at once, to be zoomed into.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.
        look: how it is drawn.

    Returns:
        Both as JPEG files, and their height and width, `ZOOM_SIDE` at most.
    """
    pixels = fit(case.radiograph.pixels, ZOOM_SIDE)
    height, width = pixels.shape
    drawn = look.draw(pixels, prediction.saliency_map, opacity)
    return as_jpeg(look.greys.apply(pixels)), as_jpeg(drawn), (height, width)


def overlay_full_size(
    case: Case,
    prediction: Prediction,
    opacity: float,
    *,
    method: str = METHODS["grad_cam"].title,
    look: Look = AS_USUAL,
) -> bytes:
    """The overlay at the radiograph's own size, to be saved by the user.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.
        method: by which the map was made, in words.
        look: how it is drawn.

    Returns:
        A PNG file whose text chunks name the model, the method, the class explained, how it is drawn and the verdict
        with its operating point, and no patient. For an indeterminate radiograph, for a picture that the input gate
        refused, and for one whose header does not fit the model, they say so.
    """
    drawn = look.draw(case.radiograph.pixels, prediction.saliency_map, opacity)
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", f"Paediatric chest X-ray, model {prediction.model_version}")
    text.add_text("Description", f"{method} for {prediction.explained_class}, {wording.look_line(look, opacity)}")
    text.add_text("Verdict", wording.verdict_line(prediction))
    text.add_text("Disclaimer", "Research software, not a medical device.")
    if prediction.gate is not None and not prediction.gate.accepted:
        text.add_text("Warning", wording.refused_warning(prediction.gate.reason))
    if case.radiograph.context is not None and case.radiograph.context.warnings:
        # Without what the header says: a file that is passed on holds nothing of the patient.
        text.add_text("Header warning", wording.MISMATCH_WITHOUT_DETAILS)
    file = io.BytesIO()
    Image.fromarray(drawn).save(file, "PNG", compress_level=3, pnginfo=text)
    return file.getvalue()


def legend_colours(look: Look = AS_USUAL) -> tuple[str, ...]:
    """The overlay's colours from weak to strong influence, as #rrggbb."""
    return look.legend()
