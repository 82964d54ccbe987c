"""Learning curves: `history.json`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from model.errors import ArtifactError
from model.records.base import Number, Record
from model.records.manifest import OfWeights


class Epoch(Record):
    """One epoch of training; losses are cross-entropies, accuracies 0 to 1, at a threshold of one half.

    Figures without prefix are of augmented training images while the network still learns; `val` of validation images
    as they are, `stressed` in another pose and exposure, `restyled` with the look of the other class. None stands for
    what was not measured. Further figures are kept as they are.

    Attributes:
        number: counted from 1.
        monitor: the loss that decides which epoch is kept.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    number: int = Field(alias="epoch")
    loss: Number
    accuracy: Number
    val_loss: Number
    val_accuracy: Number
    stressed_loss: float | None = None
    stressed_accuracy: float | None = None
    restyled_loss: float | None = None
    restyled_accuracy: float | None = None
    monitor: float | None = None


class ViewScores(Record):
    """What a network scores on validation images seen in one way, before any calibration."""

    auroc: Number
    loss: Number | None = None
    balanced_loss: Number | None = None
    accuracy: Number | None = None
    sensitivity: Number | None = None
    specificity: Number | None = None


class Curves(Record):
    """Learning curves of a network; the weights of the chosen epoch, counted from 1, were kept."""

    chosen_epoch: int
    epochs: tuple[Epoch, ...]

    @model_validator(mode="after")
    def _check(self) -> Curves:
        if self.chosen_epoch not in (epoch.number for epoch in self.epochs):
            raise ArtifactError(f"the chosen epoch {self.chosen_epoch} is not among the {len(self.epochs)} epochs")
        return self

    @property
    def chosen(self) -> Epoch:
        """The epoch whose weights were kept."""
        return next(epoch for epoch in self.epochs if epoch.number == self.chosen_epoch)


class History(Curves, OfWeights):
    """The learning curves of the weights, and what the chosen epoch scores on each view of validation."""

    FILE: ClassVar[str] = "history.json"

    preset: str = ""
    chosen_by: str = ""
    accuracy_note: str = ""
    views: dict[str, ViewScores] = Field(default_factory=dict)

    def auroc(self, view: str) -> float | None:
        """On a view of validation, 0 to 1; None where not measured."""
        return self.views[view].auroc if view in self.views else None
