"""Plain frozen data: learning curves, test ledger, input gate and robustness, as the pages draw them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


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
        restyled_loss: on validation images with the look of the other class, or None where not measured.
        restyled_accuracy: likewise.
        monitor: the loss that decides which epoch is kept, or None where not recorded.
    """

    number: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    stressed_loss: float | None = None
    stressed_accuracy: float | None = None
    restyled_loss: float | None = None
    restyled_accuracy: float | None = None
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
        clean_auroc: on validation images as they are, or None.
        restyled_auroc: on validation images with the look of the other class, or None.
    """

    epochs: tuple[Epoch, ...]
    chosen: Epoch
    chosen_by: str
    accuracy_note: str
    lungs_covered_auroc: float | None = None
    clean_auroc: float | None = None
    restyled_auroc: float | None = None


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


@dataclass(frozen=True)
class Rates:
    """Four figures of one set of scans, each 0 to 1; NaN where not defined.

    Attributes:
        auroc: of the probabilities.
        sensitivity: at the balanced operating point.
        specificity: likewise.
        balanced_accuracy: mean of the two.
    """

    auroc: float
    sensitivity: float
    specificity: float
    balanced_accuracy: float


@dataclass(frozen=True)
class Perturbed:
    """All scans of a split, changed in one way.

    Attributes:
        perturbation: which way.
        strength: 1 is what nobody would notice, 3 what a reader would complain about.
        rates: of the changed scans.
        drop: of balanced accuracy against the unchanged scans; below 0 where it rose.
    """

    perturbation: str
    strength: int
    rates: Rates
    drop: float


@dataclass(frozen=True)
class RobustnessTable:
    """How much holds on one split when its scans are changed.

    Attributes:
        images: how many.
        unchanged: of the scans as they are.
        perturbed: every perturbation at every strength.
        most_drop: by strength, what the drop should keep to; a strength without a limit is absent.
    """

    images: int
    unchanged: Rates
    perturbed: tuple[Perturbed, ...]
    most_drop: dict[int, float]

    def is_over(self, row: Perturbed) -> bool:
        """Whether a drop is over the limit for its strength; never where there is no limit."""
        limit = self.most_drop.get(row.strength)
        return limit is not None and row.drop > limit

    @property
    def over(self) -> tuple[Perturbed, ...]:
        """The rows over their limit."""
        return tuple(row for row in self.perturbed if self.is_over(row))


@dataclass(frozen=True)
class Robustness:
    """The content of `robustness.json`.

    Attributes:
        test: the official test split.
        validation: the validation split.
    """

    test: RobustnessTable
    validation: RobustnessTable
