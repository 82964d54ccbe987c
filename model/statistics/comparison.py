"""Compare two models on the same radiographs: correct classifications (McNemar) and AUROC (DeLong)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import ChestXrayError, InputRangeError
from model.labels import Labels, Probabilities
from model.records.scores import Scores
from model.statistics.intervals import Z_95

Flags = npt.NDArray[np.bool_]


class NotComparableError(ChestXrayError):
    """Two models were not measured on the same radiographs with the same labels; the message says what differs."""


@dataclass(frozen=True)
class PairedRight:
    """On how many of the same radiographs two models are correct."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def images(self) -> int:
        """All radiographs."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """The first model's accuracy minus the second's, -1 to 1; NaN without a radiograph."""
        return (self.only_first - self.only_second) / self.images if self.images else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The difference's 95 % interval, radiographs counted as independent; NaN without one.

        Wald's interval for matched pairs, half a radiograph added to each of the four cells (Agresti and Min, Stat
        Med 24 (2005) 729-740).
        """
        if not self.images:
            return math.nan, math.nan
        total, first, second = self.images + 2, self.only_first + 0.5, self.only_second + 0.5
        centre = (first - second) / total
        spread = Z_95 * math.sqrt(first + second - (first - second) ** 2 / total) / total
        return max(-1.0, centre - spread), min(1.0, centre + spread)

    @property
    def p_value(self) -> float:
        """McNemar's exact test, two-sided: a binomial test of the discordant pairs; 1 where there is none.

        Fagerland, Lydersen and Laake, BMC Med Res Methodol 13 (2013) 91, section 2.
        """
        from scipy.stats import binomtest  # takes 0.5 s: only a comparison needs it

        discordant = self.only_first + self.only_second
        return float(binomtest(self.only_first, discordant, 0.5).pvalue) if discordant else 1.0


@dataclass(frozen=True)
class AurocDifference:
    """Two AUROCs of the same radiographs, with the 95 % interval and two-sided test of their difference.

    Attributes:
        first: 0 to 1; NaN where a class is missing, like `second`.
        low: lower bound of first - second; NaN where it is not defined, like `high` and `p_value`.
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


@dataclass(frozen=True)
class Comparison:
    """Two models on the same radiographs, each at its own threshold.

    Attributes:
        images: how many.
        auroc: both, with the test of their difference.
        every: who is right, on all radiographs.
        pneumonia: on those with pneumonia.
        normal: on the normal ones.
    """

    images: int
    auroc: AurocDifference
    every: PairedRight
    pneumonia: PairedRight
    normal: PairedRight


def compare(first: Scores, second: Scores, thresholds: tuple[float, float]) -> Comparison:
    """Compare two models, radiograph by radiograph.

    Args:
        first: scores of one model, with paths.
        second: of the other, on the same files with the same labels, in any order.
        thresholds: of the first and of the second, 0 to 1.

    Returns:
        The comparison; an advantage of the first is positive.

    Raises:
        NotComparableError: if files or labels differ.
    """
    order = _order(first, second)
    labels, sick = first.labels, first.has_pneumonia
    if (differ := int(np.sum(labels != second.labels[order]))) > 0:
        raise NotComparableError(
            f"The two models were measured on the same files, but {differ} of them carry another label. Evaluate both "
            "on one data folder."
        )
    scores = first.probabilities, second.probabilities[order]
    right = [(score >= threshold) == sick for score, threshold in zip(scores, thresholds, strict=True)]
    return Comparison(
        images=len(first),
        auroc=delong(labels, *scores),
        every=paired_right(*right),
        pneumonia=paired_right(*(flags[sick] for flags in right)),
        normal=paired_right(*(flags[~sick] for flags in right)),
    )


def _order(first: Scores, second: Scores) -> npt.NDArray[np.intp]:
    """Where each radiograph of the first stands in the second."""
    place = {path: number for number, path in enumerate(second.paths)}
    if not first.paths or set(first.paths) != place.keys():
        shared = len(set(first.paths) & place.keys())
        raise NotComparableError(
            f"The two models were not measured on the same test files: {len(first.paths):,} and {len(place):,} files, "
            f"{shared:,} of them in both. Evaluate both on one data folder with `python -m training evaluate`."
        )
    return np.array([place[path] for path in first.paths], dtype=np.intp)


def paired_right(first: Flags, second: Flags) -> PairedRight:
    """Count on which radiographs two models are right.

    Raises:
        InputRangeError: if the shapes differ or are not (n,).
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise InputRangeError(f"Expected two arrays of one shape (n,), got {first.shape} and {second.shape}.")
    cells = first & second, first & ~second, ~first & second, ~first & ~second
    return PairedRight(*(int(cell.sum()) for cell in cells))


def delong(labels: Labels, first: Probabilities, second: Probabilities) -> AurocDifference:
    """Compare two correlated AUROCs (DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845).

    With the midranks of Sun and Xu, IEEE Signal Process Lett 21 (2014) 1389-1393, algorithm 2, in n log n. Radiographs
    count as independent.

    Args:
        labels: int, shape (n,), 0 or 1.
        first: scores of the first model, float, shape (n,).
        second: of the second.

    Returns:
        Both AUROCs and their difference. No interval and no test with fewer than two radiographs of a class; where the
        difference does not vary at all, as of a model and itself, the interval is that one value.

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


def _placements(sick: Probabilities, well: Probabilities) -> tuple[Probabilities, Probabilities]:
    """For each radiograph, the share of the other class that it is ordered correctly against; ties count half."""
    from scipy.stats import rankdata

    m, n = len(sick), len(well)
    ranks = rankdata(np.concatenate([sick, well]))
    return (ranks[:m] - rankdata(sick)) / n, 1.0 - (ranks[m:] - rankdata(well)) / m
