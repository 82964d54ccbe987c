"""What is reported of scored images: confusion matrix, metrics with intervals, ROC and reliability."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_curve

from model import artifact as artifacts
from model.artifact import Manifest
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
    point = artifacts.require_operating_point(manifest)
    return {
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "evaluated": provenance.now(),
        "versions": provenance.versions(),
        "calibration": asdict(manifest.calibration),
        "operating_point": asdict(point),
        "interval_methods": INTERVAL_METHODS,
        "test": describe(test, point.threshold),
        "validation": describe(validation, point.threshold),
    }


def describe(scored: Scored, threshold: float) -> dict[str, Any]:
    """Size, confusion matrix, metrics with intervals, ROC and reliability of scored images.

    Args:
        scored: the images.
        threshold: of the operating point.

    Returns:
        Plain values for JSON.
    """
    labels, probabilities = scored.labels, scored.probabilities
    counts = count(labels, probabilities, threshold)
    false_positive_rate, true_positive_rate, thresholds = roc_curve(labels, probabilities)
    return {
        "images": counts.total,
        "normal": int(np.sum(labels == 0)),
        "pneumonia": int(np.sum(labels == 1)),
        "patients": len({(i.label, i.patient_id) for i in scored.images}),
        "confusion_matrix": {
            "labels": list(LABELS),
            "rows": "true label",
            "columns": "predicted label",
            "counts": counts.matrix(),
        },
        "metrics": metrics_with_intervals(scored, counts, threshold),
        "roc": {
            "false_positive_rate": false_positive_rate.round(6).tolist(),
            "true_positive_rate": true_positive_rate.round(6).tolist(),
            # The first point of a ROC curve has no finite threshold.
            "threshold": [None if math.isinf(t) else round(float(t), 6) for t in thresholds],
        },
        "reliability": reliability(labels, probabilities),
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
    result: dict[str, Any] = {}
    for name, (successes, trials) in counts.fractions().items():
        low, high = wilson(successes, trials)
        value = successes / trials if trials else math.nan
        result[name] = {"value": value, "low": low, "high": high, "interval": "proportion"}
        result[name] |= {"successes": successes, "trials": trials}
    patients = [image.patient_id for image in scored.images]
    statistics: dict[str, Callable[[Labels, Probabilities], float]] = {
        "f1": lambda y, p: count(y, p, threshold).f1,
        "auroc": auroc,
        "average_precision": lambda y, p: float(average_precision_score(y, p)),
        "expected_calibration_error": expected_calibration_error,
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
