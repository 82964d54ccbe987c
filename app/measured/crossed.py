"""Read `cross_validation.json`: one network a fold, and how far they spread."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.measured.files import or_nan, read_if_there
from app.measured.reading import read_epochs

if TYPE_CHECKING:
    from pathlib import Path

    from app.measured.records import History
    from model.records.manifest import Manifest

CROSS_VALIDATION = "cross_validation.json"

_NO_SETTING = ("fold", "folds", "seed", "split_seed", "epochs", "preset", "input.size")


@dataclass(frozen=True)
class Spread:
    """AUROC over the folds.

    Attributes:
        view: of validation, a key.
        mean: 0 to 1.
        sd: sample standard deviation.
        lowest: of the folds.
        highest: of the folds.
    """

    view: str
    mean: float
    sd: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Fold:
    """One network of the cross-validation.

    Attributes:
        number: from 0.
        train_images: trained on.
        validation_images: judged on, of other patients.
        auroc: on them, as they are.
        history: its learning curves; None where the file has none.
    """

    number: int
    train_images: int
    validation_images: int
    auroc: float
    history: History | None


@dataclass(frozen=True)
class CrossValidation:
    """The content of `cross_validation.json`.

    Attributes:
        created: when.
        images: judged, each by a network that did not see its patient.
        out_of_fold_auroc: over all of them.
        preset: of the architecture.
        size: input side in pixels.
        epochs: trained a fold.
        other_settings: how many further settings differ from those of the model in use; None where not known.
        folds: in order.
        spreads: by view.
    """

    created: datetime
    images: int
    out_of_fold_auroc: float
    preset: str
    size: int
    epochs: int
    other_settings: int | None
    folds: tuple[Fold, ...]
    spreads: tuple[Spread, ...]


def read_cross_validation(folder: Path, manifest: Manifest) -> CrossValidation | None:
    """Read `cross_validation.json`; it tells of a recipe and not of weights.

    Args:
        folder: the artifact.
        manifest: of the model in use, whose settings the recipe's are held against.

    Returns:
        The cross-validation, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    return read_if_there(folder / CROSS_VALIDATION, lambda text: _crossed(json.loads(text), manifest))


def _crossed(values: dict[str, Any], manifest: Manifest) -> CrossValidation:
    config = values["config"]
    here, there = _flat(config), _flat(manifest.training)
    differ = [key for key in here.keys() & there.keys() if here[key] != there[key] and key not in _NO_SETTING]
    return CrossValidation(
        created=datetime.fromisoformat(values["created"]),
        images=int(values["images"]),
        out_of_fold_auroc=or_nan(values["out_of_fold_auroc"]),
        preset=str(config["preset"]),
        size=int(config["input"]["size"]),
        epochs=int(config["epochs"]),
        other_settings=len(differ) if there else None,
        folds=tuple(map(_fold, values["folds"])),
        spreads=tuple(
            Spread(str(view), *(or_nan(found[name]) for name in ("mean", "sd", "lowest", "highest")))
            for view, found in values["summary"].items()
        ),
    )


def _fold(values: dict[str, Any]) -> Fold:
    epochs = values.get("epochs")
    return Fold(
        number=int(values["fold"]),
        train_images=int(values["train_images"]),
        validation_images=int(values["validation_images"]),
        auroc=or_nan(values["views"]["clean"]["auroc"]),
        history=read_epochs({"epochs": epochs, "chosen_epoch": values["chosen_epoch"]}) if epochs else None,
    )


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return found
