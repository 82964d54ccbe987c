"""Sentences and numbers in words, each computed from measured data; nothing here draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from model.metrics import wilson

if TYPE_CHECKING:
    from datetime import datetime

    from app.measured import Evaluation, GateMeasured, History, Impostor, Ledger, Metric, ReliabilityBin, SplitResult

_FEW_IMAGES = 50
_PERCENT = "\u00a0%"


def percent(value: float, decimals: int = 0) -> str:
    """A share as a percentage, never rounded to a certainty that it is not.

    Args:
        value: 0 to 1.
        decimals: after the point.

    Returns:
        Such as "83 %"; "under 1 %" and "over 99 %" for values that would round to 0 or 100. The space does not break.
    """
    if math.isnan(value):
        return "not defined"
    step = 10.0**-decimals
    shown = round(100 * value, decimals)
    if shown <= 0 < value:
        return f"under {step:.{decimals}f}{_PERCENT}"
    if shown >= 100 > 100 * value:
        return f"over {100 - step:.{decimals}f}{_PERCENT}"
    return f"{shown:.{decimals}f}{_PERCENT}"


def probability_and_threshold(probability: float, threshold: float) -> tuple[str, str]:
    """Both as percentages, with as many decimals as it takes to tell them apart.

    Args:
        probability: 0 to 1.
        threshold: 0 to 1.

    Returns:
        The probability and the threshold in words.
    """
    for decimals in range(3):
        texts = percent(probability, decimals), percent(threshold, decimals)
        if texts[0] != texts[1]:
            break
    return texts


def figure(value: float) -> str:
    """A statistic with three decimals, or "not defined"; "over 0.999" for what would round to a perfect 1."""
    if math.isnan(value):
        return "not defined"
    return "over 0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def images(number: int) -> str:
    """A number of images in words, such as "1 image" or "1,204 images"."""
    return f"{number:,} image{'' if number == 1 else 's'}"


def day(moment: datetime) -> str:
    """A date such as "3 November 2026"."""
    return f"{moment.day} {moment:%B %Y}"


def verdict_reason(decision: str, probability: float, threshold: float) -> str:
    """Why the verdict is what it is, in one sentence."""
    shown, limit = probability_and_threshold(probability, threshold)
    rule = f"from {limit} on" if probability >= threshold else f"below {limit}"
    return f"Probability of pneumonia {shown}; {rule}, the model calls {decision}."


def reliability_sentence(found: ReliabilityBin | None) -> str:
    """What a probability in this range meant on the test split.

    Args:
        found: the bin that the probability falls into.

    Returns:
        One or two sentences.
    """
    if found is None or found.images == 0:
        return "No test image had a probability near this one, so what it means in practice was not measured."
    between = f"between {percent(found.low)} and {percent(found.high)}"
    text = f"Of {found.images:,} test images with a probability {between}, {found.pneumonia:,} had pneumonia."
    if found.images == 1:
        text = (
            f"One test image had a probability {between}; it {'had' if found.pneumonia else 'did not have'} pneumonia."
        )
    if found.images >= _FEW_IMAGES:
        return text
    low, high = wilson(found.pneumonia, found.images)
    return f"{text} Such a small number leaves the true share open from {percent(low)} to {percent(high)}."


def called_sentence(test: SplitResult, decision: str) -> str:
    """How often this verdict was right on the test split, with the share of pneumonia that this depends on."""
    metric = test.metrics["precision" if decision == "Pneumonia" else "npv"]
    if not metric.trials or metric.successes is None:
        return f"No test image was called {decision}."
    truth = "had pneumonia" if decision == "Pneumonia" else "were normal"
    return (
        f"Of {images(metric.trials)} of the test split called {decision}, {metric.successes:,} {truth}. "
        f"This depends on how common pneumonia is: there, {percent(test.pneumonia / test.images)} had it."
    )


def sensitivity_sentence(test: SplitResult) -> str:
    """Sensitivity as natural frequencies."""
    (_, _), (missed, found) = test.counts
    return f"Of {test.pneumonia:,} test images with pneumonia, {found:,} were found and {missed:,} missed."


def specificity_sentence(test: SplitResult) -> str:
    """Specificity as natural frequencies."""
    (right, alarms), (_, _) = test.counts
    return f"Of {test.normal:,} normal test images, {right:,} were called Normal and {alarms:,} raised a false alarm."


METRIC_TITLES = {
    "sensitivity": "Sensitivity (recall)",
    "specificity": "Specificity",
    "precision": "Positive predictive value (precision)",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "f1": "F1 score",
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "expected_calibration_error": "Expected calibration error",
}


_PROPORTIONS = {
    "sensitivity": "Of {trials:,} scans with pneumonia, {successes:,} were found and {others:,} missed.",
    "specificity": "Of {trials:,} normal scans, {successes:,} were called Normal and {others:,} raised a false alarm.",
    "precision": "Of {trials:,} scans called Pneumonia, {successes:,} had it.",
    "npv": "Of {trials:,} scans called Normal, {successes:,} were normal.",
    "accuracy": "Of all {trials:,} scans, {successes:,} were called right.",
}


def metric_in_words(metric: Metric, split: SplitResult) -> str:
    """One metric for a reader who does not know its name.

    Args:
        metric: of the split.
        split: whose counts the sentence may use.

    Returns:
        A sentence; empty for a metric that is not known here.
    """
    if metric.trials == 0 or math.isnan(metric.value):
        return "Not defined on these images."
    if metric.name in _PROPORTIONS:
        trials, successes = metric.trials or 0, metric.successes or 0
        return _PROPORTIONS[metric.name].format(trials=trials, successes=successes, others=trials - successes)
    others = {
        "f1": "Sensitivity and positive predictive value in one figure; 1 would be no mistake.",
        "auroc": (
            "Of pairs of one scan with pneumonia and one without, the one with it scores higher in about "
            f"{percent(metric.value)}. Guessing gives {percent(0.5)}."
        ),
        "average_precision": (
            "Positive predictive value averaged over all thresholds. Guessing gives "
            f"{figure(split.pneumonia / split.images)}."
        ),
        "expected_calibration_error": (
            f"The probability is off from what was observed by {100 * metric.value:.1f} percentage points on average."
        ),
    }
    return others.get(metric.name, "")


def curve_sentence(history: History) -> str:
    """How to read the learning curves, computed from them.

    Args:
        history: the learning curves.

    Returns:
        When validation stopped improving, why another epoch was kept if one was, and the gap to training.
    """
    best = min(history.epochs, key=lambda epoch: epoch.val_loss)
    last, chosen = history.epochs[-1], history.chosen
    if best is last:
        first = f"The validation loss was still at its lowest ({best.val_loss:.3f}) in the last epoch, {last.number}."
    else:
        after = last.number - best.number
        first = (
            f"The validation loss was lowest in epoch {best.number} ({best.val_loss:.3f}) and did not improve in "
            f"the {after} epoch{'' if after == 1 else 's'} after it."
        )
    gap = 100 * (chosen.val_accuracy - chosen.accuracy)
    side = "above" if gap >= 0 else "below"
    return (
        f"{first}{_why_kept(history)} In epoch {chosen.number}, which was kept, accuracy was "
        f"{percent(chosen.accuracy, 1)} on training and {percent(chosen.val_accuracy, 1)} on validation images: "
        f"validation {abs(gap):.1f} percentage points {side} training."
    )


def _why_kept(history: History) -> str:
    """Why the epoch kept is not the one with the lowest validation loss; empty where it is, or where nothing says."""
    best, chosen = min(history.epochs, key=lambda epoch: epoch.val_loss), history.chosen
    deciding = [epoch.monitor for epoch in history.epochs if epoch.monitor is not None]
    if best is chosen or best.monitor is None or chosen.monitor is None or chosen.monitor > min(deciding):
        return ""
    return (
        f" Epoch {chosen.number} was kept instead: another loss decides, which was lowest there "
        f"({chosen.monitor:.3f}, against {best.monitor:.3f} in epoch {best.number})."
    )


def ledger_sentence(ledger: Ledger | None) -> str:
    """How often the test split was opened."""
    if ledger is None or not ledger.openings:
        return "No ledger of the test split’s openings was found."
    number, last = len(ledger.openings), day(ledger.openings[-1].opened)
    times = f"once by the evaluation, on {last}" if number == 1 else f"{number} times by the evaluation, last on {last}"
    return f"The test split was opened {times}."


EQUAL_PREVALENCE = (
    "The percentage is meant for a place where half of the children have pneumonia; where fewer do, it overstates."
)
"""What calibration at equal weight of both classes means (`model.calibration`)."""

NOT_SCORED = "Not scored: this is not taken for a frontal chest radiograph"
WHAT_TO_DO = (
    "If it is a frontal chest radiograph of a child: turn it upright, undo an inversion so that bone is white, or "
    "export it again, uncropped and in grey, and drop that file."
)
NO_FIGURE_HOLDS = (
    "The figures below were measured on frontal chest radiographs. Of a picture that is refused they say nothing."
)


def as_sentence(text: str) -> str:
    """The end of a sentence, such as an input gate's reason, as a sentence of its own."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def refused_warning(reason: str) -> str:
    """What stands on everything that comes of a picture which was refused and scored all the same.

    Args:
        reason: of the input gate.
    """
    return (
        "Scored although it is not taken for a frontal chest radiograph. "
        f"{as_sentence(reason)} The verdict may mean nothing."
    )


def gate_card(gate: GateMeasured | None, *, has_gate: bool) -> str:
    """What checks that a picture is a chest radiograph, in a sentence or two.

    Args:
        gate: what it was measured to do.
        has_gate: whether there is one at all.
    """
    if not has_gate:
        return "It does not check that a picture is a chest radiograph: anything gets an answer."
    if gate is None:
        return "A check refuses what it does not take for a frontal chest radiograph; how well was not recorded."
    return (
        "A check refuses what it does not take for a frontal chest radiograph. Measured: it refused "
        f"{gate_refused(gate)}, and, wrongly, {gate.refused:,} of {gate.scans:,} validation scans. Whether it refuses "
        "lateral views or adults was not measured."
    )


def too_high_sentence(split: SplitResult) -> str:
    """Whether the percentages ran too high or too low on a split; empty where they did neither by two points."""
    known = [one for one in split.reliability if one.images and one.mean_probability is not None]
    images = sum(one.images for one in known)
    if not images:
        return ""
    told = sum(one.images * (one.mean_probability or 0.0) for one in known) / images
    true = sum(one.pneumonia for one in known) / images
    if abs(told - true) < 0.02:
        return ""
    return (
        f"On the test split it ran too {'high' if told > true else 'low'}: {percent(told)} on average, where "
        f"{percent(true)} had pneumonia."
    )


def gate_refused(gate: GateMeasured) -> str:
    """How many other pictures were refused, kinds that the gate was taught apart from the others."""
    taught = _refused_of([one for one in gate.impostors if one.taught])
    others = _refused_of([one for one in gate.impostors if not one.taught])
    parts = [f"{taught} it was taught to refuse"] if taught else []
    return " and ".join([*parts, f"{others} it was not"] if others else parts)


def _refused_of(impostors: list[Impostor]) -> str:
    """Such as "80 of 82 pictures of 3 kinds"; empty without a kind."""
    refused, pictures = (sum(getattr(one, name) for one in impostors) for name in ("refused", "pictures"))
    number = len(impostors)
    return f"{refused:,} of {pictures:,} pictures of {number} kind{'' if number == 1 else 's'}" if number else ""


def false_refusal_sentence(gate: GateMeasured) -> str:
    """How often a real scan is refused."""
    return (
        f"Refused wrongly: {gate.refused:,} of {gate.scans:,} validation scans, "
        f"{percent(gate.refused / max(1, gate.scans), 1)} (95 % interval {100 * gate.low:.1f} to "
        f"{100 * gate.high:.1f} %). The limit was set on the same scans, so new ones may be refused more often."
    )


def shared_numbers_sentence(test: SplitResult) -> str:
    """How many patient numbers test shares with training; empty where that was not recorded."""
    if test.shared is None:
        return ""
    return (
        f"{test.shared.shared:,} of {test.shared.of:,} patient numbers of the test images occur in training or "
        "validation too; the data set reuses numbers for different people, so whether they are the same children "
        "cannot be known."
    )


def dependence_sentence(test: SplitResult) -> str:
    """Why the intervals are a little too narrow; empty where every image has a number of its own."""
    if test.patients >= test.images:
        return ""
    return (
        f"The {images(test.images)} carry {test.patients:,} patient numbers and are not independent, so the true range "
        "is a little wider than the one shown for percentages."
    )


def shortfalls(evaluation: Evaluation, history: History | None) -> list[str]:
    """What the model does badly, or what nobody measured; each from the files.

    Args:
        evaluation: of the model.
        history: its learning curves, or None.

    Returns:
        Sentences; those whose figures are missing are left out.
    """
    test, validation = evaluation.test, evaluation.validation
    (_, alarms), _ = test.counts
    found = []
    if test.normal:
        share = percent(alarms / test.normal)
        found.append(f"Of {test.normal:,} normal test scans, {alarms:,} ({share}) were called Pneumonia.")
    for name, template in _TEST_AGAINST_VALIDATION.items():
        if name in test.metrics and name in validation.metrics:
            here, there = test.metrics[name].value, validation.metrics[name].value
            worse = here < there if name == "auroc" else here > there
            if worse:
                found.append(template.format(here=figure(here), there=figure(there)))
    if history is not None and history.lungs_covered_auroc is not None:
        found.append(
            f"With the lungs covered, its AUROC on validation is {figure(history.lungs_covered_auroc)}; "
            f"chance is {figure(0.5)}. What it exceeds chance by, it takes from elsewhere in the picture."
        )
    found.append("It was not tried on another hospital’s images.")
    return found


_TEST_AGAINST_VALIDATION = {
    "auroc": "It separates test scans less well than validation scans: AUROC {here} against {there}.",
    "expected_calibration_error": (
        "Its percentages are further off on test than on validation: calibration error {here} against {there}."
    ),
}
