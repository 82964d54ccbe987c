"""Metrics, learning curves and what falls short, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.breadth import over_sentence, restyled_sentence
from app.wording.numbers import day, figure, figure_range, images, percent, percent_range
from app.wording.points import guarantee_broken

if TYPE_CHECKING:
    from app.measured import Evaluation, History, Ledger, Metric, Robustness, SplitResult

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
    "expected_calibration_error_balanced": "Expected calibration error, both classes weighing the same",
    "indeterminate": "Indeterminate",
    "normal": "Indeterminate: normal",
    "pneumonia": "Indeterminate: pneumonia",
    "decided_right": "Called right outside the band",
}


_PROPORTIONS = {
    "sensitivity": "Of {trials:,} scans with pneumonia, {successes:,} were found and {others:,} missed.",
    "specificity": "Of {trials:,} normal scans, {successes:,} were called Normal and {others:,} raised a false alarm.",
    "precision": "Of {trials:,} scans called Pneumonia, {successes:,} had it.",
    "npv": "Of {trials:,} scans called Normal, {successes:,} were normal.",
    "accuracy": "Of all {trials:,} scans, {successes:,} were called right.",
    "indeterminate": "Of all {trials:,} scans, {successes:,} fell in the band.",
    "normal": "Of {trials:,} normal scans, {successes:,} fell in the band.",
    "pneumonia": "Of {trials:,} scans with pneumonia, {successes:,} fell in the band.",
    "decided_right": "Of {trials:,} scans outside the band, {successes:,} were called right.",
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
            f"The probability is off from what was observed by {100 * metric.value:.1f} percentage points on average. "
            f"On these scans {percent(split.pneumonia / split.images)} have pneumonia, for which it is not meant."
        ),
        "expected_calibration_error_balanced": (
            "The same where half of the children have pneumonia, for which the probability is meant: off by "
            f"{100 * metric.value:.1f} percentage points on average."
        ),
    }
    return others.get(metric.name, "")


def metric_shown(metric: Metric) -> str:
    """A proportion as a percentage, another statistic as a plain number."""
    return percent(metric.value, 1) if metric.trials is not None else figure(metric.value)


def metric_bounds(metric: Metric) -> str:
    """The 95 % interval's two ends, in the metric's own unit; "not defined" where there is none."""
    as_range = percent_range if metric.trials is not None else figure_range
    return as_range(metric.low, metric.high)


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
    # Not by the evaluation alone: what explains the heatmaps opens it, too.
    by = "by the project’s commands"
    times = f"once {by}, on {last}" if number == 1 else f"{number} times {by}, last on {last}"
    return f"The test split was opened {times}."


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


_TEST_AGAINST_VALIDATION = {
    "auroc": "It separates test scans less well than validation scans: AUROC {here} against {there}.",
    "expected_calibration_error_balanced": (
        "Its percentages are further off on test than on validation: calibration error {here} against {there}, both "
        "classes weighing the same."
    ),
}


def shortfalls(evaluation: Evaluation, history: History | None, robustness: Robustness | None = None) -> list[str]:
    """What the model does badly, or what nobody measured; each from the files.

    Args:
        evaluation: of the model.
        history: its learning curves, or None.
        robustness: what it does on changed scans, or None.

    Returns:
        Sentences; those whose figures are missing are left out.
    """
    test = evaluation.test
    (_, alarms), _ = test.counts
    found = []
    if test.normal:
        share = percent(alarms / test.normal)
        found.append(f"Of {test.normal:,} normal test scans, {alarms:,} ({share}) were called Pneumonia.")
    found += _worse_than_validation(evaluation)
    if history is not None and history.lungs_covered_auroc is not None:
        found.append(
            f"With the lungs covered, its AUROC on validation is {figure(history.lungs_covered_auroc)}; "
            f"chance is {figure(0.5)}. What it exceeds chance by, it takes from elsewhere in the picture."
        )
    if history is not None:
        found.append(restyled_sentence(history.clean_auroc, history.restyled_auroc))
    if evaluation.band is not None:
        found.append(guarantee_broken(test, evaluation.band))
    if robustness is not None and robustness.test.over:
        found.append(f"When scans are exposed, stored or framed differently: {over_sentence(robustness.test)}")
    found.append("It was not tried on another hospital’s images.")
    return [sentence for sentence in found if sentence]


def _worse_than_validation(evaluation: Evaluation) -> list[str]:
    test, validation = evaluation.test.metrics, evaluation.validation.metrics
    found = []
    for name, template in _TEST_AGAINST_VALIDATION.items():
        if name in test and name in validation:
            here, there = test[name].value, validation[name].value
            if here < there if name == "auroc" else here > there:
                found.append(template.format(here=figure(here), there=figure(there)))
    return found
