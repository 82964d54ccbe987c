"""Performance with intervals: `evaluation.json`, and `external.json` of another site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from model.labels import LABELS
from model.records.base import Moment, Number, Record, RecordError, RecordFile
from model.records.manifest import BALANCED, Calibration, Manifest, OfWeights, OperatingPoint, UncertaintyBand


@dataclass(frozen=True)
class Counts:
    """A confusion matrix of two classes."""

    true_negative: int
    false_positive: int
    false_negative: int
    true_positive: int

    @classmethod
    def from_rows(cls, rows: object) -> Self:
        """Read rows of true classes: ((true negative, false positive), (false negative, true positive))."""
        if isinstance(rows, cls):
            return rows
        match rows:
            case [[int(tn), int(fp)], [int(fn), int(tp)]] if min(tn, fp, fn, tp) >= 0:
                return cls(tn, fp, fn, tp)
        raise ValueError("expected two rows of two counts")

    @property
    def rows(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows: truly normal, truly pneumonia; columns: classified as normal, as pneumonia."""
        return (self.true_negative, self.false_positive), (self.false_negative, self.true_positive)

    @property
    def normal(self) -> int:
        """Truly normal radiographs."""
        return self.true_negative + self.false_positive

    @property
    def pneumonia(self) -> int:
        """Radiographs with pneumonia."""
        return self.false_negative + self.true_positive

    @property
    def total(self) -> int:
        """All radiographs."""
        return self.normal + self.pneumonia

    def fractions(self) -> dict[str, tuple[int, int]]:
        """Each rate as (how many, of how many)."""
        tn, fp, fn, tp = self.true_negative, self.false_positive, self.false_negative, self.true_positive
        return {
            "accuracy": (tp + tn, self.total),
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "precision": (tp, tp + fp),
            "npv": (tn, tn + fn),
        }


class ConfusionMatrix(Record):
    """Counts with what their rows and columns mean."""

    labels: tuple[str, ...]
    rows: str
    columns: str
    counts: Annotated[
        Counts,
        PlainValidator(Counts.from_rows),
        PlainSerializer(lambda counts: counts.rows, return_type=tuple[tuple[int, int], tuple[int, int]]),
    ]

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """The matrix of some counts."""
        return cls(labels=LABELS, rows="true label", columns="predicted label", counts=counts)


class Metric(Record):
    """One figure with its 95 % interval.

    Attributes:
        value: usually 0 to 1; NaN where it is not defined, as are low and high.
        interval: key of `Evaluation.interval_methods`.
        successes: of a proportion: how many, of `trials`; None for other statistics.
    """

    value: Number
    low: Number
    high: Number
    interval: str
    successes: int | None = None
    trials: int | None = None


class RocCurve(Record):
    """The ROC curve from the highest threshold to the lowest; empty where a class is missing.

    Attributes:
        threshold: probabilities; NaN at the first point, at which nothing is classified as pneumonia.
    """

    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    threshold: tuple[Number, ...]


class ReliabilityBin(Record):
    """The radiographs whose probability is at least `low` and below `high` (in the last bin, at most).

    Attributes:
        mean_probability: of these radiographs; None in an empty bin.
    """

    low: float = Field(validation_alias="from", serialization_alias="from")
    high: float = Field(validation_alias="to", serialization_alias="to")
    images: int
    pneumonia: int
    mean_probability: float | None = None


class PointResult(Record):
    """The split at one operating point; `metrics` are the proportions, by name."""

    threshold: float
    confusion_matrix: ConfusionMatrix
    metrics: dict[str, Metric]

    @property
    def counts(self) -> Counts:
        """The confusion matrix."""
        return self.confusion_matrix.counts


class BandResult(Record):
    """Proportions of indeterminate radiographs, and of those on the wrong side of the band.

    Attributes:
        indeterminate: inside the band, of all.
        normal: inside, of the normal ones.
        pneumonia: inside, of those with pneumonia.
        pneumonia_below: below the band, of those with pneumonia.
        normal_above: above the band, of the normal ones.
        decided_right: correctly classified, of those outside.
    """

    indeterminate: Metric
    normal: Metric
    pneumonia: Metric
    pneumonia_below: Metric
    normal_above: Metric
    decided_right: Metric


class Subgroup(Record):
    """Radiographs of one class that have something in common.

    Attributes:
        by: the question that defines the subgroup, such as "size".
        group: the answer that its members share.
        truth: their true class.
        rate: "sensitivity" or "specificity": the share correctly classified, `value`, with its 95 % interval.
        auroc: against all radiographs of the other class.
    """

    by: str
    group: str
    truth: str = Field(validation_alias="class", serialization_alias="class")
    images: int
    rate: str
    value: Number
    low: Number
    high: Number
    auroc: Number
    auroc_low: Number
    auroc_high: Number


class Subgroups(Record):
    """The subgroups that the files allow.

    Attributes:
        uniform: questions to which all files give the same answer, with that answer.
        not_in_the_data: what nobody recorded, such as "age".
    """

    groups: tuple[Subgroup, ...]
    uniform: dict[str, str]
    not_in_the_data: tuple[str, ...]


class GateRefusals(Record):
    """Radiographs that the input check would reject; `low` and `high` are the 95 % interval of their share."""

    refused: int
    images: int
    low: Number
    high: Number
    paths: tuple[str, ...] = ()


class SharedNumbers(Record):
    """Patient numbers of test that occur in training or validation too: `shared` of `of`, on `images` radiographs."""

    shared: int
    of: int
    images: int


class SplitResult(Record):
    """What was measured on one set of radiographs, at one operating point.

    Attributes:
        patients: patient numbers; the data set reuses numbers, so there may be more children.
        metrics: by name; those that depend on the threshold are of `operating_point`.
        points: every operating point, by name.
        files_sha256: of the files' names; "" where not recorded.
        operating_point: that `confusion_matrix` and `metrics` are of; "" for a threshold that is none. Not stored.
    """

    images: int
    normal: int
    pneumonia: int
    patients: int
    confusion_matrix: ConfusionMatrix
    metrics: dict[str, Metric]
    roc: RocCurve
    reliability: tuple[ReliabilityBin, ...]
    points: dict[str, PointResult] = Field(validation_alias="operating_points", serialization_alias="operating_points")
    band: BandResult | None
    subgroups: Subgroups | None = None
    refused_by_the_gate: GateRefusals | None = None
    files_sha256: str = ""
    shared: SharedNumbers | None = Field(
        default=None,
        validation_alias="patient_numbers_in_training",
        serialization_alias="patient_numbers_in_training",
    )
    operating_point: str = Field(default=BALANCED, exclude=True)

    @model_validator(mode="after")
    def _require_sizes(self) -> Self:
        for counts in (self.counts, *(point.counts for point in self.points.values())):
            if (counts.normal, counts.pneumonia) != (self.normal, self.pneumonia):
                raise ValueError(f"{counts} are not of {self.normal} normal and {self.pneumonia} with pneumonia")
        return self

    @property
    def counts(self) -> Counts:
        """The confusion matrix."""
        return self.confusion_matrix.counts

    @property
    def prevalence(self) -> float:
        """The share with pneumonia, 0 to 1."""
        return self.pneumonia / max(1, self.images)

    def at(self, name: str) -> Self | None:
        """The split at another operating point, with only the metrics that depend on it; None if not measured."""
        point = self.points.get(name)
        if point is None:
            return None
        changed = {"confusion_matrix": point.confusion_matrix, "metrics": point.metrics, "operating_point": name}
        return self.model_copy(update=changed)

    def bin_of(self, probability: float) -> ReliabilityBin | None:
        """The reliability bin that a probability falls into, if there is one."""
        for one in reversed(self.reliability):
            if one.low <= probability <= one.high:
                return one
        return None


class Evaluation(OfWeights):
    """The content of `evaluation.json`.

    Attributes:
        interval_methods: how each kind of interval was computed, in words.
        test: the official test split.
        validation: the split on which the thresholds were chosen.
    """

    FILE: ClassVar[str] = "evaluation.json"

    model_version: str
    weights_sha256: str
    evaluated: Moment
    versions: dict[str, str]
    calibration: Calibration
    operating_points: tuple[OperatingPoint, ...]
    band: UncertaintyBand | None
    interval_methods: dict[str, str]
    test: SplitResult
    validation: SplitResult

    @model_validator(mode="after")
    def _require_thresholds(self) -> Self:
        for point in self.operating_points:
            for split in (self.test, self.validation):
                if point.name not in split.points or split.points[point.name].threshold != point.threshold:
                    raise ValueError(f"no figures at the operating point {point.name} of {point.threshold}")
        return self

    @property
    def threshold(self) -> float:
        """The balanced one, 0 to 1."""
        return self.test.points[BALANCED].threshold

    def require_model(self, manifest: Manifest) -> None:
        """Refuse figures of another model.

        Raises:
            RecordError: if weights, calibration, operating points or band are not the manifest's.
        """
        agrees = {
            "weights": self.weights_sha256 == manifest.weights_sha256,
            "calibration": self.calibration == manifest.calibration,
            "operating points": self.operating_points == manifest.operating_points,
            "band": self.band == manifest.band,
        }
        if differing := [name for name, same in agrees.items() if not same]:
            raise RecordError(
                f"{self.FILE} describes model {self.model_version}, not the model in this folder: different "
                f"{', '.join(differing)}. Evaluate this model, or restore both files from one version."
            )


class ExternalEvaluation(RecordFile):
    """The content of `external.json`: the model on another site's radiographs; `unreadable` says what was left out."""

    FILE: ClassVar[str] = "external.json"

    model_version: str
    weights_sha256: str
    evaluated: Moment
    operating_points: tuple[OperatingPoint, ...]
    interval_methods: dict[str, str]
    unreadable: tuple[str, ...]
    external: SplitResult
