"""Fit the calibration and the conformal thresholds on validation images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.errors import InputRangeError
from model.records.manifest import Calibration

if TYPE_CHECKING:
    from model.labels import Labels, Probabilities
    from model.records.manifest import Logits

BALANCED_THRESHOLD = 0.5
"""Threshold on the probability of `fit_calibration`, which assumes equal prevalence."""


def conformal_thresholds(labels: Labels, probabilities: Probabilities, error: float) -> tuple[float, float]:
    """The two class-conditional split-conformal quantiles.

    Among n + 1 exchangeable scans of a class, a new one takes every rank with equal probability; so it lies below the
    k-th smallest of the n, k = floor(error (n + 1)), with a probability of at most k / (n + 1).

    Args:
        labels: int, shape (n,), 0 or 1, both present.
        probabilities: float, shape (n,), of scans that the network was not trained on.
        error: share of each class that may be on the wrong side, 0 to 1.

    Returns:
        The threshold below which at most `error` of Pneumonia falls (0 where there are too few scans to tell), and the
        one at or above which at most `error` of Normal does (1 where there are too few).
    """
    sick = np.sort(probabilities[labels == 1])
    well = np.sort(probabilities[labels == 0])[::-1]
    rank_sick, rank_well = (int(np.floor(error * (len(scores) + 1))) for scores in (sick, well))
    low = float(sick[rank_sick - 1]) if rank_sick else 0.0
    high = float(np.nextafter(well[rank_well - 1], 2.0)) if rank_well else 1.0
    return low, min(high, 1.0)


def fit_calibration(logits: Logits, labels: Labels) -> Calibration:
    """Platt's curve through validation images, both classes weighing the same.

    Its probability crosses one half where missed cases and false alarms count equally, at any prevalence, so one half
    is the balanced threshold. With a few hundred images it moves far less from one sample to the next than the
    empirical maximum of sensitivity plus specificity, which depends on a handful of scans.

    Args:
        logits: float, shape (n, 2), of validation images.
        labels: int, shape (n,), 0 or 1, both present.

    Returns:
        The curve.

    Raises:
        InputRangeError: if a class is missing, or the logits do not rise with the class.
    """
    if set(labels.tolist()) != {0, 1}:
        raise InputRangeError("A calibration needs images of both classes.")
    from sklearn.linear_model import LogisticRegression

    evidence = (logits[:, 1] - logits[:, 0]).astype(np.float64)[:, np.newaxis]
    curve = LogisticRegression(C=1e3, class_weight="balanced").fit(evidence, labels)
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if not slope > 0:
        raise InputRangeError(
            "The network has not learned to tell the classes apart: on validation images its scores do not rise with "
            "the class, and no threshold separates them. Train longer."
        )
    return Calibration(slope, intercept)
