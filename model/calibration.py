"""From logits to a probability that can be read, and from probabilities to an operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError, InputRangeError
from model.metrics import Labels, Probabilities

Logits = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and where it came from.

    Attributes:
        name: of the operating point, such as "balanced".
        threshold: a probability at or above it is called Pneumonia, 0 to 1.
        method: how it was chosen, in a sentence.
        chosen_on: on which images, in words; never the test split.
    """

    name: str
    threshold: float
    method: str
    chosen_on: str

    def __post_init__(self) -> None:
        """Refuse a threshold that would call everything the same.

        Raises:
            ArtifactError: if the threshold is not strictly between 0 and 1.
        """
        if not 0.0 < self.threshold < 1.0:
            raise ArtifactError(f"A threshold must lie between 0 and 1, got {self.threshold}.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read an operating point back from JSON.

        Raises:
            ArtifactError: if a key is unknown or missing.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ArtifactError(f"The manifest's operating point is not readable: {error}.") from error


def probabilities_from_logits(logits: Logits, temperature: float) -> Probabilities:
    """Softmax of logits divided by a temperature (Guo et al. 2017), for the class Pneumonia.

    Args:
        logits: float, shape (n, 2), order of the labels.
        temperature: above 0; above 1 softens.

    Returns:
        float64, shape (n,), 0 to 1.

    Raises:
        InputRangeError: if the temperature is not above 0 or a logit is not finite.
    """
    if not temperature > 0:
        raise InputRangeError(f"Expected a temperature above 0, got {temperature}.")
    if not np.isfinite(logits).all():
        raise InputRangeError("The network gave a logit that is not a finite number.")
    evidence = (logits[:, 1] - logits[:, 0]).astype(np.float64) / temperature
    return 0.5 * (1.0 + np.tanh(0.5 * evidence))


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature that gives the lowest cross-entropy (Guo et al. 2017).

    Args:
        logits: float, shape (n, 2), of validation images.
        labels: int, shape (n,), 0 or 1.

    Returns:
        0.05 to 20.
    """
    from scipy.optimize import minimize_scalar

    evidence = (logits[:, 1] - logits[:, 0]).astype(np.float64)
    signed = np.where(labels == 1, evidence, -evidence)

    def cross_entropy(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -signed / np.exp(log_temperature)).mean())

    found = minimize_scalar(cross_entropy, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


def balanced_threshold(labels: Labels, probabilities: Probabilities) -> float:
    """The threshold that weighs a missed and a falsely flagged child alike, whatever the prevalence.

    A logistic curve is fitted to the log-odds with both classes weighing the same (Platt 1999); the threshold is where
    it crosses one half. With a few hundred validation images this moves far less from one sample to the next than the
    empirical maximum of sensitivity plus specificity, which hangs on a handful of scans.

    Args:
        labels: int, shape (n,), 0 or 1, both present.
        probabilities: float, shape (n,), 0 to 1, of validation images.

    Returns:
        A threshold strictly between 0 and 1.

    Raises:
        InputRangeError: if a class is missing, or the probabilities do not rise with the class.
    """
    if set(labels.tolist()) != {0, 1}:
        raise InputRangeError("A threshold needs images of both classes.")
    from sklearn.linear_model import LogisticRegression

    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    log_odds = np.log(clipped / (1 - clipped))[:, np.newaxis]
    curve = LogisticRegression(C=1e3, class_weight="balanced").fit(log_odds, labels)
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if not slope > 0:
        raise InputRangeError("The probabilities do not rise with the class; no threshold separates them.")
    return float(1.0 / (1.0 + np.exp(intercept / slope)))
