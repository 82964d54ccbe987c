"""A report's content from what the page has: the prediction, the case, the manifest and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.report.content import ReportContent, Verdict
from model.records.manifest import Estimate

if TYPE_CHECKING:
    from datetime import datetime

    from app.measured import GateMeasured, Metric, SplitResult
    from app.report.content import Picture, Review
    from app.services import Case
    from model.predictor import Prediction
    from model.records.manifest import Manifest, UncertaintyBand
    from model.saliency import SaliencyMethod

NOT_A_DEVICE = "Not a medical device. For research and teaching; a physician reads the radiograph and decides."

ONE_FINDING = "The model tells pneumonia from normal and nothing else: no other finding was looked for."


def report_content(
    prediction: Prediction,
    *,
    case: Case,
    case_id: str,
    created: datetime,
    manifest: Manifest,
    overlay: Picture | None = None,
    method: SaliencyMethod | None = None,
    about_heatmap: tuple[str, ...] = (),
    test: SplitResult | None = None,
    gate: GateMeasured | None = None,
    scored_anyway: bool = False,
    review: Review | None = None,
) -> ReportContent:
    """Fill a report. What the file was called is never looked at.

    Args:
        prediction: of the case; its saliency map is the one that `overlay` shows.
        case: the radiograph.
        case_id: a pseudonym.
        created: with time zone.
        manifest: of the model that predicted.
        overlay: uint8, shape (height, width, 3), RGB, such as `model.overlay.draw_overlay` draws; None for none.
        method: that made the overlay; needed with one.
        about_heatmap: what else to say of it, such as `wording.where_sentence` and `wording.failed_sentence`.
        test: the test split at the operating point that decided; None where it was not measured.
        gate: what was measured of the input gate, or None.
        scored_anyway: whether the user asked for a verdict on a picture that the gate refused. Without that, nothing
            that the model computed of a refused picture gets into the report, and no overlay.
        review: or None.

    Returns:
        The content.

    Raises:
        ReportError: if something does not pass the content's checks.
        ArtifactError: if the manifest has no such operating point.
    """
    refused = is_refused(prediction)
    scored = scored_anyway or not refused
    shown = overlay if scored else None
    drawn_by = method if shown is not None else None
    return ReportContent(
        case_id=case_id,
        created=created,
        scan=case.shown,
        overlay=shown,
        verdict=verdict_of(prediction, manifest.band, None if refused else test) if scored else None,
        examination=_examination(case, prediction),
        technique=technique(prediction, manifest, drawn_by, scored=scored),
        overlay_shows=overlay_shows(prediction, drawn_by) if shown is not None else "",
        findings=_findings(prediction, drawn_by, about_heatmap) if scored else (ONE_FINDING,),
        warnings=warnings(prediction, scored=scored) if refused else (),
        limits=limits(gate, has_gate=prediction.gate is not None),
        model_version=prediction.model_version,
        weights_sha256=manifest.weights_sha256,
        review=review,
    )


def is_refused(prediction: Prediction) -> bool:
    """Whether the input gate refused the picture."""
    return prediction.gate is not None and not prediction.gate.accepted


def checked(prediction: Prediction) -> str:
    """What the input gate said of the picture, in a sentence."""
    if prediction.gate is None:
        return "It was not checked whether it is a frontal chest radiograph."
    taken = "takes it" if prediction.gate.accepted else "does not take it"
    return f"The input check {taken} for a frontal chest radiograph."


def _examination(case: Case, prediction: Prediction) -> tuple[str, ...]:
    radiograph = case.radiograph
    size = f"{radiograph.format}, {wording.size_in_words(radiograph)}"
    what = "A composite sample that shows nobody" if case.sample else "One picture, as submitted"
    told = [f"{what}: {size}.", checked(prediction)]
    if radiograph.context is not None and radiograph.context.warnings:
        # Without what the header says: the report goes on to others, and names no age.
        told.append(wording.MISMATCH_WITHOUT_DETAILS)
    return tuple(told)


def technique(
    prediction: Prediction, manifest: Manifest | None, method: SaliencyMethod | None, *, scored: bool = True
) -> tuple[str, ...]:
    """How it was scored and explained, in sentences.

    Args:
        prediction: of the model.
        manifest: of the same model; None where that model is no longer at hand.
        method: that made the heatmap, or None.
        scored: whether a verdict was asked for.

    Raises:
        ArtifactError: if the manifest has no such operating point.
    """
    size = f" at {manifest.input.size} × {manifest.input.size} pixels" if manifest else ""
    reads = f"The convolutional network {prediction.model_version} reads the picture{size}."
    if not scored:
        return (reads, "It was not asked for a verdict.")
    chosen = manifest.point(prediction.operating_point).chosen_on if manifest else ""
    told = (
        reads,
        f"Its thresholds were chosen on {chosen}." if chosen else "",
        f"The heatmap was made by {method.title}." if method is not None else "",
    )
    return tuple(text for text in told if text)


def verdict_of(prediction: Prediction, band: UncertaintyBand | None, test: SplitResult | None) -> Verdict:
    """The verdict, with what was measured of it.

    Args:
        prediction: of the model.
        band: of the same model, or None.
        test: the test split at the operating point that decided; None where it was not measured, or does not hold.
    """
    found = {name: _rate(test.metrics.get(name)) for name in ("sensitivity", "specificity")} if test else {}
    meant = wording.reliability_sentence(test.bin_of(prediction.probability)) if test else ""
    return Verdict(
        decision=prediction.decision,
        probability=prediction.probability,
        threshold=prediction.threshold,
        operating_point=prediction.operating_point,
        indeterminate=prediction.indeterminate,
        band=band,
        sensitivity=found.get("sensitivity"),
        specificity=found.get("specificity"),
        measured_on=f"the {wording.images(test.images)} of the test split" if test else "",
        # Nothing was measured on pictures that the gate refuses.
        calibration="" if is_refused(prediction) else f"{meant} {wording.EQUAL_PREVALENCE}".strip(),
    )


def _rate(metric: Metric | None) -> Estimate | None:
    return None if metric is None else Estimate(metric.value, metric.low, metric.high)


def overlay_shows(prediction: Prediction, method: SaliencyMethod | None) -> str:
    """What the overlay's colour marks, for its caption."""
    if method is None:
        return f"Colour marks what the score for {prediction.explained_class} rests on."
    return f"{method.title}: colour marks {wording.colour_marks(method, prediction.explained_class)}."


def _findings(prediction: Prediction, method: SaliencyMethod | None, about_heatmap: tuple[str, ...]) -> tuple[str, ...]:
    if method is None:
        return (ONE_FINDING,)
    note = wording.heatmap_note(prediction, prediction.decision, method)
    return (ONE_FINDING, note, *(text for text in about_heatmap if text))


def warnings(prediction: Prediction, *, scored: bool = True) -> tuple[str, ...]:
    """What the input gate has against the picture that it refused."""
    reason = (prediction.gate.reason if prediction.gate else "") or "no reason was given"
    if scored:
        return (wording.refused_warning(reason), "No measured figure holds for such a picture.")
    return (f"{wording.NOT_SCORED}. {wording.as_sentence(reason)}",)


def limits(gate: GateMeasured | None, *, has_gate: bool) -> tuple[str, ...]:
    """For whom the model is, and what it cannot see."""
    whom, unseen, _ = wording.about_cards(wording.gate_card(gate, has_gate=has_gate))
    return (*whom[1], *unseen[1])
