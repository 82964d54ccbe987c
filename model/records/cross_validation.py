"""One network per fold, and their spread: `cross_validation.json`. It describes settings, not the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from model.records.base import Moment, Number, Record, RecordFile
from model.records.history import Curves, Epoch, ViewScores

if TYPE_CHECKING:
    from model.records.manifest import Manifest

_NO_SETTING = ("fold", "folds", "seed", "split_seed", "epochs", "preset", "input.size")


class Spread(Record):
    """AUROC over the folds; `sd` is the sample standard deviation."""

    mean: Number
    sd: Number
    lowest: Number
    highest: Number


class Fold(Record):
    """One network of the cross-validation, numbered from 0; its curves are empty where they were not kept."""

    number: int = Field(alias="fold")
    train_images: int
    validation_images: int
    chosen_epoch: int
    epochs: tuple[Epoch, ...] = ()
    views: dict[str, ViewScores]

    @property
    def auroc(self) -> float:
        """On its validation images as they are."""
        return self.views["clean"].auroc

    @property
    def history(self) -> Curves | None:
        """The learning curves; None where they were not kept."""
        return Curves(epochs=self.epochs, chosen_epoch=self.chosen_epoch) if self.epochs else None


class CrossValidation(RecordFile):
    """A cross-validation by patient: each image is judged by a network that did not see its patient.

    Attributes:
        config: of every fold, as in a manifest.
        spreads: by view of validation.
    """

    FILE: ClassVar[str] = "cross_validation.json"

    created: Moment
    versions: dict[str, str] = Field(default_factory=dict)
    git_revision: str = ""
    config: dict[str, Any]
    images: int
    out_of_fold_auroc: Number
    folds: tuple[Fold, ...]
    spreads: dict[str, Spread] = Field(alias="summary")

    @property
    def preset(self) -> str:
        """Name of the architecture."""
        return str(self.config["preset"])

    @property
    def size(self) -> int:
        """Side of what the networks read, in pixels."""
        return int(self.config["input"]["size"])

    @property
    def epochs(self) -> int:
        """Epochs trained a fold."""
        return int(self.config["epochs"])

    def other_settings(self, manifest: Manifest) -> int | None:
        """How many further settings differ from those of a model; None where its settings are not known."""
        here, there = _flat(self.config), _flat(manifest.training)
        shared = here.keys() & there.keys() - set(_NO_SETTING)
        return sum(here[key] != there[key] for key in shared) if there else None


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return flat
