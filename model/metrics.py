"""Counts, rates, curves and intervals: arithmetic only.

Class 1 (Pneumonia) is the positive one throughout; a probability at or above the threshold is called positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError

Labels = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]
Z_95 = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Counts:
    """A confusion matrix of two classes.

    Attributes:
        true_negative: Normal called Normal.
        false_positive: Normal called Pneumonia.
        false_negative: Pneumonia called Normal.
        true_positive: Pneumonia called Pneumonia.
    """

    true_negative: int
    false_positive: int
    false_negative: int
    true_positive: int

    @property
    def total(self) -> int:
        """All images."""
        return self.true_negative + self.false_positive + self.false_negative + self.true_positive

    def matrix(self) -> list[list[int]]:
        """Rows: true Normal, true Pneumonia; columns: called Normal, called Pneumonia."""
        return [[self.true_negative, self.false_positive], [self.false_negative, self.true_positive]]

    def fractions(self) -> dict[str, tuple[int, int]]:
        """Each rate as (how many, of how many)."""
        tn, fp, fn, tp = self.true_negative, self.false_positive, self.false_negative, self.true_positive
        return {
            "accuracy": (tp + tn, self.total),
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "precision": (tp, tp + fp),
            "npv": (tn, tn + fn),
        }

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and sensitivity, 0 to 1; NaN without a positive, true or called."""
        denominator = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / denominator if denominator else math.nan


def count(labels: Labels, probabilities: Probabilities, threshold: float) -> Counts:
    """The confusion matrix at a threshold.

    Args:
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,), 0 to 1.
        threshold: at or above it an image is called Pneumonia.

    Returns:
        The four counts.

    Raises:
        InputRangeError: if the shapes differ or a value is outside its range.
    """
    _check(labels, probabilities)
    called = probabilities >= threshold
    return Counts(
        true_negative=int(np.sum((labels == 0) & ~called)),
        false_positive=int(np.sum((labels == 0) & called)),
        false_negative=int(np.sum((labels == 1) & ~called)),
        true_positive=int(np.sum((labels == 1) & called)),
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion (Wilson 1927).

    Args:
        successes: how many, 0 to trials.
        trials: of how many.

    Returns:
        Lower and upper bound, 0 to 1; (NaN, NaN) without a trial.

    Raises:
        InputRangeError: if successes is not in 0 to trials.
    """
    if not 0 <= successes <= trials:
        raise InputRangeError(f"Expected successes from 0 to {trials}, got {successes}.")
    if trials == 0:
        return math.nan, math.nan
    rate, squared = successes / trials, Z_95**2
    centre = (rate + squared / (2 * trials)) / (1 + squared / trials)
    spread = (Z_95 / (1 + squared / trials)) * math.sqrt(rate * (1 - rate) / trials + squared / (4 * trials**2))
    return max(0.0, centre - spread), min(1.0, centre + spread)


def bootstrap(
    statistic: Callable[[Labels, Probabilities], float],
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    repeats: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic, resampling patients, within each class (Efron 1979).

    Images of one child are alike; resampling patients rather than images keeps the interval from being too narrow.

    Args:
        statistic: of labels and probabilities.
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,), 0 to 1.
        patients: n patient ids.
        repeats: resamples.
        seed: of the resampling.

    Returns:
        The 2.5 and 97.5 percentiles.

    Raises:
        InputRangeError: if the shapes differ or a value is outside its range.
    """
    _check(labels, probabilities)
    chosen = resamples(labels, patients, repeats=repeats, seed=seed)
    values = [statistic(labels[rows], probabilities[rows]) for rows in chosen]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def resamples(labels: Labels, patients: Sequence[str], *, repeats: int, seed: int) -> Iterator[npt.NDArray[np.intp]]:
    """Resamples of patients with all their images, with replacement, within each class (Efron 1979).

    Args:
        labels: int, shape (n,), 0 or 1.
        patients: n patient ids.
        repeats: how many.
        seed: of the resampling.

    Yields:
        Indices of images; about n.
    """
    rng = np.random.default_rng(seed)
    ids = np.asarray([f"{label}/{patient}" for label, patient in zip(labels, patients, strict=True)])
    strata = []
    for label in (0, 1):
        _, owner = np.unique(ids[labels == label], return_inverse=True)
        rows = np.flatnonzero(labels == label)
        strata.append([rows[owner == patient] for patient in range(owner.max(initial=-1) + 1)])
    for _ in range(repeats):
        yield np.concatenate([members[i] for members in strata for i in rng.integers(0, len(members), len(members))])


def auroc(labels: Labels, probabilities: Probabilities) -> float:
    """Area under the ROC curve: how often a Pneumonia scores above a Normal, ties counting half (Hanley 1982).

    Args:
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,).

    Returns:
        0 to 1; NaN where a class is missing.
    """
    positives = int(np.sum(labels == 1))
    negatives = len(labels) - positives
    if not positives or not negatives:
        return math.nan
    values, inverse, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = ((last - counts + 1 + last) / 2.0)[inverse]
    rank_sum = float(ranks[labels == 1].sum())
    del values
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def expected_calibration_error(
    labels: Labels, probabilities: Probabilities, *, bins: int = 15, balanced: bool = False
) -> float:
    """Mean gap between probability and observed rate, over bins of equal mass (Naeini et al. 2015; Nixon et al. 2019).

    Args:
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,), 0 to 1.
        bins: number of bins.
        balanced: whether both classes weigh the same, as for a probability that is meant for equal prevalence.

    Returns:
        0 to 1.

    Raises:
        InputRangeError: if the shapes differ or a value is outside its range.
    """
    _check(labels, probabilities)
    order = np.argsort(probabilities, kind="stable")
    share = np.bincount(labels, minlength=2) / len(labels)
    weights = 0.5 / share[labels] if balanced and share.all() else np.ones(len(labels))
    # Each bin holds the same weight: a scan belongs to the bin that the middle of its own weight falls into.
    middle = np.cumsum(weights[order]) - weights[order] / 2
    owner = np.minimum((middle / weights.sum() * bins).astype(np.intp), bins - 1)
    gap = np.bincount(owner, weights=(weights * (probabilities - labels))[order], minlength=bins)
    return float(np.abs(gap).sum() / weights.sum())


def _check(labels: Labels, probabilities: Probabilities) -> None:
    if labels.ndim != 1 or labels.shape != probabilities.shape:
        raise InputRangeError(
            f"Expected labels and probabilities of one shape (n,), got {labels.shape}, {probabilities.shape}."
        )
    if not np.isin(labels, (0, 1)).all():
        raise InputRangeError("Expected labels 0 or 1.")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InputRangeError("Expected probabilities from 0 to 1, none missing.")
