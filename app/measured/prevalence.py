"""What sensitivity and specificity mean where pneumonia is rarer or more common than on the test split."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.metrics import wilson
from model.records.manifest import Estimate

if TYPE_CHECKING:
    from app.measured.evaluated import SplitResult


@dataclass(frozen=True)
class Likelihoods:
    """How many times as common a call is with pneumonia as without.

    Attributes:
        positive: of a call of Pneumonia: sensitivity / (1 - specificity); 0 to infinity.
        negative: of a call of Normal: (1 - sensitivity) / specificity; 0 to infinity.
    """

    positive: Estimate
    negative: Estimate


@dataclass(frozen=True)
class Frequencies:
    """Children by what they have and what they are called; the four add up to `children`.

    Attributes:
        children: how many in all.
        found: with pneumonia, called Pneumonia.
        missed: with pneumonia, called Normal.
        flagged: without, called Pneumonia.
        cleared: without, called Normal.
        missed_range: between how many missed ones the 95 % interval of the sensitivity leaves open.
        flagged_range: between how many falsely flagged ones that of the specificity does.
        misses_some: whether the model missed any scan at all, though `missed` may round to 0.
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
        """How many have pneumonia."""
        return self.found + self.missed

    @property
    def well(self) -> int:
        """How many do not."""
        return self.flagged + self.cleared


def natural_frequencies(test: SplitResult, prevalence: float, *, children: int = 1000) -> Frequencies | None:
    """Of so many children, how many have pneumonia, and what they are called (Gigerenzer and Hoffrage 1995).

    Args:
        test: with its counts at a threshold.
        prevalence: share of the children who have pneumonia, 0 to 1.
        children: how many.

    Returns:
        Whole numbers; None where a class is missing from the split.
    """
    (right, alarms), (missed, found) = test.counts
    if not (right + alarms and missed + found):
        return None
    sick = round(children * prevalence)
    well = children - sick
    found_here, flagged_here = round(sick * found / (missed + found)), round(well * alarms / (right + alarms))
    missed_low, missed_high = wilson(missed, missed + found)
    flagged_low, flagged_high = wilson(alarms, right + alarms)
    return Frequencies(
        children=children,
        found=found_here,
        missed=sick - found_here,
        flagged=flagged_here,
        cleared=well - flagged_here,
        missed_range=(round(sick * missed_low), round(sick * missed_high)),
        flagged_range=(round(well * flagged_low), round(well * flagged_high)),
        misses_some=missed > 0,
    )


def likelihoods(test: SplitResult) -> Likelihoods | None:
    """Both likelihood ratios, which do not depend on prevalence, with their 95 % intervals.

    The intervals are MOVER-R's (Donner and Zou 2012; Newcombe 2016), made from the Wilson intervals of sensitivity and
    specificity, which rest on different scans and so are independent. They hold at rates of 0 and 1, too.

    Args:
        test: with its counts at a threshold.

    Returns:
        The ratios; None where a class is missing from the split.
    """
    (right, alarms), (missed, found) = test.counts
    well, sick = right + alarms, missed + found
    if not (well and sick):
        return None
    return Likelihoods(
        positive=_ratio(_share(found, sick), _share(alarms, well)),
        negative=_ratio(_share(missed, sick), _share(right, well)),
    )


def ppv(found: Likelihoods, prevalence: float) -> Estimate:
    """The share of the children called Pneumonia who have it, by Bayes' rule on the odds.

    Args:
        found: the likelihood ratios.
        prevalence: 0 to 1, neither of them.

    Returns:
        The share with its 95 % interval; NaN where nobody is called Pneumonia.
    """
    odds = prevalence / (1 - prevalence)
    return Estimate(
        *(_chance(ratio * odds) for ratio in (found.positive.value, found.positive.low, found.positive.high))
    )


def npv(found: Likelihoods, prevalence: float) -> Estimate:
    """The share of the children called Normal who do not have pneumonia, by Bayes' rule on the odds.

    Args:
        found: the likelihood ratios.
        prevalence: 0 to 1, neither of them.

    Returns:
        The share with its 95 % interval; NaN where nobody is called Normal.
    """
    odds = prevalence / (1 - prevalence)
    # The more often a missed child, the lower: the ends change places.
    return Estimate(
        *(1 - _chance(ratio * odds) for ratio in (found.negative.value, found.negative.high, found.negative.low))
    )


def _chance(odds: float) -> float:
    return 1.0 if math.isinf(odds) else odds / (1 + odds)


def _share(part: int, whole: int) -> Estimate:
    return Estimate(part / whole, *wilson(part, whole))


def _ratio(above: Estimate, below: Estimate) -> Estimate:
    """MOVER-R for above / below, multiplied out so that nothing is divided by a difference that may be 0."""
    product = above.value * below.value
    if not above.value and not below.value:
        return Estimate(math.nan, math.nan, math.nan)
    low = above.low * (2 * above.value - above.low)
    root = math.sqrt(max(0.0, product**2 - low * below.high * (2 * below.value - below.high)))
    high, divisor = above.high * (2 * above.value - above.high), below.low * (2 * below.value - below.low)
    wide = math.sqrt(max(0.0, product**2 - high * divisor))
    return Estimate(
        value=above.value / below.value if below.value else math.inf,
        low=low / (product + root) if low > 0 else 0.0,
        high=(product + wide) / divisor if divisor > 0 else math.inf,
    )
