"""What the report says of a prediction, and of what was measured of its model.

`known` is what was measured of the model that made the prediction; None if that model is not the one in use.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from babel.dates import format_date

from model.evaluation import alike
from model.saliency import METHODS, where
from model.saliency.regions import described

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from model.predictor import Prediction
    from model.records.evaluation import Metric, SplitResult
    from model.records.gate import GateMeasured
    from model.records.manifest import UncertaintyBand
    from model.records.measured import Measured
    from model.records.scores import Scores

TRUST_TESTS = {
    "faithful": "faithful to the model",
    "sane": "fails with random weights, as it should",
    "repeatable": "stable under small changes",
    "points": "finds drawn-in opacities",
    "in_lungs": "stays in the lungs",
}
"""What a heatmap method that passes does, by test of `Explanations.scorecard`."""
_PERCENT = "\u00a0%"


def examination(
    prediction: Prediction,
    size: tuple[int, int],
    image_format: str,
    pixel_spacing_mm: tuple[float, float] | None,
    *,
    sample: bool,
) -> str:
    """What was submitted, when it was read, and what the input check said; arguments as in `case_report`."""
    what = "One synthetic composite, not a real patient" if sample else "One image, as submitted"
    pixels = f"{image_format and f'{image_format}, '}{size[1]:,} × {size[0]:,} pixels"
    if pixel_spacing_mm:
        pixels += f" of {pixel_spacing_mm[1]:.3g} × {pixel_spacing_mm[0]:.3g} mm by the DICOM header"
    check = "Nothing checked whether it is a frontal chest radiograph."
    if prediction.gate is not None:
        verb = "accepted" if prediction.gate.accepted else "did not accept"
        check = f"The input check {verb} it as a frontal chest radiograph."
    return f"{what}: {pixels}. Read on {day(prediction.scored_at)}. {check}"


def technique(prediction: Prediction, known: Measured | None, *, has_overlay: bool, scored: bool) -> str:
    """How the image was scored and explained."""
    side = f" at {known.manifest.input.size} × {known.manifest.input.size} pixels" if known else ""
    told = [f"The convolutional network {prediction.model_version} read the image{side}."]
    if known and scored and (images := known.manifest.split.get("validation_images")):
        told.append(f"Its threshold was chosen on {images:,} validation images of other patients.")
    if has_overlay:
        told.append(f"The heatmap was made with {_title(prediction)}.")
    return " ".join(told)


def warned(prediction: Prediction, warnings: Sequence[str], *, scored: bool) -> str:
    """All that qualifies the result, the input check's refusal first; "" for nothing."""
    if not (because := prediction.refused_because):
        return " ".join(warnings)
    advice = "The verdict may mean nothing, and no measured figure applies to it." if scored else ""
    others = [text for text in warnings if because not in text]
    return " ".join((f"The input check rejected this image: {because}.", advice, *others)).strip()


def colour_marks(prediction: Prediction) -> str:
    """What the overlay's colour marks, for its caption."""
    title, score = _title(prediction), f"the score for {prediction.explained_class}"
    if prediction.saliency_method == "smooth_grad":
        return f"{title}: colour marks areas where a change would move {score} most."
    return f"{title}: colour marks areas that raised {score}."


def heatmap(prediction: Prediction, known: Measured | None) -> str:
    """Where the heatmap's colour lies, what it is not, and which tests its method failed; "" without a map."""
    if prediction.saliency_map is None:
        return ""
    if not prediction.saliency_map.any():
        return f"No area raised the score for {prediction.explained_class}, so the heatmap has no colour."
    gate = prediction.gate
    # The outline holds only if the input check took the image for a radiograph.
    lungs = gate.lungs if gate and gate.accepted and (gate.lungs >= 0.5).any() else None
    told = (
        f"{described(where(prediction.saliency_map, lungs))} The heatmap shows what the model used, not where disease "
        "is; colour outside the lungs is a reason to distrust the result."
    )
    failed = known.explanations.failed(prediction.saliency_method) if known and known.explanations else ()
    if failed:
        told += f" {_title(prediction)} failed a test: {', '.join(f'“{TRUST_TESTS[test]}”' for test in failed)}."
    return told


def _title(prediction: Prediction) -> str:
    method = METHODS.get(prediction.saliency_method)
    return method.title if method else prediction.saliency_method


def verdict_reason(prediction: Prediction, band: UncertaintyBand | None) -> str:
    """Why the verdict is what it is; `band` is None where it is not known."""
    score, threshold = score_and_threshold(prediction.probability, prediction.threshold)
    rule = f"the {prediction.operating_point.replace('_', '-')} threshold of {threshold}"
    decision = prediction.decision.lower()
    ends = f"{percent(band.low)} to {percent(band.high)}" if band else ""
    if prediction.indeterminate:
        within = f" ({ends})" if ends else ""
        return (
            f"Score {score}: the model cannot decide in this range{within}. By {rule} alone, it would be classified as "
            f"{decision}."
        )
    side = "above" if prediction.probability > prediction.threshold else "below"
    side = "at" if prediction.probability == prediction.threshold else side
    grey = f" Scores of {ends} are indeterminate." if ends else ""
    return f"Score {score}, {side} {rule}: classified as {decision}.{grey}"


def figures(prediction: Prediction, known: Measured | None) -> list[str]:
    """What was measured of such a score, and at this threshold, on the test split; nothing where it does not apply."""
    if known is None or known.evaluation is None or prediction.refused_because:
        return []
    told = [_frequency(known.scores, prediction.probability)] if known.scores is not None else []
    test = known.evaluation.test.at(prediction.operating_point)
    if test is not None and test.points[test.operating_point].threshold == prediction.threshold:
        told.append(_rates(test))
    return told


def _frequency(scores: Scores, probability: float) -> str:
    near = alike(scores, probability)
    if near is None:
        return "Too few test images had a similar score to say how often it means pneumonia."
    share = near.share
    return (
        f"Of 100 children in the test set with a score like this, about {round(100 * share.value)} had pneumonia "
        f"({share.successes} of the {near.images} images nearest in score; 95{_PERCENT} interval "
        f"{percent_range(share.low, share.high, 0)}). In the test set {percent(scores.prevalence, 1)} had pneumonia; "
        "where it is rarer, fewer children with such a score have it."
    )


def _rates(test: SplitResult) -> str:
    rates = {name: test.metrics[name] for name in ("sensitivity", "specificity")}
    told = [f"{name} {_interval(rate)}" for name, rate in rates.items() if not math.isnan(rate.value)]
    point = test.operating_point.replace("_", "-")
    return f"At the {point} operating point, measured on {test.images:,} test images: {', '.join(told)}."


def _interval(rate: Metric) -> str:
    return f"{percent(rate.value, 1)} (95{_PERCENT} interval {percent_range(rate.low, rate.high)})"


def limits(prediction: Prediction, known: Measured | None) -> str:
    """For whom the model is, and what it cannot see."""
    if known is None:
        return "The model in use is not the one that scored this case, so intended use and figures are not shown."
    use = known.manifest.intended_use
    whom = "The model does not state for whom it is meant."
    if use:
        whom = f"For {use.images} of {use.patients}; other ages, views and hospitals were not tested."
    seen = (
        "The model answers pneumonia or normal. It cannot name another finding, such as fluid, a fracture or a foreign "
        "body, and knows neither symptoms nor earlier images."
    )
    return " ".join((whom, seen, _input_check(known.gate) if prediction.gate else "")).strip()


def _input_check(gate: GateMeasured | None) -> str:
    if gate is None:
        return "How well the input check works was not measured."
    pictures, rejected = (sum(getattr(kind, name) for kind in gate.impostors) for name in ("pictures", "refused"))
    return (
        f"The input check rejected {rejected:,} of {pictures:,} other pictures and, wrongly, {gate.refused:,} of "
        f"{gate.scans:,} validation radiographs; lateral views and adults were not tried."
    )


def percent(share: float, decimals: int = 0) -> str:
    """A share as a percentage, such as "83 %"; never 0 or 100 % unless it is exactly that."""
    step, shown = 10.0**-decimals, round(100 * share, decimals)
    if shown <= 0 < share:
        return f"under {step:.{decimals}f}{_PERCENT}"
    if shown >= 100 > 100 * share:
        return f"over {100 - step:.{decimals}f}{_PERCENT}"
    return f"{shown:.{decimals}f}{_PERCENT}"


def percent_range(low: float, high: float, decimals: int = 1) -> str:
    """Two shares as one range, such as "0.1 to 1.9 %"."""
    return f"{100 * low:.{decimals}f} to {100 * high:.{decimals}f}{_PERCENT}"


def score_and_threshold(score: float, threshold: float) -> tuple[str, str]:
    """Both as percentages, with as many decimals (0 to 2) as it takes to tell them apart."""
    texts = percent(score), percent(threshold)
    for decimals in (1, 2):
        if texts[0] == texts[1] and score != threshold:
            texts = percent(score, decimals), percent(threshold, decimals)
    return texts


def day(moment: date) -> str:
    """A date such as "3 November 2026"."""
    return format_date(moment, "d MMMM y", locale="en_GB")
