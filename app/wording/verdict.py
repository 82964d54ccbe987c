"""What one verdict means, from what was measured on the test split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import images, percent, probability_and_threshold
from app.wording.points import point_name
from model.metrics import wilson

if TYPE_CHECKING:
    from app.measured import Alike, ReliabilityBin, SplitResult

_FEW_IMAGES = 50


EQUAL_PREVALENCE = (
    "The percentage is meant for a place where half of the children have pneumonia; where fewer do, it overstates."
)
"""What calibration at equal weight of both classes means (`model.calibration`)."""


def verdict_reason(decision: str, probability: float, threshold: float, name: str) -> str:
    """Why the verdict is what it is, in one sentence.

    Args:
        decision: "Normal" or "Pneumonia".
        probability: 0 to 1.
        threshold: 0 to 1.
        name: of the operating point.
    """
    shown, limit = probability_and_threshold(probability, threshold)
    rule = f"from {limit} on" if probability >= threshold else f"below {limit}"
    return f"Probability of pneumonia {shown}; {rule}, the {point_name(name)} operating point calls {decision}."


def alike_sentence(alike: Alike, prevalence: float) -> str:
    """What a score like this meant on the test split, as natural frequencies.

    Args:
        alike: the test scans nearest in score.
        prevalence: share of pneumonia on the test split, 0 to 1.

    Returns:
        Two sentences, with interval, count and prevalence.
    """
    low, high = (round(100 * bound) for bound in alike.interval)
    ends = percent(alike.low), percent(alike.high)
    scores = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return (
        f"Of 100 children of this test set with such a score, about {round(100 * alike.share)} had pneumonia: "
        f"{alike.pneumonia:,} of the {alike.scans:,} images nearest in score ({scores}), 95 % interval {low} to "
        f"{high}. In this test set {percent(prevalence, 1)} have pneumonia; where it is rarer, fewer with such a score "
        "have it."
    )


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
    """How often this verdict was right on the test split, with the share of pneumonia that this depends on.

    Args:
        test: at the operating point that decided.
        decision: "Normal" or "Pneumonia".
    """
    where = f"at the {point_name(test.operating_point)} operating point"
    metric = test.metrics["precision" if decision == "Pneumonia" else "npv"]
    if not metric.trials or metric.successes is None:
        return f"No test image was called {decision} {where}."
    truth = "had pneumonia" if decision == "Pneumonia" else "were normal"
    return (
        f"Of {images(metric.trials)} of the test split called {decision} {where}, {metric.successes:,} {truth}. "
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


def rates_sentence(test: SplitResult) -> str:
    """Sensitivity and specificity as natural frequencies, with the operating point they are of."""
    (right, alarms), (missed, found) = test.counts
    return (
        f"At the {point_name(test.operating_point)} operating point, of {test.pneumonia:,} test images with pneumonia "
        f"{found:,} were found and {missed:,} missed; of {test.normal:,} normal ones {right:,} were called Normal and "
        f"{alarms:,} raised a false alarm."
    )
