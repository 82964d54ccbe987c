"""Settings and performance of the input check: `gate/gate.json`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from model.errors import ArtifactError
from model.preprocessing import InputSpec
from model.records.base import Moment, Number, Record, RecordFile

FOLDER = "gate"
"""Name of the gate's folder inside an artifact."""

MIRROR_SIDE = 24
"""Side of the small copy, pixels, on which the halves are compared."""

FEATURES = ("area", "certainty", "smaller_lung", "side_by_side", "level", "upright", "stray")


class Impostor(Record):
    """Images of one kind that the gate should reject, with the AUROC against validation radiographs.

    Attributes:
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
    """What the input gate was measured to do: how many validation radiographs it refuses wrongly, and how many fakes.

    Attributes:
        interval: 95 % interval of the share refused, 0 to 1.
    """

    measured: Moment
    git_revision: str = ""
    split_sha256: str = ""
    scans: int = Field(alias="validation_scans")
    refused: int = Field(alias="validation_refused")
    interval: tuple[float, float] = Field(alias="validation_refused_interval")
    impostors: tuple[Impostor, ...]
    dice: Overlap | None = None


class Mirror(Record):
    """What tells a mirrored film: a logistic score of how the halves of a small copy differ, and how well it does.

    Attributes:
        weights: of the left half less the right one turned over, row by row.
        threshold: a score above it is called mirrored.
        scans: of validation, each looked at as it is and mirrored.
        false_alarms: how many of them are called mirrored as they are.
        found: how many are called mirrored when they are.
    """

    weights: tuple[float, ...]
    threshold: float
    scans: int
    false_alarms: int
    found: int

    @model_validator(mode="after")
    def _check(self) -> Mirror:
        if len(self.weights) != MIRROR_SIDE * MIRROR_SIDE // 2:
            raise ArtifactError(f"it has not {MIRROR_SIDE * MIRROR_SIDE // 2} weights that tell a mirrored film")
        return self


class GateSettings(RecordFile):
    """What the gate decides by: a logistic score of standardised features; lies in the artifact's folder `gate`.

    Attributes:
        input: what the network that outlines the lungs reads.
        lungs_sha256: of its file.
        weights: in the order of `FEATURES`, as `centre` and `scale`.
        threshold: a plausibility below it is refused.
        measured: None where nothing was measured.
        mirror: None where it does not look for mirrored films.
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
    mirror: Mirror | None = None

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
