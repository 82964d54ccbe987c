"""The figures of `evaluation.json`, computed anew for images that somebody brought along."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from app.measured.evaluated import BandResult, Metric, PointResult, ReliabilityBin, SplitResult
from app.measured.thresholds import proportion
from model.labels import LABELS
from model.metrics import Counts, auroc, bootstrap, count, expected_calibration_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.metrics import Labels, Probabilities
    from model.records.manifest import Manifest, UncertaintyBand

BINS = 10
"""Of the reliability diagram, as in `evaluation.json`."""

BOOTSTRAP = "bootstrap"


def split_result(labels: Labels, probabilities: Probabilities, manifest: Manifest) -> SplitResult:
    """Describe scored images as the evaluation describes a split, each image counting as a patient of its own.

    Args:
        labels: int, shape (n,), 0 or 1, n of 1 or more.
        probabilities: of Pneumonia, float64, shape (n,), 0 to 1.
        manifest: of the model that scored them: its operating points and band.

    Returns:
        The figures. What is not defined without one of the classes is NaN, its curve empty; so is an interval that
        resampling cannot give, since it comes out the same each time: of an AUROC of exactly 0 or 1, or of one image.

    Raises:
        InputRangeError: if the shapes differ or a value is out of its range.
        ArtifactError: if the model has no balanced operating point.
    """
    counts = count(labels, probabilities, manifest.point().threshold)
    sick = int(np.sum(labels == 1))
    false_alarms, found = _roc(labels, probabilities)
    return SplitResult(
        images=len(labels),
        normal=len(labels) - sick,
        pneumonia=sick,
        patients=len(labels),
        labels=LABELS,
        counts=_matrix(counts),
        metrics=_rates(counts) | _statistics(labels, probabilities),
        false_positive_rate=false_alarms,
        true_positive_rate=found,
        reliability=_reliability(labels, probabilities),
        points=tuple(
            PointResult(one.name, _matrix(at), _rates(at))
            for one in manifest.operating_points
            for at in [count(labels, probabilities, one.threshold)]
        ),
        band=_band(labels, probabilities, manifest.band) if manifest.band else None,
    )


def _matrix(counts: Counts) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, counts.matrix()))


def _rates(counts: Counts) -> dict[str, Metric]:
    return {name: proportion(name, *of) for name, of in counts.fractions().items()}


def _statistics(labels: Labels, probabilities: Probabilities) -> dict[str, Metric]:
    statistics: dict[str, Callable[[Labels, Probabilities], float]] = {
        "auroc": auroc,
        "expected_calibration_error": expected_calibration_error,
        "expected_calibration_error_balanced": partial(expected_calibration_error, balanced=True),
    }
    ids = [str(number) for number in range(len(labels))]
    both = 0 < labels.sum() < len(labels)
    metrics = {}
    for name, statistic in statistics.items():
        low = high = value = math.nan
        if both or name == "expected_calibration_error":
            value = statistic(labels, probabilities)
            ends = bootstrap(statistic, labels, probabilities, ids)
            # Equal ends would claim certainty where there is nothing to go by.
            low, high = ends if ends[0] < ends[1] else (math.nan, math.nan)
        metrics[name] = Metric(name, value, low, high, BOOTSTRAP)
    return metrics


def _roc(labels: Labels, probabilities: Probabilities) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not 0 < labels.sum() < len(labels):
        return (), ()
    from sklearn.metrics import roc_curve  # a second long: no page may import it

    false_alarms, found, _ = roc_curve(labels, probabilities)
    return tuple(map(float, false_alarms)), tuple(map(float, found))


def _reliability(labels: Labels, probabilities: Probabilities) -> tuple[ReliabilityBin, ...]:
    edges = np.linspace(0.0, 1.0, BINS + 1)
    owner = np.clip(np.digitize(probabilities, edges) - 1, 0, BINS - 1)
    bins = []
    for index in range(BINS):
        inside = owner == index
        mean = float(probabilities[inside].mean()) if inside.any() else None
        low, high = round(float(edges[index]), 6), round(float(edges[index + 1]), 6)
        bins.append(ReliabilityBin(low, high, int(inside.sum()), int(labels[inside].sum()), mean))
    return tuple(bins)


def _band(labels: Labels, probabilities: Probabilities, band: UncertaintyBand) -> BandResult:
    inside = np.array([band.contains(float(one)) for one in probabilities], dtype=np.bool_)
    sick, below = labels == 1, (probabilities < band.low) & ~inside
    right = ~inside & (below != sick)
    of = {
        "indeterminate": (inside, np.ones_like(sick)),
        "normal": (inside & ~sick, ~sick),
        "pneumonia": (inside & sick, sick),
        "pneumonia_below": (below & sick, sick),
        "normal_above": (~inside & ~below & ~sick, ~sick),
        "decided_right": (right, ~inside),
    }
    return BandResult(**{name: proportion(name, int(part.sum()), int(all_.sum())) for name, (part, all_) in of.items()})
