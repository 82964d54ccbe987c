"""Plain frozen data: what training measured, as the pages draw it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from model.calibration import OperatingPoint


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
class SplitResult:
    """What was measured on one split.

    Attributes:
        images: how many.
        normal: truly Normal.
        pneumonia: truly Pneumonia.
        patients: how many patient numbers; the data set reuses numbers, so they need not be as many children.
        labels: class names, in the order of rows and columns.
        counts: confusion matrix; rows true, columns predicted.
        metrics: by name.
        false_positive_rate: x of the ROC curve.
        true_positive_rate: y of the ROC curve.
        reliability: bins in rising order.
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
    files_sha256: str = ""
    shared: SharedNumbers | None = None

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
        operating_point: threshold and where it came from.
        interval_methods: how each kind of interval was computed, in words.
        test: the official test split.
        validation: the split that the threshold was chosen on.
    """

    model_version: str
    evaluated: datetime
    operating_point: OperatingPoint
    interval_methods: dict[str, str]
    test: SplitResult
    validation: SplitResult


@dataclass(frozen=True)
class Epoch:
    """One epoch of training; losses are cross-entropies, accuracies 0 to 1.

    Attributes:
        number: counted from 1.
        loss: on training images.
        accuracy: on training images.
        val_loss: on validation images.
        val_accuracy: on validation images.
        stressed_loss: on validation images stressed on purpose, or None where not measured.
        stressed_accuracy: likewise.
        monitor: the loss that decides which epoch is kept, or None where not recorded.
    """

    number: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    stressed_loss: float | None = None
    stressed_accuracy: float | None = None
    monitor: float | None = None


@dataclass(frozen=True)
class History:
    """The learning curves.

    Attributes:
        epochs: in order.
        chosen: the epoch whose weights were kept.
        chosen_by: the rule, in words.
        accuracy_note: how to read the training accuracy, in words.
        lungs_covered_auroc: on validation images with the lungs covered, or None where not measured.
    """

    epochs: tuple[Epoch, ...]
    chosen: Epoch
    chosen_by: str
    accuracy_note: str
    lungs_covered_auroc: float | None = None


@dataclass(frozen=True)
class Opening:
    """One time the test split was scored.

    Attributes:
        opened: when.
        by: the command.
        model_version: that was scored.
        files_sha256: of the test files' names; "" where not recorded.
    """

    opened: datetime
    by: str
    model_version: str
    files_sha256: str = ""


@dataclass(frozen=True)
class Ledger:
    """How often the test split was opened.

    Attributes:
        openings: by command, oldest first.
        notes: what was written down about openings before or outside the command.
    """

    openings: tuple[Opening, ...]
    notes: tuple[str, ...]

    def of_files(self, files_sha256: str) -> Ledger:
        """The ledger without openings of another test split; an opening that does not say which stays.

        Args:
            files_sha256: of the test split that is meant; all stay if "".
        """
        known = {"", files_sha256}
        kept = [one for one in self.openings if not files_sha256 or one.files_sha256 in known]
        return replace(self, openings=tuple(kept))


@dataclass(frozen=True)
class Impostor:
    """Pictures of one kind that the input gate should refuse.

    Attributes:
        kind: in words.
        pictures: how many.
        refused: how many of them were.
        auroc: of telling them from validation scans.
        taught: whether the gate was trained on pictures of this kind.
    """

    kind: str
    pictures: int
    refused: int
    auroc: float
    taught: bool


@dataclass(frozen=True)
class GateMeasured:
    """What the input gate was measured to do.

    Attributes:
        measured: when.
        scans: of validation.
        refused: how many of them were, wrongly.
        low: lower bound of that share's 95 % interval.
        high: upper bound.
        impostors: by kind.
    """

    measured: datetime
    scans: int
    refused: int
    low: float
    high: float
    impostors: tuple[Impostor, ...]
