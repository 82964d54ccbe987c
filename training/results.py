"""What is reported of scored images: confusion matrix, metrics with intervals, ROC and reliability."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_curve

from model import artifact as artifacts
from model.artifact import Manifest
from model.calibration import UncertaintyBand
from model.labels import LABELS
from model.metrics import (
    Counts,
    Labels,
    Probabilities,
    auroc,
    bootstrap,
    count,
    expected_calibration_error,
    wilson,
)
from training import provenance
from training.data import LabelledImage

RELIABILITY_BINS = 10
INTERVAL_METHODS = {
    "proportion": "95 % Wilson score interval, images counted as independent",
    "bootstrap": "95 % percentile bootstrap, 2,000 resamples of patients within each class",
}


@dataclass(frozen=True, eq=False)
class Scored:
    """Images with what the network says of them.

    Attributes:
        images: which.
        labels: int, shape (n,).
        probabilities: of Pneumonia, float64, shape (n,).
    """

    images: tuple[LabelledImage, ...]
    labels: Labels
    probabilities: Probabilities


def report(manifest: Manifest, validation: Scored, test: Scored) -> dict[str, Any]:
    """Everything that is reported, each figure with its interval.

    Args:
        manifest: with calibration and operating point.
        validation: scored validation images.
        test: scored test images.

    Returns:
        The content of `evaluation.json`.
    """
    return {
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "evaluated": provenance.now(),
        "versions": provenance.versions(),
        "calibration": asdict(manifest.calibration),
        "operating_points": [asdict(point) for point in manifest.operating_points],
        "band": asdict(manifest.band) if manifest.band else None,
        "interval_methods": INTERVAL_METHODS,
        "test": describe(test, manifest),
        "validation": describe(validation, manifest),
    }


def describe(scored: Scored, manifest: Manifest) -> dict[str, Any]:
    """Size, confusion matrix, metrics with intervals, ROC, reliability, every operating point and the band.

    Args:
        scored: the images.
        manifest: with calibration, operating points and band.

    Returns:
        Plain values for JSON.
    """
    labels, probabilities = scored.labels, scored.probabilities
    threshold = artifacts.require_operating_point(manifest).threshold
    counts = count(labels, probabilities, threshold)
    false_positive_rate, true_positive_rate, thresholds = roc_curve(labels, probabilities)
    return {
        "images": counts.total,
        "normal": int(np.sum(labels == 0)),
        "pneumonia": int(np.sum(labels == 1)),
        "patients": len({(i.label, i.patient_id) for i in scored.images}),
        "confusion_matrix": _matrix(counts),
        "metrics": metrics_with_intervals(scored, counts, threshold),
        "roc": {
            "false_positive_rate": false_positive_rate.round(6).tolist(),
            "true_positive_rate": true_positive_rate.round(6).tolist(),
            # The first point of a ROC curve has no finite threshold.
            "threshold": [None if math.isinf(t) else round(float(t), 6) for t in thresholds],
        },
        "reliability": reliability(labels, probabilities),
        "operating_points": {point.name: at_threshold(scored, point.threshold) for point in manifest.operating_points},
        "band": in_band(scored, manifest.band) if manifest.band else None,
    }


def _matrix(counts: Counts) -> dict[str, Any]:
    return {
        "labels": list(LABELS),
        "rows": "true label",
        "columns": "predicted label",
        "counts": counts.matrix(),
    }


def at_threshold(scored: Scored, threshold: float) -> dict[str, Any]:
    """Confusion matrix and rates at one operating point.

    Args:
        scored: the images.
        threshold: of the operating point.

    Returns:
        Plain values for JSON.
    """
    counts = count(scored.labels, scored.probabilities, threshold)
    return {"threshold": threshold, "confusion_matrix": _matrix(counts), "metrics": _proportions(counts)}


def in_band(scored: Scored, band: UncertaintyBand) -> dict[str, Any]:
    """How many scans the band leaves open, and whether its guarantee held.

    Args:
        scored: the images.
        band: of indeterminate probabilities.

    Returns:
        Shares with Wilson intervals: `indeterminate` of all, `normal` and `pneumonia` inside of each class,
        `pneumonia_below` and `normal_above` the band (what the guarantee is about), and `decided_right` of those
        outside.
    """
    labels, inside = scored.labels, np.array([band.contains(float(p)) for p in scored.probabilities], dtype=bool)
    below, sick, well = scored.probabilities < band.low, labels == 1, labels == 0
    above = ~inside & ~below
    right = (below & well) | (above & sick)
    questions = {
        "indeterminate": (inside, np.ones_like(inside)),
        "normal": (inside & well, well),
        "pneumonia": (inside & sick, sick),
        "pneumonia_below": (below & sick, sick),
        "normal_above": (above & well, well),
        "decided_right": (right, ~inside),
    }
    return {name: _proportion(int(part.sum()), int(of.sum())) for name, (part, of) in questions.items()}


def _proportions(counts: Counts) -> dict[str, Any]:
    return {name: _proportion(*fraction) for name, fraction in counts.fractions().items()}


def _proportion(successes: int, trials: int) -> dict[str, Any]:
    # Without a trial there is no value: null in the file, since JSON knows no NaN.
    value, low, high = (successes / trials, *wilson(successes, trials)) if trials else (None, None, None)
    return {
        "value": value,
        "low": low,
        "high": high,
        "interval": "proportion",
        "successes": successes,
        "trials": trials,
    }


def metrics_with_intervals(scored: Scored, counts: Counts, threshold: float) -> dict[str, Any]:
    """Each metric with its value, 95 % interval and the interval's method.

    Args:
        scored: the images.
        counts: their confusion matrix.
        threshold: of the operating point.

    Returns:
        name -> {value, low, high, interval, and for a proportion: successes, trials}.
    """
    result = _proportions(counts)
    patients = [image.patient_id for image in scored.images]
    statistics: dict[str, Callable[[Labels, Probabilities], float]] = {
        "f1": lambda y, p: count(y, p, threshold).f1,
        "auroc": auroc,
        "average_precision": lambda y, p: float(average_precision_score(y, p)),
        "expected_calibration_error": expected_calibration_error,
        "expected_calibration_error_balanced": partial(expected_calibration_error, balanced=True),
    }
    for name, statistic in statistics.items():
        low, high = bootstrap(statistic, scored.labels, scored.probabilities, patients)
        value = statistic(scored.labels, scored.probabilities)
        result[name] = {"value": value, "low": low, "high": high, "interval": "bootstrap"}
    return result


def reliability(labels: Labels, probabilities: Probabilities) -> list[dict[str, float]]:
    """Of the images with such a probability, how many had pneumonia: bins of equal width.

    Args:
        labels: int, shape (n,).
        probabilities: float, shape (n,).

    Returns:
        One record a bin: from, to, images, pneumonia, mean_probability (absent in an empty bin).
    """
    edges = np.linspace(0.0, 1.0, RELIABILITY_BINS + 1)
    owner = np.clip(np.digitize(probabilities, edges) - 1, 0, RELIABILITY_BINS - 1)
    bins = []
    for index in range(RELIABILITY_BINS):
        inside = owner == index
        record: dict[str, float] = {
            "from": round(float(edges[index]), 6),
            "to": round(float(edges[index + 1]), 6),
            "images": int(inside.sum()),
            "pneumonia": int(labels[inside].sum()),
        }
        if inside.any():
            record["mean_probability"] = float(probabilities[inside].mean())
        bins.append(record)
    return bins
