"""What the input gate decides by, and how well it does: `gate/gate.json`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import field_validator, model_validator

from model.errors import ArtifactError
from model.preprocessing import InputSpec
from model.records.base import Moment, Number, Record, RecordFile

FOLDER = "gate"
"""Name of the gate's folder inside an artifact."""

FEATURES = ("area", "certainty", "smaller_lung", "side_by_side", "level", "upright", "stray")


class Impostor(Record):
    """Pictures of one kind that the input gate should refuse.

    Attributes:
        kind: in words.
        pictures: how many.
        refused: how many of them were.
        auroc: of telling them from validation radiographs.
        taught: whether the gate was trained on pictures of this kind.
    """

    kind: str
    pictures: int
    refused: int
    auroc: Number
    taught: bool


class Overlap(Record):
    """Dice coefficient of found and given lung outlines over validation; `p05` is its 5th percentile."""

    scans: int
    mean: Number
    p05: Number


class GateMeasured(Record):
    """What the input gate was measured to do.

    Attributes:
        validation_scans: how many.
        validation_refused: how many of them were, wrongly.
        validation_refused_interval: 95 % interval of that share.
        impostors: by kind.
        dice: of the outlines.
    """

    measured: Moment
    git_revision: str = ""
    split_sha256: str = ""
    validation_scans: int
    validation_refused: int
    validation_refused_interval: tuple[float, float]
    impostors: tuple[Impostor, ...]
    dice: Overlap | None = None

    @property
    def scans(self) -> int:
        """Validation radiographs."""
        return self.validation_scans

    @property
    def refused(self) -> int:
        """Validation radiographs that were refused, wrongly."""
        return self.validation_refused


class GateSettings(RecordFile):
    """What the gate decides by; lies in the artifact's folder `gate`.

    Attributes:
        input: what the outliner reads.
        lungs_sha256: of the outliner's file.
        weights: of the standardised features, in the order of `FEATURES`.
        centre: subtracted from each feature.
        scale: each feature is divided by it.
        bias: of the logistic score.
        threshold: a plausibility below it is refused.
        measured: how well it does; None where that was not measured.
    """

    FILE: ClassVar[str] = "gate.json"

    input: InputSpec
    lungs_sha256: str
    weights: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    bias: float
    threshold: float
    measured: GateMeasured | None

    @field_validator("measured", mode="before")
    @classmethod
    def _nothing_measured(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        return value or None

    @model_validator(mode="after")
    def _check(self) -> GateSettings:
        if {len(self.weights), len(self.centre), len(self.scale)} != {len(FEATURES)}:
            raise ArtifactError(f"it has not {len(FEATURES)} weights")
        if not (0.0 < self.threshold < 1.0 and min(self.scale) > 0.0):
            raise ArtifactError("it has a threshold outside 0 to 1, or a scale that is not above 0")
        return self

    def plausibility(self, features: npt.NDArray[np.float64]) -> float:
        """The logistic score of features, 0 to 1.

        Args:
            features: float64, shape (len(FEATURES),).
        """
        standard = (features - np.array(self.centre)) / np.array(self.scale)
        return float(1.0 / (1.0 + np.exp(-(standard @ np.array(self.weights) + self.bias))))
