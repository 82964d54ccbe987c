"""From logits to a probability that can be read, and from probabilities to an operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError, InputRangeError
from model.metrics import Labels, Probabilities

Logits = npt.NDArray[np.float64]


RULE_OUT, BALANCED, RULE_IN = "rule_out", "balanced", "rule_in"
OPERATING_POINTS = (RULE_OUT, BALANCED, RULE_IN)

BALANCED_THRESHOLD = 0.5
"""On the probability of `fit_calibration`, which holds at equal prevalence."""


@dataclass(frozen=True)
class Rate:
    """A proportion with its 95 % interval.

    Attributes:
        value: 0 to 1.
        low: lower bound.
        high: upper bound.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, where it came from, and what it does on patients that did not choose it.

    Attributes:
        name: one of `OPERATING_POINTS`.
        threshold: a probability at or above it is called Pneumonia, 0 to 1.
        low: lower bound of the threshold's own 95 % interval, over other samples of patients.
        high: upper bound.
        sensitivity: on validation scans as they are, cross-fitted: each tenth of the patients at the threshold that
            the other nine chose.
        specificity: likewise.
        method: how it was chosen, in a sentence.
        chosen_on: on which images, in words; never the test split.
    """

    name: str
    threshold: float
    low: float
    high: float
    sensitivity: Rate
    specificity: Rate
    method: str
    chosen_on: str

    def __post_init__(self) -> None:
        """Refuse a threshold that would call everything the same.

        Raises:
            ArtifactError: if the threshold is not strictly between 0 and 1, or the name is not known.
        """
        if not 0.0 < self.threshold < 1.0:
            raise ArtifactError(f"A threshold must lie between 0 and 1, got {self.threshold}.")
        if self.name not in OPERATING_POINTS:
            raise ArtifactError(f"Unknown operating point {self.name!r}; expected one of {OPERATING_POINTS}.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read an operating point back from JSON.

        Raises:
            ArtifactError: if a key is unknown or missing.
        """
        try:
            rates = {name: Rate(**values[name]) for name in ("sensitivity", "specificity")}
            return cls(**(values | rates))
        except (TypeError, KeyError) as error:
            raise ArtifactError(f"The manifest's operating point is not readable: {error}.") from error


@dataclass(frozen=True)
class UncertaintyBand:
    """Probabilities between which neither answer is safe: both classes stay possible.

    The two ends are class-conditional split-conformal quantiles (Vovk 2012; Sadinle, Lei and Wasserman 2019): a new
    scan with pneumonia falls below the band in at most `error` of cases, a new normal one above it in at most `error`,
    if new scans are like those of validation. That holds on average over validation sets, not for this one, and the
    network was chosen on the same patients: expect somewhat more.

    Attributes:
        low: a probability from here on is indeterminate, 0 to 1.
        high: a probability from here on no longer is, at least `low`.
        error: the guarantee, 0 to 1.
    """

    low: float
    high: float
    error: float

    def __post_init__(self) -> None:
        """Refuse a band that is none.

        Raises:
            ArtifactError: unless 0 <= low <= high <= 1 and 0 < error < 1.
        """
        if not (0.0 <= self.low <= self.high <= 1.0 and 0.0 < self.error < 1.0):
            raise ArtifactError(
                f"A band goes from low to high within 0 to 1, with an error between 0 and 1; got {self.low} to "
                f"{self.high} with {self.error}."
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read a band back from JSON.

        Raises:
            ArtifactError: if a key is unknown or missing, or a value is out of range.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ArtifactError(f"The manifest's band is not readable: {error}.") from error

    def contains(self, probability: float) -> bool:
        """Whether a probability is indeterminate."""
        return self.low <= probability < self.high or probability == self.high == 1.0


def conformal_thresholds(labels: Labels, probabilities: Probabilities, error: float) -> tuple[float, float]:
    """The two class-conditional split-conformal quantiles.

    Of n exchangeable scans of a class and one more, the new one is as likely to take any rank; so it lies below the
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
