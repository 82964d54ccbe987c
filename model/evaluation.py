"""What a set of scores means: counts, rates, intervals, curves and calibration, at any threshold.

Pneumonia is the positive class; a probability at or above the threshold is classified as pneumonia.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError
from model.labels import Labels, Probabilities
from model.records.evaluation import (
    BandResult,
    ConfusionMatrix,
    Counts,
    Metric,
    PointResult,
    ReliabilityBin,
    RocCurve,
    SplitResult,
)
from model.records.manifest import BALANCED, OperatingPoint, UncertaintyBand
from model.records.scores import Scores
from model.statistics.intervals import percentiles, resamples, share

INTERVAL_METHODS = {
    "proportion": "95 % Wilson score interval, images counted as independent",
    "bootstrap": "95 % percentile bootstrap, 2,000 resamples of patients within each class",
}
REPEATS = 2000
RELIABILITY_BINS = 10

NEAREST = 40
"""Radiographs that a score is compared with; fewer would leave too much to chance."""

FEWEST = 20
FARTHEST = 2.0
"""In log-odds, about a factor of seven in the odds: radiographs beyond it are not alike."""

_EPSILON = 1e-9

Statistic = Callable[[Labels, Probabilities], float]


def counts(labels: Labels, probabilities: Probabilities, threshold: float) -> Counts:
    """The confusion matrix at a threshold.

    Args:
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,), 0 to 1.
        threshold: 0 to 1.
    """
    called = probabilities >= threshold
    cells = np.bincount(2 * labels + called, minlength=4)
    return Counts(*(int(cell) for cell in cells))


def f1(found: Counts) -> float:
    """Harmonic mean of precision and sensitivity, 0 to 1; NaN where no radiograph is or is classified as positive."""
    denominator = 2 * found.true_positive + found.false_positive + found.false_negative
    return 2 * found.true_positive / denominator if denominator else math.nan


def auroc(labels: Labels, probabilities: Probabilities) -> float:
    """Area under the ROC curve, from ranks: how often a pneumonia scores above a normal (Hanley and McNeil 1982).

    Args:
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,); ties count half.

    Returns:
        0 to 1; NaN where a class is missing.
    """
    from scipy.stats import rankdata

    positives = int(np.sum(labels == 1))
    negatives = len(labels) - positives
    if not positives or not negatives:
        return math.nan
    rank_sum = float(rankdata(probabilities)[labels == 1].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def average_precision(labels: Labels, probabilities: Probabilities) -> float:
    """Mean precision over the steps of recall (scikit-learn), 0 to 1; NaN without a positive radiograph."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, probabilities)) if labels.any() else math.nan


def expected_calibration_error(
    labels: Labels, probabilities: Probabilities, *, bins: int = 15, balanced: bool = False
) -> float:
    """Mean gap between probability and observed share, over bins of equal mass (Naeini 2015; Nixon 2019).

    Args:
        labels: int, shape (n,), 0 or 1, n of 1 or more.
        probabilities: float, shape (n,), 0 to 1.
        bins: number of bins.
        balanced: whether both classes weigh the same, as for a probability that is meant for equal prevalence.

    Returns:
        0 to 1.
    """
    order = np.argsort(probabilities, kind="stable")
    part = np.bincount(labels, minlength=2) / len(labels)
    weights = 0.5 / part[labels] if balanced and part.all() else np.ones(len(labels))
    # Each bin holds the same weight: a radiograph belongs to the bin that the middle of its own weight falls into.
    middle = np.cumsum(weights[order]) - weights[order] / 2
    owner = np.minimum((middle / weights.sum() * bins).astype(np.intp), bins - 1)
    gap = np.bincount(owner, weights=(weights * (probabilities - labels))[order], minlength=bins)
    return float(np.abs(gap).sum() / weights.sum())


_STATISTICS: dict[str, Statistic] = {
    "auroc": auroc,
    "average_precision": average_precision,
    "expected_calibration_error": expected_calibration_error,
    "expected_calibration_error_balanced": partial(expected_calibration_error, balanced=True),
}
STATISTICS = ("f1", *_STATISTICS)
_OF_ONE_CLASS = ("f1", "expected_calibration_error")


def evaluate(
    scores: Scores,
    points: Sequence[OperatingPoint],
    band: UncertaintyBand | None,
    *,
    statistics: Collection[str] = STATISTICS,
) -> SplitResult:
    """Everything that is reported of a set of scores.

    Args:
        scores: n of 1 or more.
        points: the model's operating points; `metrics` are of the balanced one.
        band: of indeterminate probabilities.
        statistics: those of `STATISTICS` to compute; their intervals take 2,000 resamples each.

    Returns:
        The figures. What needs both classes is NaN without one, its curve empty. An interval of no width, such as of
        an AUROC of 1 or of one radiograph, would claim certainty where resampling has nothing to go by: it is NaN.

    Raises:
        ArtifactError: if there is no balanced operating point.
    """
    balanced = next((point.threshold for point in points if point.name == BALANCED), None)
    if balanced is None:
        raise ArtifactError("The model has no balanced operating point; run `python -m training evaluate`.")
    found = counts(scores.labels, scores.probabilities, balanced)
    owners = zip(scores.labels.tolist(), scores.patients or range(len(scores)), strict=True)
    return SplitResult(
        images=found.total,
        normal=found.normal,
        pneumonia=found.pneumonia,
        patients=len(set(owners)),
        confusion_matrix=ConfusionMatrix.of(found),
        metrics=proportions(found) | _with_intervals(scores, balanced, statistics),
        roc=roc_curve(scores),
        reliability=reliability(scores),
        points={point.name: at_point(scores, point.threshold) for point in points},
        band=band_shares(scores, band) if band else None,
    )


def _with_intervals(scores: Scores, threshold: float, names: Collection[str]) -> dict[str, Metric]:
    def f1_at(labels: Labels, probabilities: Probabilities) -> float:
        return f1(counts(labels, probabilities, threshold))

    both = 0 < scores.labels.sum() < len(scores)
    chosen = {name: f1_at if name == "f1" else _STATISTICS[name] for name in STATISTICS if name in names}
    defined = {name: of for name, of in chosen.items() if both or name in _OF_ONE_CLASS}
    drawn: dict[str, list[float]] = {name: [] for name in defined}
    patients = scores.patients or [str(number) for number in range(len(scores))]
    for rows in resamples(scores.labels, patients, repeats=REPEATS, seed=0):
        labels, probabilities = scores.labels[rows], scores.probabilities[rows]
        for name, statistic in defined.items():
            drawn[name].append(statistic(labels, probabilities))
    metrics = {}
    for name in chosen:
        value, (low, high) = math.nan, (math.nan, math.nan)
        if name in defined:
            value, (low, high) = defined[name](scores.labels, scores.probabilities), percentiles(drawn[name])
        low, high = (low, high) if low < high else (math.nan, math.nan)
        metrics[name] = Metric(value=value, low=low, high=high, interval="bootstrap")
    return metrics


def proportion(successes: int, trials: int) -> Metric:
    """A proportion with its 95 % Wilson score interval; NaN without a trial.

    Raises:
        InputRangeError: if successes is not in 0 to trials.
    """
    of = share(successes, trials)
    return Metric(value=of.value, low=of.low, high=of.high, interval="proportion", successes=successes, trials=trials)


def proportions(found: Counts) -> dict[str, Metric]:
    """Accuracy, sensitivity, specificity, precision (PPV) and NPV."""
    return {name: proportion(*of) for name, of in found.fractions().items()}


def at_point(scores: Scores, threshold: float) -> PointResult:
    """Confusion matrix and proportions at a threshold, 0 to 1."""
    found = counts(scores.labels, scores.probabilities, threshold)
    return PointResult(threshold=threshold, confusion_matrix=ConfusionMatrix.of(found), metrics=proportions(found))


def at_threshold(split: SplitResult, scores: Scores, threshold: float, *, name: str = "") -> SplitResult:
    """A split at any threshold, with only the metrics that depend on it.

    Args:
        split: as evaluated.
        scores: of the same radiographs.
        threshold: 0 to 1.
        name: of the operating point; "" where it is none.
    """
    found = at_point(scores, threshold)
    changed = {"confusion_matrix": found.confusion_matrix, "metrics": found.metrics, "operating_point": name}
    return split.model_copy(update=changed)


def band_shares(scores: Scores, band: UncertaintyBand) -> BandResult:
    """How many radiographs are indeterminate, and how many lie on the wrong side of the band."""
    sick, probabilities = scores.has_pneumonia, scores.probabilities
    inside = np.array([band.contains(float(one)) for one in probabilities], dtype=np.bool_)
    below = (probabilities < band.low) & ~inside
    above = ~inside & ~below
    right = (below & ~sick) | (above & sick)
    questions = {
        "indeterminate": (inside, np.ones_like(inside)),
        "normal": (inside & ~sick, ~sick),
        "pneumonia": (inside & sick, sick),
        "pneumonia_below": (below & sick, sick),
        "normal_above": (above & ~sick, ~sick),
        "decided_right": (right, ~inside),
    }
    return BandResult(**{name: proportion(int(part.sum()), int(of.sum())) for name, (part, of) in questions.items()})


def roc_curve(scores: Scores) -> RocCurve:
    """The ROC curve to six decimals; empty where a class is missing."""
    if not 0 < scores.labels.sum() < len(scores):
        return RocCurve(false_positive_rate=(), true_positive_rate=(), threshold=())
    from sklearn.metrics import roc_curve as curve  # 0.2 s where Keras is loaded, 2 s where it is not

    alarms, found, thresholds = (values.round(6).tolist() for values in curve(scores.labels, scores.probabilities))
    # The first threshold is infinite.
    return RocCurve(false_positive_rate=alarms, true_positive_rate=found, threshold=(math.nan, *thresholds[1:]))


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """From the highest threshold to the lowest; each float64, shape (n,), 0 to 1."""

    threshold: Probabilities
    recall: Probabilities
    precision: Probabilities


def precision_recall(scores: Scores) -> PrecisionRecallCurve:
    """The precision-recall curve without points on a vertical line between two others; empty without pneumonia."""
    if not scores.labels.any():
        return PrecisionRecallCurve(np.zeros(0), np.zeros(0), np.zeros(0))
    from sklearn.metrics import precision_recall_curve

    precision, recall, threshold = precision_recall_curve(scores.labels, scores.probabilities, drop_intermediate=True)
    # scikit-learn adds a last point of recall 0, which no threshold gives.
    return PrecisionRecallCurve(threshold[::-1], recall[-2::-1], precision[-2::-1])


@dataclass(frozen=True)
class ScoreHistogram:
    """How many radiographs of each class scored in which range.

    Attributes:
        edges: n + 1 rising numbers from 0 to 1; a score on an edge belongs to the range above it, 1 to the last.
        normal: n counts.
        pneumonia: n counts.
    """

    edges: tuple[float, ...]
    normal: tuple[int, ...]
    pneumonia: tuple[int, ...]


def histogram(scores: Scores, *, bins: int = 20) -> ScoreHistogram:
    """Count the radiographs of each class in ranges of equal width."""
    sick = scores.has_pneumonia
    normal, edges = np.histogram(scores.probabilities[~sick], bins=bins, range=(0.0, 1.0))
    pneumonia, _ = np.histogram(scores.probabilities[sick], bins=bins, range=(0.0, 1.0))
    return ScoreHistogram(tuple(edges.tolist()), tuple(normal.tolist()), tuple(pneumonia.tolist()))


def reliability(scores: Scores) -> tuple[ReliabilityBin, ...]:
    """How many of the radiographs with such a probability had pneumonia, in ten bins of equal width."""
    edges = np.linspace(0.0, 1.0, RELIABILITY_BINS + 1)
    owner = np.clip(np.digitize(scores.probabilities, edges) - 1, 0, RELIABILITY_BINS - 1)
    bins = []
    for index, (low, high) in enumerate(zip(edges.round(6).tolist(), edges[1:].round(6).tolist(), strict=False)):
        inside = owner == index
        # An empty bin has no mean, nor in the file.
        mean = {"mean_probability": float(scores.probabilities[inside].mean())} if inside.any() else {}
        images, pneumonia = int(inside.sum()), int(scores.labels[inside].sum())
        bins.append(ReliabilityBin(low=low, high=high, images=images, pneumonia=pneumonia, **mean))
    return tuple(bins)


@dataclass(frozen=True)
class Alike:
    """The radiographs whose score is nearest to one score.

    Attributes:
        images: how many.
        low: the lowest of their probabilities.
        high: the highest.
        share: of them that had pneumonia, with its 95 % Wilson interval; `successes` of `trials`.
    """

    images: int
    low: float
    high: float
    share: Metric


def alike(scores: Scores, probability: float) -> Alike | None:
    """The `NEAREST` radiographs in log-odds, with all that tie with the last, and none beyond `FARTHEST`.

    Args:
        scores: of labelled radiographs.
        probability: 0 to 1.

    Returns:
        None where fewer than `FEWEST` are near enough.
    """
    far = np.abs(_log_odds(scores.probabilities) - _log_odds(np.array([probability])))
    reach = min(FARTHEST, float(np.sort(far)[:NEAREST][-1])) if far.size else 0.0
    near = far <= reach + _EPSILON
    if near.sum() < FEWEST:
        return None
    found, images = scores.probabilities[near], int(near.sum())
    return Alike(images, float(found.min()), float(found.max()), proportion(int(scores.labels[near].sum()), images))


@dataclass(frozen=True)
class HardCase:
    """One radiograph: its file within the data folder, its truth, and its probability of pneumonia."""

    path: str
    has_pneumonia: bool
    probability: float


@dataclass(frozen=True)
class HardestCases:
    """Errors at one threshold, and the radiographs nearest to it.

    Attributes:
        missed: pneumonia classified as normal, the surest mistake first.
        false_alarms: normal classified as pneumonia, the surest mistake first.
        uncertain: correctly classified, the nearest to the threshold in log-odds first.
    """

    missed: tuple[HardCase, ...]
    false_alarms: tuple[HardCase, ...]
    uncertain: tuple[HardCase, ...]


def hardest(scores: Scores, threshold: float, *, uncertain: int = 36) -> HardestCases:
    """Sort the radiographs by difficulty.

    Args:
        scores: with paths.
        threshold: 0 to 1.
        uncertain: at most so many of those correctly classified.
    """
    sick, called = scores.has_pneumonia, scores.probabilities >= threshold
    far = np.abs(_log_odds(scores.probabilities) - _log_odds(np.array([threshold])))

    def cases(which: npt.NDArray[np.bool_], key: Probabilities) -> tuple[HardCase, ...]:
        rows = sorted(np.flatnonzero(which), key=lambda row: (key[row], scores.paths[row]))
        return tuple(HardCase(scores.paths[row], bool(sick[row]), float(scores.probabilities[row])) for row in rows)

    return HardestCases(
        missed=cases(sick & ~called, scores.probabilities),
        false_alarms=cases(~sick & called, -scores.probabilities),
        uncertain=cases(sick == called, far)[:uncertain],
    )


def _log_odds(probabilities: Probabilities) -> Probabilities:
    inside = np.clip(probabilities, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)
