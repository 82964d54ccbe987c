"""PDF reports of a film on the Predict page and of a stored case; made one at a time, kept nowhere here."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.services.radiographs import OVERLAY_OPACITY, Look
from app.services.records import film_of
from model.scoring import qualifications

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.records.repository import Records
    from app.services.radiographs import Film
    from model.predictor import Prediction
    from model.records.measured import Measured

_TURN = threading.Lock()
"""Making a report takes time and memory; a full house of readers must not take it all at once."""


def reference_of(film: Film) -> str:
    """A reference such as "S-1F3A5C7E9B0D": the same for the same pixels, and nothing of the patient or file name."""
    return f"S-{film.sha256[:12].upper()}"


def of_film(
    film: Film,
    prediction: Prediction,
    measured: Measured | None,
    *,
    reference: str,
    notes: Sequence[str] = (),
    scored_anyway: bool = False,
) -> bytes:
    """The report of the film on the page, unverified: nobody signs on the Predict page.

    Args:
        film: what was scored.
        prediction: with its saliency map.
        measured: of the model in use.
        reference: a pseudonym.
        notes: sentences that qualify the result beside those of `model.scoring.qualifications`.
        scored_anyway: whether the reader asked for a verdict although the input check rejected the picture.

    Returns:
        A PDF file of one page.

    Raises:
        ReportError: if the reference is no pseudonym, or the page cannot be laid out.
    """
    from app.reports.case import case_report  # loads typst and its fonts, which only a report needs

    radiograph, heat = film.radiograph, prediction.saliency_map
    use = measured.manifest.intended_use if measured else None
    has_overlay = heat is not None and (scored_anyway or not prediction.refused_because)
    with _TURN:
        return case_report(
            prediction,
            reference=reference,
            created=datetime.now(UTC),
            film=film.shown,
            overlay=Look().draw(film.shown, heat, OVERLAY_OPACITY) if heat is not None and has_overlay else None,
            size=radiograph.pixels.shape,
            image_format=radiograph.format,
            pixel_spacing_mm=radiograph.pixel_spacing_mm,
            sample=bool(film.sample),
            warnings=(*qualifications(radiograph, prediction, use), *notes),
            measured=measured,
            scored_anyway=scored_anyway,
        )


def of_case(records: Records, measured: Measured | None, case_id: str, jpeg: bytes = b"") -> bytes:
    """The report of a stored case as it is at this moment, with its review.

    Args:
        records: the database.
        measured: of the model in use; nothing of it is said of a case that another model scored.
        case_id: of the case.
        jpeg: the radiograph as the session holds it, where the database does not keep it; empty for none.

    Returns:
        A PDF file of one page; without the radiograph where there is none.

    Raises:
        CaseNotFoundError: if the case was deleted.
        RecordsError: if the database cannot be read.
        RadiographError: if the stored picture is damaged.
        ReportError: if the page cannot be laid out.
    """
    from app.reports.case import case_report  # as above

    stored = records.case(case_id)
    summary, prediction = stored.summary, stored.summary.scoring.prediction
    film, heat = film_of(records, stored, jpeg), prediction.saliency_map
    with _TURN:
        return case_report(
            prediction,
            reference=case_id,
            created=datetime.now(UTC),
            film=film.shown if film else None,
            overlay=Look().draw(film.shown, heat, OVERLAY_OPACITY) if film and heat is not None else None,
            size=(summary.height, summary.width),
            pixel_spacing_mm=stored.pixel_spacing_mm,
            warnings=summary.scoring.warnings,
            review=summary.scoring.review,
            measured=measured,
            scored_anyway=True,  # a case was saved with its verdict, whatever the input check said
        )
