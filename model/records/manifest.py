"""What the weights are, for whom they are meant, and how their output is read: `manifest.json`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from model.errors import ArtifactError, InputRangeError
from model.preprocessing import InputSpec
from model.records.base import VALUE, Number, RecordError, RecordFile

Logits = npt.NDArray[np.float64]

RULE_OUT, BALANCED, RULE_IN = "rule_out", "balanced", "rule_in"
OPERATING_POINTS = (RULE_OUT, BALANCED, RULE_IN)
FORMAT: Literal[2] = 2


@dataclass(frozen=True, config=VALUE)
class Estimate:
    """A number with its 95 % interval; NaN where it is not defined."""

    value: Number
    low: Number
    high: Number


@dataclass(frozen=True, config=VALUE)
class OperatingPoint:
    """A threshold, where it came from, and what it does on patients that did not choose it.

    Attributes:
        name: one of `OPERATING_POINTS`.
        threshold: a score at or above it is classified as pneumonia, 0 to 1; `low` and `high` are its 95 % interval.
        sensitivity: on validation, cross-fitted: each tenth of the patients at the threshold that the others chose;
            specificity likewise.
        method: how it was chosen, on the images `chosen_on`, never the test split.
    """

    name: str
    threshold: float
    low: float
    high: float
    sensitivity: Estimate
    specificity: Estimate
    method: str
    chosen_on: str

    def __post_init__(self) -> None:
        """Refuse an unknown name, and a threshold that would classify everything alike."""
        if not 0.0 < self.threshold < 1.0:
            raise ArtifactError(f"A threshold must lie between 0 and 1, got {self.threshold}.")
        if self.name not in OPERATING_POINTS:
            raise ArtifactError(f"Unknown operating point {self.name!r}; expected one of {OPERATING_POINTS}.")


@dataclass(frozen=True, config=VALUE)
class UncertaintyBand:
    """Scores between which the model cannot decide.

    Both ends are class-conditional split-conformal quantiles (Vovk 2012; Sadinle, Lei and Wasserman 2019): at most
    `error` of new radiographs with pneumonia score below the band and at most `error` of new normal ones above it, on
    average over validation sets, if new radiographs are like those of validation. The network was chosen on the same
    patients, so expect somewhat more. All three lie within 0 to 1; `high` itself is above the band.
    """

    low: float
    high: float
    error: float

    def __post_init__(self) -> None:
        """Refuse ends that are out of order."""
        if not (0.0 <= self.low <= self.high <= 1.0 and 0.0 < self.error < 1.0):
            raise ArtifactError(
                f"A band goes from low to high within 0 to 1, with an error between 0 and 1; got {self.low} to "
                f"{self.high} with {self.error}."
            )

    def contains(self, probability: float) -> bool:
        """Whether a score is indeterminate."""
        return self.low <= probability < self.high or probability == self.high == 1.0


@dataclass(frozen=True, config=VALUE)
class Calibration:
    """From the network's log-odds to a probability: sigmoid(slope x + intercept) (Platt 1999).

    Both classes weigh the same, so the probability holds where one child in two has pneumonia. Elsewhere, add the log
    of the odds before the radiograph to its log-odds.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a curve that does not rise."""
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept) and self.slope > 0):
            raise ArtifactError(f"A calibration needs a slope above 0, got {self.slope} and {self.intercept}.")

    def probabilities(self, logits: Logits) -> npt.NDArray[np.float64]:
        """The probability of pneumonia.

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
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * evidence)), dtype=np.float64)


class IntendedUse(RecordFile):
    """For whom and what the model is meant, as its training data allow.

    Attributes:
        finding: that the score is of, such as "pneumonia".
        population: such as "children".
        youngest_years: completed years of age, inclusive.
        oldest_years: likewise; 5 lasts until the sixth birthday.
        examination: such as "chest radiographs".
        view: such as "frontal".
        modalities: codes of the DICOM header's `Modality`; `views` of `ViewPosition`, `body_parts` of
            `BodyPartExamined`.
        trained_views: the accepted views that the training images are known to have.
        source: where the training data are published.
    """

    FILE: ClassVar[str] = "intended_use.json"

    finding: str
    population: str
    youngest_years: int
    oldest_years: int
    examination: str
    view: str
    modalities: tuple[str, ...]
    views: tuple[str, ...]
    trained_views: tuple[str, ...]
    body_parts: tuple[str, ...]
    source: str

    @model_validator(mode="after")
    def _check(self) -> IntendedUse:
        if not 0 <= self.youngest_years <= self.oldest_years:
            raise ArtifactError(f"Ages must rise from 0, got {self.youngest_years} to {self.oldest_years} years.")
        return self

    @property
    def youngest_months(self) -> int:
        """Completed months of age, inclusive."""
        return 12 * self.youngest_years

    @property
    def oldest_months(self) -> int:
        """Completed months of age, inclusive: the month before the next birthday."""
        return 12 * self.oldest_years + 11

    @property
    def ages(self) -> str:
        """Such as "1 to 5 years"."""
        return f"{self.youngest_years} to {self.oldest_years} years"

    @property
    def patients(self) -> str:
        """Such as "children aged 1 to 5 years"."""
        return f"{self.population} aged {self.ages}"

    @property
    def images(self) -> str:
        """Such as "frontal chest radiographs"."""
        return f"{self.view} {self.examination}"


class Manifest(RecordFile):
    """What the weights are and how they are to be used.

    Attributes:
        model_version: preset, date and the first digits of the weights' hash.
        preset: of `model.architecture`.
        labels: class names in the order of the logits.
        parameters: number of weights.
        operating_points: rising; empty until `training evaluate` chose them, and nothing is scored without.
        band: of indeterminate scores; None until then.
        split: rule, hash and sizes of the cut into train and validation.
        training: the resolved configuration.
        created: ISO date and time, UTC.
        gate_sha256: of the input gate's `gate.json`, which is then required; None if none is.
        intended_use: None in manifests older than this key.
    """

    FILE: ClassVar[str] = "manifest.json"

    model_version: str
    preset: str
    labels: tuple[str, ...]
    input: InputSpec
    weights_sha256: str
    parameters: int
    calibration: Calibration
    operating_points: tuple[OperatingPoint, ...]
    band: UncertaintyBand | None
    split: dict[str, Any] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    git_revision: str = ""
    created: str = ""
    gate_sha256: str | None = None
    format: Literal[2]
    intended_use: IntendedUse | None = None

    @model_validator(mode="before")
    @classmethod
    def _upgrade(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if not isinstance(values, dict):
            return values
        if values.get("format") == 1:
            # Of the time of one operating point: the network is as good as ever, the thresholds are chosen anew.
            kept = {key: value for key, value in values.items() if key != "operating_point"}
            return kept | {"operating_points": (), "band": None, "format": FORMAT}
        if values.get("format") != FORMAT:
            raise ArtifactError(
                f"it has format {values.get('format')}, expected {FORMAT}: train again, or use a matching version."
            )
        return values

    @model_validator(mode="after")
    def _check(self) -> Manifest:
        names = self.point_names
        if len(set(names)) != len(names):
            raise ArtifactError(f"An operating point occurs twice among {', '.join(names)}.")
        thresholds = [
            point.threshold for name in OPERATING_POINTS for point in self.operating_points if point.name == name
        ]
        if any(first > second for first, second in pairwise(thresholds)):
            raise ArtifactError(f"Thresholds must rise from rule-out to rule-in, got {thresholds}.")
        return self

    @property
    def point_names(self) -> tuple[str, ...]:
        """Names of the operating points, in order."""
        return tuple(point.name for point in self.operating_points)

    def point(self, name: str = BALANCED) -> OperatingPoint:
        """An operating point by name, without which nothing may be decided.

        Raises:
            ArtifactError: if none was chosen yet, or not this one.
        """
        if not self.operating_points:
            raise ArtifactError(
                "The trained model has no threshold yet; run `python -m training evaluate` to choose one on validation."
            )
        for point in self.operating_points:
            if point.name == name:
                return point
        raise ArtifactError(f"The trained model has no operating point {name!r}; it has {', '.join(self.point_names)}.")


class OfWeights(RecordFile):
    """A record that was measured of one model's weights."""

    weights_sha256: str

    def require_model(self, manifest: Manifest) -> None:
        """Refuse figures of another model.

        Raises:
            RecordError: if they are not of the manifest's weights.
        """
        if self.weights_sha256 != manifest.weights_sha256:
            raise RecordError(
                f"{self.FILE} describes other weights ({self.weights_sha256[:12]}…) than those in this folder. "
                "Measure this model, or restore both files from one version."
            )
