"""Write a fitted network as an artifact: weights, manifest, history and the split it was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras

from model import artifact as artifacts
from model.artifact import Manifest
from model.calibration import Calibration
from model.input_gate import FOLDER, SETTINGS
from model.labels import LABELS
from training import provenance
from training.config import TrainingConfig
from training.evaluate import EVALUATION, PREDICTIONS, ROBUSTNESS
from training.explain.measure import EXPLANATIONS
from training.fit import Fitted
from training.split_file import SPLIT

HISTORY = "history.json"


def export(fitted: Fitted, config: TrainingConfig, folder: Path) -> Manifest:
    """Write `model.keras`, `history.json`, `split.json` and `manifest.json`, the manifest last.

    What an earlier network in the folder was measured at is removed with it; its input gate stays. The manifest has no
    operating point yet, so nothing can be scored before `training.evaluate` chose one.

    Args:
        fitted: network, history and split.
        config: what it was trained with.
        folder: made if it is not there.

    Returns:
        The manifest.
    """
    for stale in (EVALUATION, PREDICTIONS, ROBUSTNESS, EXPLANATIONS):
        (folder / stale).unlink(missing_ok=True)
    centre_head(fitted.network)
    sha256, _ = artifacts.save_weights_file(fitted.network, folder)
    _write_json(folder / HISTORY, {"weights_sha256": sha256, **history_of(fitted, config)})
    _write_json(folder / SPLIT, fitted.split.to_dict())
    created = provenance.now()
    manifest = Manifest(
        model_version=f"{config.preset}-{created[:10].replace('-', '')}-{sha256[:8]}",
        preset=config.preset,
        labels=LABELS,
        input=config.input,
        weights_sha256=sha256,
        parameters=fitted.network.count_params(),
        calibration=Calibration(),
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
    )
    artifacts.write_manifest(manifest, folder)
    return manifest


def centre_head(network: keras.Model) -> None:
    """Take out of the last dense layer what it says for all classes alike; no probability changes.

    The softmax only sees differences of logits, so that weights which all classes share tell nothing of any of them,
    and yet colour the map of each. Without them a logit is what speaks for its class against the mean of all.

    Args:
        network: of `model.architecture`; its layer `logits` is changed.
    """
    layer = network.get_layer("logits")
    layer.set_weights([values - values.mean(axis=-1, keepdims=True) for values in layer.get_weights()])


def _gate_in(folder: Path) -> str | None:
    """The hash of an input gate that lies in the folder already: it judges pictures, so it outlives a network."""
    settings = folder / FOLDER / SETTINGS
    return artifacts.file_sha256(settings) if settings.is_file() else None


def history_of(fitted: Fitted, config: TrainingConfig) -> dict[str, Any]:
    """The learning curves as stored.

    Args:
        fitted: with its history.
        config: what it was trained with.

    Returns:
        Plain values for JSON: `epochs` (one record each), `chosen_epoch` (counted from 1), how it was chosen, and
        `views`: what the chosen epoch scores on validation seen in other ways.
    """
    return {
        "preset": config.preset,
        "chosen_epoch": fitted.chosen_epoch + 1,
        "chosen_by": _chosen_by(fitted),
        "accuracy_note": accuracy_note(config, distilled=bool(fitted.teachers)),
        "epochs": fitted.history,
        "views": fitted.views,
    }


def accuracy_note(config: TrainingConfig, *, distilled: bool) -> str:
    """How to read the training curve beside that of validation, as the end of a sentence."""
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


def _write_json(path: Path, values: Any) -> None:  # noqa: ANN401 - anything JSON holds
    artifacts.write_text(path, json.dumps(values, indent=1) + "\n")
