"""Two models on the same images: paired counts, McNemar's test, and DeLong's test of two AUROCs. Arithmetic only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.metrics import Z_95, Labels, Probabilities

Flags = npt.NDArray[np.bool_]
_Placements = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairedRight:
    """On which of the same images two models are right.

    Attributes:
        both: both are right.
        only_first: the first alone.
        only_second: the second alone.
        neither: both are wrong.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def images(self) -> int:
        """All images."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """Share that the first calls right minus that of the second, -1 to 1; NaN without an image."""
        return (self.only_first - self.only_second) / self.images if self.images else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The difference's 95 % interval, images counted as independent (Agresti and Min 2005).

        Wald's interval for matched pairs with half an image added to each of the four cells; (NaN, NaN) without an
        image.
        """
        if not self.images:
            return math.nan, math.nan
        total, first, second = self.images + 2, self.only_first + 0.5, self.only_second + 0.5
        centre = (first - second) / total
        spread = Z_95 * math.sqrt(first + second - (first - second) ** 2 / total) / total
        return max(-1.0, centre - spread), min(1.0, centre + spread)

    @property
    def p_value(self) -> float:
        """McNemar's exact test, two-sided: were the images that one alone calls right to fall by a fair coin.

        McNemar 1947, in the exact form of Fagerland, Lydersen and Laake 2013, section 2: a binomial test of the
        discordant pairs. 1 where there is none.
        """
        from scipy.stats import binomtest  # half a second: no page waits for it that does not compare

        discordant = self.only_first + self.only_second
        return float(binomtest(self.only_first, discordant, 0.5).pvalue) if discordant else 1.0


@dataclass(frozen=True)
class AurocDifference:
    """Two AUROCs of the same images.

    Attributes:
        first: of the first model, 0 to 1; NaN where a class is missing.
        second: of the second.
        low: lower bound of the difference's 95 % interval; NaN where it is not defined.
        high: upper bound.
        p_value: two-sided, that both are the same; NaN where it is not defined.
    """

    first: float
    second: float
    low: float
    high: float
    p_value: float

    @property
    def difference(self) -> float:
        """The first minus the second."""
        return self.first - self.second


def paired_right(first: Flags, second: Flags) -> PairedRight:
    """Count on which images two models are right.

    Args:
        first: bool, shape (n,): whether the first is right.
        second: bool, shape (n,): whether the second is.

    Returns:
        The counts.

    Raises:
        InputRangeError: if the shapes differ or are not (n,).
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise InputRangeError(f"Expected two arrays of one shape (n,), got {first.shape} and {second.shape}.")
    return PairedRight(
        both=int(np.sum(first & second)),
        only_first=int(np.sum(first & ~second)),
        only_second=int(np.sum(~first & second)),
        neither=int(np.sum(~first & ~second)),
    )


def delong(labels: Labels, first: Probabilities, second: Probabilities) -> AurocDifference:
    """DeLong's test of two correlated AUROCs (DeLong, DeLong and Clarke-Pearson 1988), images counted as independent.

    With the midranks of Sun and Xu, IEEE Signal Processing Letters 21 (2014) 1389-1393, algorithm 2, in n log n.

    Args:
        labels: int, shape (n,), 0 or 1.
        first: scores of the first model, float, shape (n,).
        second: of the second.

    Returns:
        Both AUROCs with the interval and the test of their difference. No interval and no test with fewer than two
        images of a class; where the difference does not vary at all, such as of a model and itself, the interval is
        that one value.

    Raises:
        InputRangeError: if the shapes differ, a label is neither 0 nor 1, or a score is not finite.
    """
    if labels.ndim != 1 or not labels.shape == first.shape == second.shape:
        raise InputRangeError(
            f"Expected three arrays of one shape (n,), got {labels.shape}, {first.shape} and {second.shape}."
        )
    if not np.isin(labels, (0, 1)).all() or not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputRangeError("Expected labels 0 or 1 and finite scores.")
    sick, well = labels == 1, labels == 0
    if not sick.any() or not well.any():
        return AurocDifference(math.nan, math.nan, math.nan, math.nan, math.nan)
    parts = [_placements(scores[sick], scores[well]) for scores in (first, second)]
    one, other = (float(of_sick.mean()) for of_sick, _ in parts)
    if min(sick.sum(), well.sum()) < 2:
        return AurocDifference(one, other, math.nan, math.nan, math.nan)
    # The variance of a difference of means is that of the mean difference.
    variance = sum(float(np.var(a - b, ddof=1)) / len(a) for a, b in zip(*parts, strict=True))
    difference, error = one - other, math.sqrt(variance)
    spread = Z_95 * error
    p_value = math.erfc(abs(difference) / error / math.sqrt(2)) if error else float(difference == 0)
    return AurocDifference(one, other, max(-1.0, difference - spread), min(1.0, difference + spread), p_value)


def _placements(sick: Probabilities, well: Probabilities) -> tuple[_Placements, _Placements]:
    """Of each image, the share of the other class that it is ordered rightly against, ties counting half."""
    together = np.concatenate([sick, well])
    m, n = len(sick), len(well)
    ranks = _midranks(together)
    of_sick = (ranks[:m] - _midranks(sick)) / n
    of_well = 1.0 - (ranks[m:] - _midranks(well)) / m
    return of_sick, of_well


def _midranks(values: Probabilities) -> _Placements:
    """Ranks from 1, those of equal values being their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray(((last - counts + 1 + last) / 2.0)[inverse], dtype=np.float64)
