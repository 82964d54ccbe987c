"""From logits to a probability that can be read, and from probabilities to an operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError, InputRangeError
from model.metrics import Labels, Probabilities, count

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
    """The threshold with the highest sensitivity plus specificity (Youden 1950).

    Where a whole range of thresholds does equally well, its middle is taken, in log-odds, which is the choice that
    a small shift of the scores hurts least.

    Args:
        labels: int, shape (n,), 0 or 1, both present.
        probabilities: float, shape (n,), 0 to 1, of validation images.

    Returns:
        A threshold strictly between 0 and 1.

    Raises:
        InputRangeError: if a class is missing.
    """
    if set(labels.tolist()) != {0, 1}:
        raise InputRangeError("A threshold needs images of both classes.")
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    scores = np.unique(np.log(clipped / (1 - clipped)))
    if len(scores) == 1:
        raise InputRangeError("All probabilities are the same; no threshold separates them.")
    middles = (scores[1:] + scores[:-1]) / 2
    thresholds = 1.0 / (1.0 + np.exp(-middles))
    youden = np.array([_youden(labels, clipped, float(t)) for t in thresholds])
    best = np.flatnonzero(youden >= youden.max() - 1e-12)
    # Each middle stands for the whole gap between two neighbouring scores.
    widest = best[np.argmax(scores[best + 1] - scores[best])]
    return float(thresholds[widest])


def _youden(labels: Labels, probabilities: Probabilities, threshold: float) -> float:
    fractions = count(labels, probabilities, threshold).fractions()
    sensitivity, specificity = fractions["sensitivity"], fractions["specificity"]
    return sensitivity[0] / sensitivity[1] + specificity[0] / specificity[1] - 1
