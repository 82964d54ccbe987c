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


@dataclass(frozen=True)
class Calibration:
    """From the network's log-odds to a probability: sigmoid(slope x + intercept) (Platt 1999).

    The network learns from as many Normal as Pneumonia, so its probability holds where one child in two has pneumonia,
    and so does the calibrated one: it is what the picture alone says. Where pneumonia is rarer or more common, the log
    of the odds before the picture is to be added to its log-odds.

    Attributes:
        slope: above 0; below 1 softens.
        intercept: log-odds added.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a curve that does not rise.

        Raises:
            ArtifactError: if the slope is not above 0 or a value is not finite.
        """
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept) and self.slope > 0):
            raise ArtifactError(f"A calibration needs a slope above 0, got {self.slope} and {self.intercept}.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read a calibration back from JSON.

        Raises:
            ArtifactError: if a key is unknown or a value is out of range.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ArtifactError(f"The manifest's calibration is not readable: {error}.") from error

    def probabilities(self, logits: Logits) -> Probabilities:
        """The probability of Pneumonia.

        Args:
            logits: float, shape (n, 2), order of the labels.

        Returns:
            float64, shape (n,), 0 to 1.

        Raises:
            InputRangeError: if a logit is not finite.
        """
        if not np.isfinite(logits).all():
            raise InputRangeError("The network gave a logit that is not a finite number.")
        evidence = self.slope * (logits[:, 1] - logits[:, 0]).astype(np.float64) + self.intercept
        return 0.5 * (1.0 + np.tanh(0.5 * evidence))


def fit_calibration(logits: Logits, labels: Labels) -> Calibration:
    """Platt's curve through validation images, both classes weighing the same.

    Its probability crosses one half where a missed and a falsely flagged child weigh the same, whatever the
    prevalence, so one half is the balanced threshold. With a few hundred images it moves far less from one sample to
    the next than the empirical maximum of sensitivity plus specificity, which hangs on a handful of scans.

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


BALANCED_THRESHOLD = 0.5
"""On the probability of `fit_calibration`, which holds at equal prevalence."""
