"""Average the weights of networks with a common start into one better network (model soups, Wortsman et al. 2022).

This works if the networks were fine-tuned from one start with different settings or seeds and lie in one valley of the
loss. Validation shows whether it did: the average is scored beside its parts.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model import artifact as artifacts
from model.architecture import PRESETS, build
from model.artifact import Artifact
from model.preprocessing import InputSpec
from model.records.history import History
from training.augment import Augmentation
from training.config import TrainingConfig
from training.data import Split
from training.errors import ConfigError
from training.fit import Cohort, Fitted, score_views
from training.pool import load_pool
from training.run_state import EpochRecord
from training.split_file import stored_split

logger = logging.getLogger(__name__)


def average(
    folders: Sequence[Path], root: Path, *, masks: Path | None = None, originals: Path | None = None
) -> tuple[Fitted, TrainingConfig]:
    """Average networks, and score the average and its parts on validation.

    Raises:
        ConfigError: if there are fewer than two networks, or they differ in more than their weights, or the first has
            no learning curves.
        DatasetError: if the data are not those of the split.
        ArtifactError: if an artifact is broken.
    """
    parts = [artifacts.load(folder) for folder in folders]
    _require_alike(parts)
    history = History.read(folders[0])
    if history is None:
        raise ConfigError(f"{folders[0]} has no {History.FILE}, whose learning curves the average would carry.")
    first = parts[0].manifest
    train, images = stored_split(first, folders[0], root)
    validation = Cohort(images, load_pool(root, images, first.input.size, masks, originals))
    config = config_of(first.training)
    network = mean_network(parts)
    for part in parts:
        _tell(part.manifest.model_version, score_views(part.network, validation, config))
    views = score_views(network, validation, config)
    _tell("average", views)
    fitted = Fitted(
        network=network,
        history=[epoch.to_dict() for epoch in history.epochs],
        chosen_epoch=history.chosen_epoch - 1,
        split=Split(train=train, validation=images, rule=first.split["rule"]),
        views=views,
        started_from=str(first.training.get("started_from", "")),
        outlined=int(first.training.get("lung_outlines", 0)),
        averaged=tuple(part.manifest.model_version for part in parts),
    )
    return fitted, config


def mean_network(parts: Sequence[Artifact]) -> keras.Model:
    """A network whose every weight, moving statistics included, is the mean of the parts'."""
    manifest = parts[0].manifest
    network = build(PRESETS[manifest.preset], manifest.input.size)
    columns = zip(*(part.network.get_weights() for part in parts), strict=True)
    network.set_weights([np.mean(column, axis=0, dtype=np.float64).astype(column[0].dtype) for column in columns])
    return network


def config_of(training: dict[str, Any]) -> TrainingConfig:
    """The configuration in a manifest; missing settings take their defaults."""
    known = {field.name for field in fields(TrainingConfig)}
    values = {key: value for key, value in training.items() if key in known}
    values |= {"input": InputSpec.from_dict(values["input"]), "augmentation": Augmentation(**values["augmentation"])}
    return TrainingConfig(**values)


def _require_alike(parts: Sequence[Artifact]) -> None:
    if len(parts) < 2:
        raise ConfigError(f"An average needs two networks or more, got {len(parts)}.")
    kinds = {(p.manifest.preset, p.manifest.input, p.manifest.split["sha256"]) for p in parts}
    if len(kinds) > 1:
        named = "; ".join(f"{p.manifest.model_version}: {p.manifest.preset}, {p.manifest.input}" for p in parts)
        raise ConfigError(f"Only networks of one preset, input and split can be averaged; got {named}.")


def _tell(name: str, views: dict[str, EpochRecord]) -> None:
    told = ", ".join(f"{view} {record['auroc']:.4f}" for view, record in views.items())
    logger.info("%s: AUROC %s", name, told)
