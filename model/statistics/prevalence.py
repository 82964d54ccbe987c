"""Predictive values at another prevalence than that of the measured radiographs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.records.manifest import Estimate
from model.statistics.intervals import ratio, share, wilson

if TYPE_CHECKING:
    from model.records.evaluation import Counts


@dataclass(frozen=True)
class Likelihoods:
    """Likelihood ratios of the two answers, which do not depend on prevalence; 0 to infinity.

    Attributes:
        positive: sensitivity / (1 - specificity).
        negative: (1 - sensitivity) / specificity.
    """

    positive: Estimate
    negative: Estimate


@dataclass(frozen=True)
class Frequencies:
    """Children by truth and classification; found, missed, flagged and cleared add up to `children`.

    Attributes:
        found: with pneumonia, classified as pneumonia.
        missed: with pneumonia, classified as normal.
        flagged: without, classified as pneumonia: the false alarms.
        cleared: without, classified as normal.
        missed_range: missed children at the ends of the sensitivity's 95 % interval.
        flagged_range: false alarms at the ends of the specificity's.
        misses_some: whether the model missed any radiograph at all, though `missed` may round to 0.
    """

    children: int
    found: int
    missed: int
    flagged: int
    cleared: int
    missed_range: tuple[int, int]
    flagged_range: tuple[int, int]
    misses_some: bool

    @property
    def sick(self) -> int:
        """Children with pneumonia."""
        return self.found + self.missed

    @property
    def well(self) -> int:
        """Children without."""
        return self.flagged + self.cleared


def natural_frequencies(counts: Counts, prevalence: float, *, children: int = 1000) -> Frequencies | None:
    """Classify so many children in whole numbers (Gigerenzer and Hoffrage, Psychol Rev 102 (1995) 684-704).

    Args:
        counts: at a threshold.
        prevalence: share of the children who have pneumonia, 0 to 1.
        children: how many.

    Returns:
        None where the counts lack a class.
    """
    if not (counts.normal and counts.pneumonia):
        return None
    sick = round(children * prevalence)
    well = children - sick
    found = round(sick * counts.true_positive / counts.pneumonia)
    flagged = round(well * counts.false_positive / counts.normal)
    missed_low, missed_high = wilson(counts.false_negative, counts.pneumonia)
    flagged_low, flagged_high = wilson(counts.false_positive, counts.normal)
    return Frequencies(
        children=children,
        found=found,
        missed=sick - found,
        flagged=flagged,
        cleared=well - flagged,
        missed_range=(round(sick * missed_low), round(sick * missed_high)),
        flagged_range=(round(well * flagged_low), round(well * flagged_high)),
        misses_some=counts.false_negative > 0,
    )


def likelihoods(counts: Counts) -> Likelihoods | None:
    """Both likelihood ratios with 95 % intervals, by MOVER-R from Wilson's (Newcombe, Stat Methods Med Res 25 (2016)).

    Sensitivity and specificity come from different radiographs and are independent.

    Returns:
        None where the counts lack a class.
    """
    if not (counts.normal and counts.pneumonia):
        return None
    sick, well = counts.pneumonia, counts.normal
    return Likelihoods(
        positive=ratio(share(counts.true_positive, sick), share(counts.false_positive, well)),
        negative=ratio(share(counts.false_negative, sick), share(counts.true_negative, well)),
    )


def ppv(found: Likelihoods, prevalence: float) -> Estimate:
    """The share with pneumonia among children classified as pneumonia, by Bayes' rule on the odds.

    Args:
        found: the likelihood ratios.
        prevalence: above 0 and below 1.

    Returns:
        The share with its 95 % interval; NaN where nobody is classified as pneumonia.
    """
    odds = prevalence / (1 - prevalence)
    value, low, high = (_chance(end * odds) for end in (found.positive.value, found.positive.low, found.positive.high))
    return Estimate(value=value, low=low, high=high)


def npv(found: Likelihoods, prevalence: float) -> Estimate:
    """The share without pneumonia among children classified as normal, by Bayes' rule on the odds.

    Args:
        found: the likelihood ratios.
        prevalence: above 0 and below 1.

    Returns:
        The share with its 95 % interval; NaN where nobody is classified as normal.
    """
    odds = prevalence / (1 - prevalence)
    # A larger ratio gives a lower share: the bounds swap.
    value, high, low = (
        1 - _chance(end * odds) for end in (found.negative.value, found.negative.low, found.negative.high)
    )
    return Estimate(value=value, low=low, high=high)


def _chance(odds: float) -> float:
    return 1.0 if math.isinf(odds) else odds / (1 + odds)
