"""The one-page PDF of a case: `case.typ` lays out what `sentences` says of it."""

from __future__ import annotations

import base64
import io
import json
import re
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import typst
from PIL import Image

from app.reports import sentences
from app.reports.lettering import FONTS, UNICODE_NUMBER, kept_apart, legible
from model.errors import ChestXrayError
from model.overlay import colour_scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.records.values import Review
    from model.predictor import Prediction
    from model.records.measured import Measured

Picture = npt.NDArray[np.uint8]

LONGEST_SIDE = 1000
"""Pixels of an embedded picture; about 290 per inch at the size on the page."""

_LONGEST_NAME = 60
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReportError(ChestXrayError, ValueError):
    """No report can be made of what was given."""


def case_report(
    prediction: Prediction,
    *,
    reference: str,
    created: datetime,
    film: Picture | None,
    overlay: Picture | None,
    size: tuple[int, int],
    image_format: str = "",
    pixel_spacing_mm: tuple[float, float] | None = None,
    sample: bool = False,
    warnings: Sequence[str] = (),
    review: Review | None = None,
    measured: Measured | None = None,
    scored_anyway: bool = False,
) -> bytes:
    """Write the report of a radiograph, on the page or stored. Nothing is written to disk.

    Args:
        prediction: its saliency map is the one that `overlay` shows.
        reference: a pseudonym: up to 64 letters, digits, hyphens and underscores.
        created: with time zone.
        film: uint8, shape (height, width): the radiograph as read; None if it was not kept.
        overlay: uint8, shape (height, width, 3), RGB: the heatmap over the same radiograph; None for none.
        size: height and width of the radiograph, pixels.
        image_format: such as "PNG"; "" if not known.
        pixel_spacing_mm: height and width of a pixel.
        sample: whether it is a composite that shows no real patient.
        warnings: that qualify the result, in sentences.
        review: signed by a reader; without one the report is marked as unverified.
        measured: of the model in use. If another model scored the case, none of its figures are shown.
        scored_anyway: whether the reader asked for a verdict although the input check rejected the image. Without
            that, the report of a rejected image has no verdict.

    Returns:
        A PDF of one A4 page (PDF/UA-1 and PDF/A-2a). Text too long for it is shortened, with a mark.

    Raises:
        ReportError: if the arguments contradict each other, or the page cannot be laid out.
    """
    scored = scored_anyway or not prediction.refused_because
    _check(prediction, reference, [created, *([review.reviewed_at] if review else [])])
    _check_pictures(film, overlay, scored=scored)
    if review is not None and not review.reader.strip():
        raise ReportError("The review has no reader's name.")
    known = measured if measured and measured.manifest.weights_sha256 == prediction.weights_sha256 else None
    words = {
        "reference": reference,
        "created": _moment(created),
        "examination": sentences.examination(prediction, size, image_format, pixel_spacing_mm, sample=sample),
        "technique": sentences.technique(prediction, known, has_overlay=overlay is not None, scored=scored),
        "warnings": sentences.warned(prediction, warnings, scored=scored),
        "film": None if film is None else _film(film, scored=scored),
        "overlay": None if overlay is None else sentences.colour_marks(prediction),
        "heatmap": sentences.heatmap(prediction, known) if scored else "",
        "verdict": _verdict(prediction, known) if scored else None,
        "review": _review(review) if review else None,
        "limits": sentences.limits(prediction, known),
        "model_version": prediction.model_version,
        "weights_sha256": prediction.weights_sha256,
        "colours": ["#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in colour_scale()[::15]],
    }
    return _pdf(words, {"film.svg": film, "overlay.svg": overlay}, created)


def _check(prediction: Prediction, reference: str, moments: Sequence[datetime]) -> None:
    if not _REFERENCE.fullmatch(reference):
        raise ReportError(
            "The case's reference is not a pseudonym; use 1 to 64 letters, digits, hyphens and underscores."
        )
    if not _SHA256.fullmatch(prediction.weights_sha256):
        raise ReportError("The prediction does not name its model's weights by their SHA-256.")
    for name, value in (("probability", prediction.probability), ("threshold", prediction.threshold)):
        if not 0.0 <= value <= 1.0:
            raise ReportError(f"The prediction has the {name} {value}; expected 0 to 1.")
    if any(moment.tzinfo is None for moment in moments):
        raise ReportError("A time without a time zone is ambiguous; give an aware datetime.")


def _check_pictures(film: Picture | None, overlay: Picture | None, *, scored: bool) -> None:
    for name, picture, expected in (("film", film, "(height, width)"), ("overlay", overlay, "(height, width, 3)")):
        rank = expected.count(",") + 1
        if picture is not None and (
            picture.ndim != rank
            or picture.dtype != np.uint8
            or 0 in picture.shape
            or picture.shape[2:] not in ((), (3,))
        ):
            raise ReportError(
                f"The {name} has shape {picture.shape} and type {picture.dtype}; expected uint8 {expected}."
            )
    if overlay is not None and film is None:
        raise ReportError("An overlay is given without its film; give both or neither.")
    if overlay is not None and not scored:
        raise ReportError("A rejected image that was not scored has no overlay.")


def _film(film: Picture, *, scored: bool) -> dict[str, Any]:
    height, width = film.shape
    missing = "no heatmap was made." if scored else "the image was not scored."
    return {"ratio": width / height, "size": f"{width} × {height}", "missing": missing}


def _verdict(prediction: Prediction, known: Measured | None) -> dict[str, Any]:
    band = known.manifest.band if known else None
    return {
        "word": "Indeterminate" if prediction.indeterminate else prediction.decision,
        "refused": bool(prediction.refused_because),
        "bar": {
            "score": prediction.probability,
            "threshold": prediction.threshold,
            "band": [band.low, band.high] if band else None,
        },
        "sentences": [sentences.verdict_reason(prediction, band), *sentences.figures(prediction, known)],
    }


def _review(review: Review) -> dict[str, str]:
    return {
        "verdict": review.verdict,
        "label": _short(review.label),
        "comment": review.comment,
        "reader": _short(review.reader),
        "signed": _moment(review.reviewed_at),
    }


def _short(name: str) -> str:
    """The beginning of a name that is too long for one line, so that what follows it stays on the page."""
    name = name.strip()
    return kept_apart(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rstrip()}…")


def _moment(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{sentences.day(at)}, {at:%H:%M} UTC"


def _pdf(words: dict[str, Any], pictures: Mapping[str, Picture | None], created: datetime) -> bytes:
    shown = _legible(words)
    shown["has_numbers"] = UNICODE_NUMBER in json.dumps(shown)
    files: Any = {"main.typ": _template(), "data.json": json.dumps(shown).encode()}
    files |= {name: _as_svg(picture) for name, picture in pictures.items() if picture is not None}
    try:
        return typst.compile(
            files,
            format="pdf",
            font_paths=_fonts(),
            ignore_system_fonts=True,
            pdf_standards=["ua-1", "a-2a"],
            timestamp=int(created.timestamp()),
        )
    except typst.TypstError as error:
        raise ReportError(f"The report cannot be laid out: {error.message}.") from error


def _legible(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _legible(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_legible(inner) for inner in value]
    return legible(value) if isinstance(value, str) else value


@cache
def _template() -> bytes:
    return Path(__file__).with_name("case.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _as_svg(picture: Picture) -> bytes:
    """A picture as text: typst reads only that from memory. The JPEG inside gets into the PDF as it is."""
    height, width = picture.shape[:2]
    data = base64.b64encode(as_jpeg(picture)).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{data}"/></svg>'
    ).encode()


def as_jpeg(picture: Picture) -> bytes:
    """A picture as a JPEG file of at most `LONGEST_SIDE` pixels a side, small enough to print and to send.

    Args:
        picture: uint8, shape (height, width) in grey or (height, width, 3) in RGB.
    """
    image = Image.fromarray(picture)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85, optimize=True)
    return file.getvalue()
