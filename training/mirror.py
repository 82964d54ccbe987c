"""Teach the input check to tell a mirrored film: most have the heart on the right side of the picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from model.input_gate import halves_apart
from model.preprocessing import InputSpec, to_model_input
from model.records.gate import Mirror
from training.pool import Pool

Floats = npt.NDArray[np.float64]

FALSE_ALARMS = 0.01
"""Share of validation scans that may be called mirrored as they are."""


def fit_mirror(train: Pool, validation: Pool, spec: InputSpec) -> Mirror:
    """Fit a logistic score on train scans and their mirror images, and choose and measure its threshold on validation.

    The features of a mirror image are the negative of the scan's, so there is no bias.
    """
    features = _features(train, spec)
    labels = np.repeat([0, 1], len(features))
    curve = LogisticRegression(C=0.1, fit_intercept=False, max_iter=2000).fit(np.vstack([features, -features]), labels)
    scores = _features(validation, spec) @ curve.coef_[0]
    threshold = float(np.quantile(scores, 1 - FALSE_ALARMS, method="midpoint"))
    return Mirror(
        weights=tuple(round(float(weight), 4) for weight in curve.coef_[0]),
        threshold=round(threshold, 4),
        scans=len(scores),
        false_alarms=int((scores > threshold).sum()),
        found=int((-scores > threshold).sum()),
    )


def _features(pool: Pool, spec: InputSpec) -> Floats:
    return np.stack([halves_apart(to_model_input(scan, spec)) for scan in pool.pixels])
