"""PDF reports: of the radiograph on the Predict page, and of a stored case. Made one at a time, kept nowhere here."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import wording
from app.services.old_records import kept_picture, prediction_of
from app.services.radiographs import OVERLAY_OPACITY, Look
from app.services.saliency import WITH_THE_VERDICT
from model.saliency import METHODS, where

if TYPE_CHECKING:
    from app.measured import SplitResult
    from app.records.repository import Records
    from app.report import ReportContent
    from app.services.known import Performance
    from app.services.radiographs import Film as Case
    from model.predictor import Prediction
    from model.predictor import Prediction as Result
    from model.records.manifest import Manifest

_TURN = threading.Lock()
"""Laying out a report takes a second and some fifty megabytes; a full house of readers must not take it all at once."""


def reference_of(case: Case) -> str:
    """A reference for a radiograph that has none.

    Args:
        case: the radiograph.

    Returns:
        Such as "S-1F3A5C7E9B0D": the same for the same pixels, and nothing of the patient or the file's name.
    """
    return f"S-{case.sha256[:12].upper()}"


def report_of_case(
    manifest: Manifest,
    case: Case,
    prediction: Prediction,
    known: Performance | None,
    *,
    reference: str,
    scored_anyway: bool = False,
) -> bytes:
    """The report of the radiograph on the page.

    Args:
        manifest: of the model that predicted.
        case: the radiograph.
        prediction: for the class that was decided, with the map of the forward pass.
        known: what was measured of the model, or None.
        reference: a pseudonym.
        scored_anyway: whether the user asked for a verdict on a picture that the input gate refused.

    Returns:
        A PDF file of one page, unverified: nobody signs on the Predict page.

    Raises:
        ReportError: if the reference is no pseudonym, or the page cannot be laid out.
    """
    from app.report import report_content  # fpdf and its fonts: only who wants a report waits for them

    # The lungs' outline holds only where the gate took the picture for a radiograph.
    lungs = prediction.gate.lungs if prediction.gate is not None and prediction.gate.accepted else None
    regions = where(prediction.saliency_map, lungs if lungs is not None and (lungs >= 0.5).any() else None)
    method = METHODS[WITH_THE_VERDICT]
    seen = wording.where_sentence(regions, method.title) if prediction.saliency_map.any() else ""
    content = report_content(
        prediction,
        case=case,
        case_id=reference,
        created=datetime.now(UTC),
        manifest=manifest,
        overlay=Look().draw(case.shown, prediction.saliency_map, OVERLAY_OPACITY),
        method=method,
        about_heatmap=(seen, _failed(known, WITH_THE_VERDICT)),
        test=known.evaluation.test.at(prediction.operating_point) if known and known.evaluation else None,
        gate=known.gate if known else None,
        scored_anyway=scored_anyway,
    )
    return _written(content)


def report_of_stored(records: Records, known: Performance | None, case_id: str) -> bytes:
    """The report of a stored case as it is at this moment, with its review.

    Args:
        records: the database.
        known: what was measured of the model that is served now, or None; said only of a case that it scored.
        case_id: of the case.

    Returns:
        A PDF file of one page; without the radiograph where that was not kept.

    Raises:
        CaseNotFoundError: if the case was deleted.
        RecordsError: if the database cannot be read.
        RadiographError: if the stored picture is damaged.
        ReportError: if the page cannot be laid out.
    """
    from app.report import stored_content  # as above

    stored = records.case(case_id)
    prediction, result = prediction_of(stored), stored.summary.scoring.prediction
    picture = kept_picture(records, stored)
    scan = picture.shown if picture is not None else None
    same = known if known is not None and known.manifest.weights_sha256 == result.weights_sha256 else None
    content = stored_content(
        stored,
        prediction,
        created=datetime.now(UTC),
        scan=scan,
        overlay=None if scan is None else Look().draw(scan, prediction.saliency_map, OVERLAY_OPACITY),
        manifest=same.manifest if same else None,
        test=_test_of(same, result),
        gate=same.gate if same else None,
        about_heatmap=(_failed(same, result.saliency_method),),
    )
    return _written(content)


def _written(content: ReportContent) -> bytes:
    from app.report import write_report  # as above

    with _TURN:
        return write_report(content)


def _test_of(known: Performance | None, result: Result) -> SplitResult | None:
    """The test split at the threshold that decided; None where that threshold was moved since."""
    if known is None or known.evaluation is None:
        return None
    thresholds = {point.name: point.threshold for point in known.manifest.operating_points}
    if thresholds.get(result.operating_point) != result.threshold:
        return None
    return known.evaluation.test.at(result.operating_point)


def _failed(known: Performance | None, method: str) -> str:
    """Which trust tests the heatmap's method failed; "" for none, or where that was not measured."""
    trust = known.explanations if known else None
    failed = trust.failed(method) if trust and method in METHODS else ()
    return wording.failed_sentence(METHODS[method].title, failed) if failed else ""
