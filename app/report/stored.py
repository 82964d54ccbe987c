"""A report's content from a stored case: what the database kept, and what is known of the model that scored it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.records.values import AGREE, LABELLED
from app.report.content import ReportContent
from app.report.content import Review as Signed
from app.report.filling import (
    ONE_FINDING,
    checked,
    is_refused,
    limits,
    overlay_shows,
    technique,
    verdict_of,
    warnings,
)
from model.saliency import METHODS, where

if TYPE_CHECKING:
    from datetime import datetime

    from app.measured import GateMeasured, SplitResult
    from app.records import Review, StoredCase
    from app.report.content import Picture
    from model.predictor import Prediction
    from model.records.manifest import Manifest
    from model.saliency import SaliencyMethod


def stored_content(
    stored: StoredCase,
    prediction: Prediction,
    *,
    created: datetime,
    scan: Picture | None = None,
    overlay: Picture | None = None,
    manifest: Manifest | None = None,
    test: SplitResult | None = None,
    gate: GateMeasured | None = None,
    about_heatmap: tuple[str, ...] = (),
) -> ReportContent:
    """Fill the report of a stored case with its review.

    Args:
        stored: the case.
        prediction: that it shows.
        created: with time zone.
        scan: uint8, shape (height, width): the radiograph; None where it was not kept.
        overlay: uint8, shape (height, width, 3), RGB: its heatmap over it; None where it was not kept.
        manifest: of the model that scored the case; None where that is no longer at hand.
        test: the test split of that model at the threshold that decided; None where it was not measured.
        gate: what was measured of that model's input gate, or None.
        about_heatmap: what else to say of the heatmap, such as `wording.failed_sentence`.

    Returns:
        The content.

    Raises:
        ReportError: if something does not pass the content's checks.
        ArtifactError: if the manifest has no such operating point.
    """
    refused, result = is_refused(prediction), stored.summary.scoring.result
    method = METHODS.get(result.saliency_method)
    review = stored.summary.scoring.review
    return ReportContent(
        case_id=stored.summary.case_id,
        created=created,
        scan=scan,
        overlay=overlay,
        verdict=verdict_of(prediction, manifest.band if manifest else None, None if refused else test),
        examination=_examination(stored, prediction),
        technique=technique(prediction, manifest, method),
        overlay_shows=overlay_shows(prediction, method) if overlay is not None else "",
        findings=(ONE_FINDING, *_heatmap(stored, prediction, method), *(text for text in about_heatmap if text)),
        warnings=warnings(prediction) if refused else (),
        limits=limits(gate, has_gate=prediction.gate is not None),
        model_version=result.model_version,
        weights_sha256=result.weights_sha256,
        review=_signed(review) if review else None,
    )


def _examination(stored: StoredCase, prediction: Prediction) -> tuple[str, ...]:
    summary, result = stored.summary, stored.summary.scoring.result
    size = f"{summary.width:,} × {summary.height:,} pixels"
    if spacing := stored.pixel_spacing_mm:
        size += f" of {spacing[1]:.3g} × {spacing[0]:.3g} mm by the DICOM header"
    scored = f"Scored on {wording.day(result.scored_at)}."
    return f"One picture, saved as a case: {size}.", scored, checked(prediction)


def _heatmap(stored: StoredCase, prediction: Prediction, method: SaliencyMethod | None) -> tuple[str, ...]:
    """What the heatmap is for, and where its colour lies; in words even where there is no picture to draw it over."""
    if method is None or not stored.saliency_map.any():
        return ()
    note = wording.heatmap_note(prediction, prediction.decision, method)
    return note, wording.where_sentence(where(stored.saliency_map), method.title)


def _signed(review: Review) -> Signed:
    agrees = None if review.verdict == LABELLED else review.verdict == AGREE
    return Signed(
        reader=review.reader,
        signed=review.reviewed_at,
        agrees=agrees,
        corrected_label="" if agrees else review.label,
        comment=review.comment,
    )
