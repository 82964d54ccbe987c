"""What opens on demand: what the score means, what was scored by what, and for whom the model is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.services import opened
from app.ui import metrics
from app.ui import page as ui
from app.ui.numbers import count, joined, percent
from model.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.screens.prelude import Page
    from app.services.radiographs import Film
    from model.predictor import Prediction
    from model.radiograph import Radiograph
    from model.records.evaluation import Metric, SplitResult
    from model.records.gate import GateMeasured
    from model.records.manifest import Manifest, OperatingPoint, UncertaintyBand


def draw(page: Page, manifest: Manifest, film: Film, prediction: Prediction) -> None:
    """Two folded parts beside the film."""
    with st.expander("What the score means", key="meaning"):
        ui.facts(_facts(page, manifest, prediction))
    with st.expander("Scoring details", key="provenance"):
        ui.definitions(_provenance(manifest, film, prediction))


def _facts(page: Page, manifest: Manifest, prediction: Prediction) -> Iterator[str]:
    known = page.measured
    if prediction.refused_because:
        yield "The figures below were measured on frontal chest radiographs and do not apply to this picture."
    yield _agreement(prediction.probability, manifest.operating_points)
    yield "The score is calibrated for a prevalence of one half; where fewer children have pneumonia, it is too high."
    test = known.evaluation.test.at(prediction.operating_point) if known and known.evaluation else None
    if test is None:
        yield from known.problems if known else ()
        yield "This model was not evaluated, so how often it is right is not known."
        return
    yield _too_high(test)
    if manifest.band is not None and test.band is not None:
        yield _band(test, prediction)
        yield _broken(test, manifest.band)
    name = "precision" if prediction.decision == LABELS[1] else "npv"
    value, truth = test.metrics[name], "had pneumonia" if name == "precision" else "were normal"
    if value.trials:
        yield (
            f"Of {count(value.trials, 'test radiograph')} classified as {prediction.decision.lower()} at this "
            f"threshold, {value.successes:,} {truth}. This depends on the prevalence: in the test set, "
            f"{percent(test.prevalence)} had pneumonia."
        )
    counts = test.counts
    yield (
        f"Of {count(test.pneumonia, 'test radiograph')} with pneumonia, {counts.true_positive:,} were found and "
        f"{counts.false_negative:,} missed; of {test.normal:,} normal ones, {counts.false_positive:,} were flagged."
    )


def _agreement(score: float, points: Sequence[OperatingPoint]) -> str:
    """Whether all operating points classify alike."""
    if len(points) < 2:
        return ""
    found: dict[str, list[str]] = {}
    for point in points:
        found.setdefault(LABELS[int(score >= point.threshold)].lower(), []).append(metrics.point_name(point.name))
    if len(found) == 1:
        return f"Every operating point classifies this radiograph as {next(iter(found))}."
    told = "; ".join(f"{joined(names)}: {answer}" for answer, names in found.items())
    return f"Operating points disagree. {told[:1].upper()}{told[1:]}."


def _too_high(test: SplitResult) -> str:
    """Whether scores ran too high or too low in the test set, by two percentage points or more."""
    bins = [one for one in test.reliability if one.images and one.mean_probability is not None]
    images = sum(one.images for one in bins)
    if not images:
        return ""
    score = sum(one.images * (one.mean_probability or 0.0) for one in bins) / images
    true = sum(one.pneumonia for one in bins) / images
    if math.isnan(score) or abs(score - true) < 0.02:
        return ""
    side = "high" if score > true else "low"
    return f"In the test set, scores were too {side}: {percent(score)} on average, where {percent(true)} had pneumonia."


def _band(test: SplitResult, prediction: Prediction) -> str:
    band = test.band
    if band is None:
        return ""
    if prediction.indeterminate:
        return (
            f"{_of(band.indeterminate)} test radiographs were indeterminate: {_of(band.normal)} normal ones and "
            f"{_of(band.pneumonia)} with pneumonia."
        )
    right = band.decided_right
    if not right.trials:
        return "Every test radiograph was indeterminate."
    share = percent(right.value, 1)
    return f"Outside the indeterminate range, {_of(right)} test radiographs ({share}) were classified correctly."


def _broken(test: SplitResult, band: UncertaintyBand) -> str:
    """Where the indeterminate range let through more mistakes than it aims at, beyond chance."""
    if test.band is None:
        return ""
    sides = (
        (test.band.pneumonia_below, "radiographs with pneumonia scored below it"),
        (test.band.normal_above, "normal radiographs scored above it"),
    )
    missed = [f"{_of(share)} {what} ({percent(share.value)})" for share, what in sides if share.low > band.error]
    aim = f"at most {percent(band.error)} was the aim"
    return f"The indeterminate range missed its aim in the test set: {joined(missed)}; {aim}." if missed else ""


def _of(metric: Metric) -> str:
    return f"{metric.successes or 0:,} of {metric.trials or 0:,}"


def _provenance(manifest: Manifest, film: Film, prediction: Prediction) -> Iterator[tuple[str, str]]:
    """Scoring details by what, and what decided."""
    radiograph = film.radiograph
    yield "Image", f"{film.name}, {radiograph.format}, {_size(radiograph)}"
    yield "Model", f"{manifest.model_version}; reads {manifest.input.size} × {manifest.input.size} pixels"
    if (context := radiograph.context) is not None:
        mismatches = len(context.warnings(manifest.intended_use))
        missing = joined(subject.lower() for subject in context.not_stated)
        silent = f"; not stated: {missing}" if missing else ""
        found = f"{count(mismatches, 'mismatch', 'mismatches')} with the intended use{silent}"
        yield "DICOM header", f"{found}. Nothing else of it is shown, kept or logged."
    if prediction.refused_because:
        yield "Input check", f"rejected: {prediction.refused_because}"
    point = manifest.point(prediction.operating_point)
    yield (
        "Threshold",
        f"{point.threshold:.4f} ({metrics.point_name(point.name)}), chosen on {point.chosen_on}. Score: "
        f"{prediction.probability:.4f}",
    )
    if (band := manifest.band) is not None:
        yield (
            "Indeterminate range",
            f"{band.low:.4f} to {band.high:.4f}, set so that at most {percent(band.error)} of validation radiographs "
            "with pneumonia score below it, and of normal ones above. The network was chosen on the same patients: "
            "expect more",
        )


def _size(radiograph: Radiograph) -> str:
    height, width = radiograph.pixels.shape
    text = f"{width:,} × {height:,} pixels"
    if radiograph.pixel_spacing_mm is None:
        return text
    rows, columns = radiograph.pixel_spacing_mm
    at = radiograph.context is not None and radiograph.context.spacing_at_detector
    where = " at the detector, where the patient is magnified" if at else ""
    return f"{text}, {width * columns:.0f} × {height * rows:.0f} mm{where}"


def limits(page: Page) -> None:
    """For whom the model is, and what it cannot see."""
    known = page.measured
    if known is None:
        return
    use = known.manifest.intended_use
    title = "For whom the model is, and what it cannot see"
    folded = opened.current().film is not None
    with st.expander(title, key="limits") if folded else st.container(border=True):
        if not folded:
            ui.panel_title(title, level=2)
        ui.facts(
            (
                f"For {use.images} of {use.patients}." if use else "The model does not state for whom it is meant.",
                "Adults, other ages, lateral views and other hospitals’ radiographs were not tested.",
                "It answers pneumonia or normal. It cannot name another finding, such as fluid, a fracture or a "
                "foreign body, or tell bacterial from viral pneumonia.",
                "It knows neither symptoms nor earlier images.",
                input_check(known.gate, has_check=known.manifest.gate_sha256 is not None or known.gate is not None),
                "The heatmap shows what the model used, not where disease is.",
            )
        )


def input_check(gate: GateMeasured | None, *, has_check: bool) -> str:
    """What checks that a picture is a chest radiograph, and how well."""
    if not has_check:
        return "It has no input check: it scores any picture."
    if gate is None:
        return "An input check rejects other pictures; how well was not measured."
    pictures, rejected = (sum(getattr(kind, name) for kind in gate.impostors) for name in ("pictures", "refused"))
    return (
        f"An input check rejected {rejected:,} of {pictures:,} other pictures and, wrongly, {gate.refused:,} of "
        f"{gate.scans:,} validation radiographs. Lateral views and adults were not tried."
    )
