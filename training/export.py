"""Write a fitted network as an artifact: weights, manifest, history and the split it was trained on."""

from __future__ import annotations

from pathlib import Path

import keras

from model import artifact as artifacts
from model.labels import LABELS
from model.records.evaluation import Evaluation
from model.records.explanations import Explanations
from model.records.gate import FOLDER, GateSettings
from model.records.history import Epoch, History, ViewScores
from model.records.manifest import FORMAT, Calibration, IntendedUse, Manifest
from model.records.robustness import Robustness
from model.records.scores import PREDICTIONS
from model.records.split import SplitLists
from training import provenance
from training.config import TrainingConfig
from training.errors import ConfigError
from training.fit import Fitted

INTENDED_USE = Path(__file__).parent / IntendedUse.FILE
"""Of the data set that the shipped models learned from."""


def export(fitted: Fitted, config: TrainingConfig, folder: Path, *, intended_use: IntendedUse | None) -> Manifest:
    """Write `model.keras`, `history.json`, `split.json` and `manifest.json`, the manifest last.

    The results of an earlier network in the folder are removed; its input gate stays. The manifest has no operating
    point yet, so nothing can be scored until `training.evaluate` has chosen one.

    Args:
        fitted: network, history and split.
        config: what it was trained with.
        folder: made if it is not there.
        intended_use: for whom the network is meant; None where that is not known.
    """
    for stale in (Evaluation.FILE, PREDICTIONS, Robustness.FILE, Explanations.FILE):
        (folder / stale).unlink(missing_ok=True)
    centre_head(fitted.network)
    sha256, _ = artifacts.save_weights_file(fitted.network, folder)
    history_of(fitted, config, sha256).write(folder)
    SplitLists.model_validate(fitted.split.to_dict()).write(folder)
    created = provenance.now().isoformat()
    manifest = Manifest(
        model_version=f"{config.preset}-{created[:10].replace('-', '')}-{sha256[:8]}",
        preset=config.preset,
        labels=LABELS,
        input=config.input,
        weights_sha256=sha256,
        parameters=fitted.network.count_params(),
        calibration=Calibration(),
        operating_points=(),
        band=None,
        split={
            "sha256": fitted.split.sha256,
            "rule": fitted.split.rule,
            "train_images": len(fitted.split.train),
            "validation_images": len(fitted.split.validation),
        },
        training={
            **config.to_dict(),
            "teachers": list(fitted.teachers),
            "started_from": fitted.started_from,
            "lung_outlines": fitted.outlined,
            "averaged": list(fitted.averaged),
        },
        versions=provenance.versions(),
        git_revision=provenance.git_revision(),
        created=created,
        gate_sha256=_gate_in(folder),
        format=FORMAT,
        intended_use=intended_use,
    )
    manifest.write(folder)
    return manifest


def read_intended_use(file: Path) -> IntendedUse:
    """Read the intended use of a network, before it is trained.

    Raises:
        ConfigError: if there is no such file.
        RecordError: if it does not follow the schema.
    """
    if not file.is_file():
        raise ConfigError(f"There is no {file}, which should say for whom the model is meant; copy {INTENDED_USE}.")
    return IntendedUse.from_text(file.read_text(encoding="utf-8"))


def centre_head(network: keras.Model) -> None:
    """Remove from the last dense layer what is common to all classes; no probability changes.

    The softmax depends only on differences of logits: weights that all classes share do not affect it, but they do
    affect every class's saliency map. Without them, a logit compares its class with the mean of all.
    """
    layer = network.get_layer("logits")
    layer.set_weights([values - values.mean(axis=-1, keepdims=True) for values in layer.get_weights()])


def _gate_in(folder: Path) -> str | None:
    """The hash of an input gate already in the folder: it does not depend on the network, so it stays."""
    settings = folder / FOLDER / GateSettings.FILE
    return artifacts.file_sha256(settings) if settings.is_file() else None


def history_of(fitted: Fitted, config: TrainingConfig, weights_sha256: str) -> History:
    """The learning curves, how the epoch was chosen, and its scores on all validation views."""
    return History(
        weights_sha256=weights_sha256,
        preset=config.preset,
        chosen_epoch=fitted.chosen_epoch + 1,
        chosen_by=_chosen_by(fitted),
        accuracy_note=accuracy_note(config, distilled=bool(fitted.teachers)),
        epochs=tuple(map(Epoch.model_validate, fitted.history)),
        views={name: ViewScores.model_validate(scores) for name, scores in fitted.views.items()},
    )


def accuracy_note(config: TrainingConfig, *, distilled: bool) -> str:
    """How the training curve compares with that of validation, as the end of a sentence."""
    covered = ", some with the lungs covered and no right answer" if config.augmentation.blank_lungs else ""
    soft = ", against softened labels" if config.label_smoothing or distilled else ""
    return (
        f"training loss and accuracy are measured on augmented images{covered}{soft}, while the network still learns; "
        "validation on clean images, plain labels"
    )


def _chosen_by(fitted: Fitted) -> str:
    rule = "lowest mean class-balanced cross-entropy on validation images, clean, stressed and restyled"
    if not fitted.averaged:
        return rule
    return f"{rule}; the curves are of the first of {len(fitted.averaged)} networks whose weights were averaged"
