"""What the model does on the test scans at any threshold, from their scores alone: the model is not called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.measured.evaluated import Metric
from model.metrics import Counts, count, wilson

if TYPE_CHECKING:
    from app.measured.alike import ScoredScans
    from app.measured.evaluated import SplitResult

BY_HAND = ""
"""Name of a threshold that is no operating point."""


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """The precision-recall curve, from the highest threshold to the lowest.

    Attributes:
        threshold: float64, shape (n,), 0 to 1: scores that occur.
        recall: float64, shape (n,), 0 to 1: the share of pneumonia that is found at each.
        precision: float64, shape (n,), 0 to 1: the share of the scans called Pneumonia that have it.
    """

    threshold: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoreHistogram:
    """How many scans of each class scored in which range.

    Attributes:
        edges: n + 1 rising numbers from 0 to 1; a score on an edge belongs to the range above it, 1 to the last.
        normal: n counts.
        pneumonia: n counts.
    """

    edges: tuple[float, ...]
    normal: tuple[int, ...]
    pneumonia: tuple[int, ...]


def counts_at(scans: ScoredScans, threshold: float) -> Counts:
    """The confusion matrix at a threshold.

    Args:
        scans: with their scores.
        threshold: at or above it a scan is called Pneumonia, 0 to 1.

    Returns:
        The four counts.
    """
    return count(scans.sick.astype(np.int64), scans.probabilities, threshold)


def at_threshold(test: SplitResult, scans: ScoredScans, threshold: float, *, name: str = BY_HAND) -> SplitResult:
    """The test split at a threshold, with those metrics that depend on it.

    Args:
        test: the split as evaluated.
        scans: its scores.
        threshold: at or above it a scan is called Pneumonia, 0 to 1.
        name: of the operating point; `BY_HAND` where it is none.

    Returns:
        The split with counts and proportions at this threshold, each with its 95 % Wilson score interval; a proportion
        of nothing is NaN.
    """
    counts = counts_at(scans, threshold)
    metrics = {key: proportion(key, *parts) for key, parts in counts.fractions().items()}
    return replace(test, operating_point=name, counts=tuple(map(tuple, counts.matrix())), metrics=metrics)


def proportion(name: str, successes: int, trials: int) -> Metric:
    """A proportion with its 95 % Wilson score interval.

    Args:
        name: of the metric.
        successes: how many, 0 to trials.
        trials: of how many; 0 makes value and interval NaN.

    Returns:
        The metric.

    Raises:
        InputRangeError: if successes is not in 0 to trials.
    """
    value = successes / trials if trials else float("nan")
    return Metric(name, value, *wilson(successes, trials), "proportion", successes, trials)


def precision_recall(scans: ScoredScans) -> PrecisionRecall:
    """The precision-recall curve, without points on a straight vertical line between two others.

    Args:
        scans: with their scores.

    Returns:
        The curve; empty where no scan has pneumonia.
    """
    threshold, inverse = np.unique(scans.probabilities, return_inverse=True)
    sick = np.bincount(inverse, weights=scans.sick, minlength=len(threshold))[::-1].cumsum()
    called = np.bincount(inverse, minlength=len(threshold))[::-1].cumsum()
    if not sick.size or not sick[-1]:
        none = np.zeros(0)
        return PrecisionRecall(none, none, none)
    kept = np.ones(len(sick), dtype=np.bool_)
    kept[1:-1] = (sick[1:-1] != sick[:-2]) | (sick[1:-1] != sick[2:])
    return PrecisionRecall(threshold[::-1][kept], (sick / sick[-1])[kept], (sick / called)[kept])


def score_histogram(scans: ScoredScans, *, bins: int = 20) -> ScoreHistogram:
    """Count the scans of each class by score.

    Args:
        scans: with their scores.
        bins: how many ranges of one width.

    Returns:
        The counts.
    """
    normal, edges = np.histogram(scans.probabilities[~scans.sick], bins=bins, range=(0.0, 1.0))
    pneumonia, _ = np.histogram(scans.probabilities[scans.sick], bins=bins, range=(0.0, 1.0))
    return ScoreHistogram(tuple(edges.tolist()), tuple(normal.tolist()), tuple(pneumonia.tolist()))
