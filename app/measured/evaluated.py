"""Plain frozen data: what `evaluation.json` tells, as the pages draw it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from model.records.manifest import BALANCED, OperatingPoint, UncertaintyBand


@dataclass(frozen=True)
class Metric:
    """One figure with its 95 % interval.

    Attributes:
        name: as in the file, such as "sensitivity".
        value: usually 0 to 1; NaN where it is not defined.
        low: lower bound.
        high: upper bound.
        interval: key of `Evaluation.interval_methods`.
        successes: of a proportion, how many; None for other statistics.
        trials: of a proportion, of how many.
    """

    name: str
    value: float
    low: float
    high: float
    interval: str
    successes: int | None = None
    trials: int | None = None


@dataclass(frozen=True)
class ReliabilityBin:
    """Images whose probability lies in one range.

    Attributes:
        low: lower edge, 0 to 1, included.
        high: upper edge, 0 to 1; included in the last bin only.
        images: how many.
        pneumonia: how many of them had pneumonia.
        mean_probability: of these images, 0 to 1; None in an empty bin.
    """

    low: float
    high: float
    images: int
    pneumonia: int
    mean_probability: float | None = None


@dataclass(frozen=True)
class SharedNumbers:
    """Patient numbers of the test images that occur outside it too.

    Attributes:
        shared: how many numbers.
        of: how many numbers test has.
        images: of test that carry a shared number.
    """

    shared: int
    of: int
    images: int


@dataclass(frozen=True)
class PointResult:
    """What one operating point did on a split.

    Attributes:
        name: of `model.calibration.OPERATING_POINTS`.
        counts: confusion matrix; rows true, columns predicted.
        metrics: the proportions, by name.
    """

    name: str
    counts: tuple[tuple[int, ...], ...]
    metrics: dict[str, Metric]


@dataclass(frozen=True)
class BandResult:
    """How many scans of a split the band leaves open; each a proportion.

    Attributes:
        indeterminate: inside the band, of all.
        normal: inside, of the normal ones.
        pneumonia: inside, of those with pneumonia.
        pneumonia_below: below the band, of those with pneumonia.
        normal_above: above the band, of the normal ones.
        decided_right: called right, of those outside.
    """

    indeterminate: Metric
    normal: Metric
    pneumonia: Metric
    pneumonia_below: Metric
    normal_above: Metric
    decided_right: Metric


@dataclass(frozen=True)
class Subgroup:
    """Scans of one class that have something in common.

    Attributes:
        by: what they were told apart by.
        group: which part.
        truth: their true class.
        images: how many.
        rate: "sensitivity" or "specificity".
        value: of the rate: the share called right, 0 to 1.
        low: lower bound of its 95 % interval.
        high: upper bound.
        auroc: against all scans of the other class.
        auroc_low: lower bound.
        auroc_high: upper bound.
    """

    by: str
    group: str
    truth: str
    images: int
    rate: str
    value: float
    low: float
    high: float
    auroc: float
    auroc_low: float
    auroc_high: float


@dataclass(frozen=True)
class Subgroups:
    """All that the files tell apart, and what they do not.

    Attributes:
        groups: in order.
        uniform: what is the same for all files, with what it is.
        not_in_the_data: what nobody recorded, such as "age".
    """

    groups: tuple[Subgroup, ...]
    uniform: tuple[tuple[str, str], ...]
    not_in_the_data: tuple[str, ...]


@dataclass(frozen=True)
class GateRefusals:
    """How many scans of a split the input gate would refuse.

    Attributes:
        refused: how many.
        images: of how many.
        low: lower bound of the share's 95 % interval.
        high: upper bound.
    """

    refused: int
    images: int
    low: float
    high: float


@dataclass(frozen=True)
class SplitResult:
    """What was measured on one split.

    Attributes:
        images: how many.
        normal: truly Normal.
        pneumonia: truly Pneumonia.
        patients: how many patient numbers; the data set reuses numbers, so they need not be as many children.
        labels: class names, in the order of rows and columns.
        counts: confusion matrix at `operating_point`; rows true, columns predicted.
        metrics: by name, at `operating_point`.
        false_positive_rate: x of the ROC curve.
        true_positive_rate: y of the ROC curve.
        reliability: bins in rising order.
        operating_point: name of the one that `counts` and `metrics` are of.
        points: the same at every operating point.
        band: how many scans are indeterminate; None without a band.
        subgroups: parts of the split, or None where not measured.
        refused_by_the_gate: or None without a gate.
        files_sha256: of the files' names; "" where not recorded.
        shared: patient numbers that training has too, or None where not recorded.
    """

    images: int
    normal: int
    pneumonia: int
    patients: int
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    metrics: dict[str, Metric]
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    reliability: tuple[ReliabilityBin, ...]
    operating_point: str = BALANCED
    points: tuple[PointResult, ...] = ()
    band: BandResult | None = None
    subgroups: Subgroups | None = None
    refused_by_the_gate: GateRefusals | None = None
    files_sha256: str = ""
    shared: SharedNumbers | None = None

    def at(self, name: str) -> SplitResult | None:
        """The same split at another operating point, with only those metrics that depend on it.

        Args:
            name: of the operating point.

        Returns:
            The split, or None where this point was not measured.
        """
        for point in self.points:
            if point.name == name:
                return replace(self, operating_point=name, counts=point.counts, metrics=point.metrics)
        return None

    def bin_of(self, probability: float) -> ReliabilityBin | None:
        """The reliability bin that a probability falls into, or None where the file has none for it."""
        for index, one in enumerate(self.reliability):
            last = index == len(self.reliability) - 1
            if one.low <= probability < one.high or (last and probability == one.high):
                return one
        return None


@dataclass(frozen=True)
class Evaluation:
    """The content of `evaluation.json`.

    Attributes:
        model_version: that was evaluated.
        evaluated: when.
        operating_points: thresholds and where they came from.
        band: of indeterminate probabilities, or None.
        interval_methods: how each kind of interval was computed, in words.
        test: the official test split.
        validation: the split that the thresholds were chosen on.
    """

    model_version: str
    evaluated: datetime
    operating_points: tuple[OperatingPoint, ...]
    band: UncertaintyBand | None
    interval_methods: dict[str, str]
    test: SplitResult
    validation: SplitResult
