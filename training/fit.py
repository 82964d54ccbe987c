"""Train one network: pure Keras 3, on whichever backend KERAS_BACKEND names."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
from keras import ops
from sklearn.metrics import log_loss
from tqdm import tqdm

from model import artifact as artifacts
from model.architecture import PRESETS as ARCHITECTURES
from model.architecture import build
from model.evaluation import auroc
from training import data
from training.config import TrainingConfig
from training.distil import DistillationLoss, beside_teachers, load_teachers, student_accuracy
from training.errors import ConfigError
from training.feed import BalancedFeed, Floats
from training.guidance import OutsideRegion, cells_of, evidence_of
from training.imagenet import IMAGENET, load_imagenet
from training.pool import Pool, load_pool
from training.run_state import EpochRecord, RunState
from training.split_file import require_unseen
from training.twins import Disagreement, log_odds_of
from training.views import MONITORED, VIEWS, available, shown

logger = logging.getLogger(__name__)

View = tuple[Floats, npt.NDArray[np.int64]]
"""Inputs, float32, shape (n, size, size, 1), and labels."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """The images of one part of the split, in memory.

    Attributes:
        images: what they are.
        pool: their pixels, lung outlines and labels.
    """

    images: tuple[data.LabelledImage, ...]
    pool: Pool

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """Int, shape (n,)."""
        return self.pool.labels


@dataclass(frozen=True, eq=False)
class Fitted:
    """The result of a run.

    Attributes:
        network: with the weights of the chosen epoch.
        history: one record an epoch.
        chosen_epoch: index into history.
        split: what it was trained and validated on.
        views: per validation view, AUROC, accuracy at .5 and cross-entropy of the chosen epoch; those that need lung
            outlines are there only if both classes have some.
        teachers: versions of the networks it was distilled from.
        started_from: version of the network whose weights it began with, or empty.
        outlined: training images with a lung outline.
        averaged: versions of the networks whose weights it averages, or none.
    """

    network: keras.Model
    history: list[EpochRecord]
    chosen_epoch: int
    split: data.Split
    views: dict[str, EpochRecord]
    teachers: tuple[str, ...] = ()
    started_from: str = ""
    outlined: int = 0
    averaged: tuple[str, ...] = ()


def fit(
    config: TrainingConfig,
    root: Path,
    *,
    run_folder: Path,
    masks: Path | None = None,
    teachers: Sequence[Path] = (),
    start: Path | None = None,
    weights: str | None = None,
    originals: Path | None = None,
    workers: int = 2,
) -> Fitted:
    """Train, choose the epoch on validation, and return the network; an interrupted run resumes after its last epoch.

    Args:
        config: what to train and how.
        root: the data folder; its `test` is not read.
        run_folder: checkpoints, one an epoch.
        masks: folder of lung outlines, or None; without it nothing is swapped or blanked.
        teachers: artifacts to distil from.
        start: artifact of the same preset and input whose weights to begin with, or None.
        weights: "imagenet" to begin with what the network learned there, see `training.imagenet`; or None.
        originals: folder of the originals of some images, under the same paths, or None.
        workers: threads that make batches.

    Raises:
        DatasetError: if the data folder cannot be trained on.
        ConfigError: if `run_folder` holds another run; if a teacher or the start is of another shape, or was trained
            on this split's validation patients.
        ArtifactError: if a teacher or the start is broken.
    """
    if weights not in (None, "imagenet") or (weights and start):
        raise ConfigError(f"A network begins with --weights imagenet or with --start-from; got {weights} and {start}.")
    cv2.setNumThreads(1)  # threads already make the batches; OpenCV's own would compete for the cores
    split = cut(config, root)
    for role, folder in (*(("teacher", one) for one in teachers), *(("start", one) for one in (start,) if one)):
        require_unseen(folder, split.validation, role)
    train, validation = (
        Cohort(part, load_pool(root, part, config.input.size, masks, originals))
        for part in (split.train, split.validation)
    )
    for cohort, use in ((train, "train on"), (validation, "validate")):
        outlines, files = int(cohort.pool.has_lungs.sum()), len(cohort.pool.originals)
        logger.info(
            "%d images to %s, %d with lung outline, %d with original.", len(cohort.images), use, outlines, files
        )
    keras.utils.set_random_seed(config.seed)
    network = build(ARCHITECTURES[config.preset], config.input.size)
    feed = BalancedFeed(
        *(train.pool, config.input, config.augmentation, config.batch_size, config.seed, workers),
        cells=cells_of(network) if config.guidance else 0,
        twins=config.agreement > 0,
    )
    started_from = _begin_with(network, start, config) if start else ""
    if weights:
        load_imagenet(network)
        started_from = IMAGENET
    trainer = compile_trainer(network, config, feed.steps, load_teachers(teachers, config.input))
    told_by = tuple(artifacts.read_manifest(folder).model_version for folder in teachers)
    inputs: dict[str, Any] = {"split": split.sha256, "outlines": _fingerprint(train, validation)}
    inputs |= {"teachers": list(told_by), "start": started_from}
    state = RunState(run_folder, config.to_dict(), inputs)
    state.restore(trainer)
    _run_epochs(trainer, feed, state, config, validation)
    state.load_best(trainer)
    views = score_views(network, validation, config)
    outlines = int(train.pool.has_lungs.sum())
    return Fitted(network, state.history, state.best_epoch, split, views, told_by, started_from, outlines)


def _begin_with(network: keras.Model, start: Path, config: TrainingConfig) -> str:
    """Set the weights of another artifact, and return its version."""
    loaded = artifacts.load(start)
    if (loaded.manifest.preset, loaded.manifest.input) != (config.preset, config.input):
        raise ConfigError(
            f"The start {start} is {loaded.manifest.preset} and reads {loaded.manifest.input}; this run is "
            f"{config.preset} and reads {config.input}."
        )
    network.set_weights(loaded.network.get_weights())
    return loaded.manifest.model_version


def score_views(network: keras.Model, validation: Cohort, config: TrainingConfig) -> dict[str, EpochRecord]:
    """Score a network on every validation view that can be made.

    Returns:
        By view: loss, accuracy, AUROC and more, before any calibration; views that need outlines or originals only
        where both classes have some.
    """
    scorer = keras.Model(network.inputs, network.output["probabilities"])
    views = _views(available(VIEWS, validation.pool), validation, config)
    return {name: _score(scorer, *view) for name, view in views.items()}


def _views(names: Sequence[str], cohort: Cohort, config: TrainingConfig) -> dict[str, View]:
    """Inputs and labels by view, of the scans that it shows."""
    rows = {name: shown(name, cohort.pool) for name in names}
    return {name: (VIEWS[name](cohort.pool, config.input)[rows[name]], cohort.labels[rows[name]]) for name in names}


def _fingerprint(*cohorts: Cohort) -> str:
    """SHA-256 of the lung outlines and the originals, which affect training as much as the images do."""
    digest = hashlib.sha256()
    for cohort in cohorts:
        digest.update(np.packbits(cohort.pool.lungs > 0).tobytes())
        for pixels in cohort.pool.originals.values():
            digest.update(pixels.tobytes())
    return digest.hexdigest()


def cut(config: TrainingConfig, root: Path) -> data.Split:
    """Check the training images and cut validation from them; the same for the same files and configuration.

    Raises:
        DatasetError: if the data folder cannot be trained on.
    """
    report = data.check_images(root, data.list_training_images(root))
    for warning in report.warnings:
        logger.warning("%s", warning)
    data.require_sound(report)
    return data.cut_validation(
        report.images, folds=config.folds, fold=config.fold, seed=config.split_seed, hold_out=config.hold_out
    )


def compile_trainer(
    network: keras.Model, config: TrainingConfig, steps: int, teachers: Sequence[keras.Model] = ()
) -> keras.Model:
    """The network with its optimizer and loss; shares every weight with `network`.

    Returns:
        A compiled model from inputs to probabilities, (batch, 2), or beside those of the teachers, (batch, 4); if
        evidence is guided or scans have twins, to a dictionary of these as `probabilities`, and of `evidence` or
        `log_odds`.
    """
    warmup = min(config.warmup_epochs, config.epochs - 1) * steps
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 20 if warmup else config.learning_rate,
        decay_steps=max(1, config.epochs * steps - warmup),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if teachers:
        trainer = beside_teachers(network, teachers)
        loss = DistillationLoss(weight=config.teachers_weight, label_smoothing=config.label_smoothing)
        accuracy = keras.metrics.MeanMetricWrapper(student_accuracy, name="accuracy")
    else:
        trainer = keras.Model(network.inputs, network.output["probabilities"])
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
        accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    outputs, losses, weights = {"probabilities": trainer.output}, {"probabilities": loss}, {"probabilities": 1.0}
    if config.guidance:
        outputs["evidence"], losses["evidence"] = evidence_of(network), OutsideRegion()
        weights["evidence"] = config.guidance
    if config.agreement:
        outputs["log_odds"], losses["log_odds"] = log_odds_of(network), Disagreement()
        weights["log_odds"] = config.agreement
    if len(outputs) == 1:
        trainer.compile(optimizer=optimizer, loss=loss, metrics=[accuracy])
        return trainer
    trainer = keras.Model(network.inputs, outputs)
    trainer.compile(optimizer=optimizer, loss=losses, loss_weights=weights, metrics={"probabilities": [accuracy]})
    return trainer


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """One bar over the whole run, with the time left."""

    def __init__(self, bar: tqdm[Any]) -> None:
        super().__init__()
        self.bar = bar

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self.bar.update(1)


def _run_epochs(
    trainer: keras.Model,
    feed: BalancedFeed,
    state: RunState,
    config: TrainingConfig,
    validation: Cohort,
) -> None:
    monitored = _views(available(MONITORED, validation.pool), validation, config)
    first = len(state.history)
    if first >= config.epochs or (first and state.epochs_without_gain() >= config.patience):
        logger.info("This run is already finished; nothing is trained.")
        return
    total = feed.steps * config.epochs
    with tqdm(total=total, initial=first * feed.steps, desc="Training", unit="step", disable=None) as bar:
        for epoch in range(first, config.epochs):
            if state.history and state.epochs_without_gain() >= config.patience:
                logger.info("Stopped early: validation did not improve for %d epochs.", config.patience)
                break
            record = _run_epoch(trainer, feed, config, epoch, _Progress(bar))
            record |= _validate(trainer, monitored)
            state.record(trainer, record)
            summary = {k: round(record[k], 4) for k in ("loss", "accuracy", "val_loss", "val_accuracy", "monitor")}
            bar.set_postfix(epoch=epoch + 1, val_accuracy=summary["val_accuracy"], refresh=False)
            more = [k for k in record if k in ("outside_region", "disagreement") or k.endswith("_auroc")]
            summary |= {k: round(record[k], 4) for k in more}
            logger.info("epoch %d of %d: %s", epoch + 1, config.epochs, summary)


def _run_epoch(
    trainer: keras.Model, feed: BalancedFeed, config: TrainingConfig, epoch: int, progress: _Progress
) -> EpochRecord:
    begun = time.monotonic()
    _reseed(trainer, config.seed, epoch)
    logs = trainer.fit(
        feed.epoch(epoch),
        steps_per_epoch=feed.steps,
        shuffle=False,
        epochs=epoch + 1,
        initial_epoch=epoch,
        verbose=0,
        callbacks=[progress],
    ).history
    prefix = "probabilities_" if "probabilities_loss" in logs else ""
    learned = {"epoch": epoch + 1} | {key: logs[f"{prefix}{key}"][-1] for key in ("loss", "accuracy")}
    for output, name in (("evidence", "outside_region"), ("log_odds", "disagreement")):
        if f"{output}_loss" in logs:
            learned[name] = logs[f"{output}_loss"][-1]
    return {**learned, "seconds": time.monotonic() - begun}


def _validate(trainer: keras.Model, monitored: dict[str, View]) -> EpochRecord:
    record: EpochRecord = {}
    scores = {name: _score(trainer, *view) for name, view in monitored.items()}
    for name, score in scores.items():
        prefix = "val" if name == "clean" else name
        record |= {f"{prefix}_{key}": value for key, value in score.items()}
    # All views but the first remove a shortcut.
    record["monitor"] = float(np.mean([score["balanced_loss"] for score in scores.values()]))
    return record


def _score(trainer: keras.Model, inputs: Floats, labels: npt.NDArray[np.int64]) -> EpochRecord:
    """Loss (plain and with both classes weighing the same), accuracy at .5, and AUROC."""
    probabilities = predict(trainer, inputs)
    weights = np.where(labels == 1, 0.5 / (labels == 1).mean(), 0.5 / (labels == 0).mean())
    return {
        "loss": float(log_loss(labels, probabilities, labels=[0, 1])),
        "balanced_loss": float(log_loss(labels, probabilities, labels=[0, 1], sample_weight=weights)),
        "accuracy": float(((probabilities >= 0.5) == labels).mean()),
        "sensitivity": float((probabilities[labels == 1] >= 0.5).mean()),
        "specificity": float((probabilities[labels == 0] < 0.5).mean()),
        "auroc": auroc(labels, probabilities),
    }


def predict(trainer: keras.Model, inputs: Floats) -> npt.NDArray[np.float64]:
    """Probability of Pneumonia.

    Args:
        trainer: from inputs to probabilities, alone or among other outputs; columns beyond the first two (of teachers)
            are ignored.
        inputs: float32, shape (n, size, size, 1), 0 to 1.

    Returns:
        float64, shape (n,), 0 to 1.
    """
    outputs = trainer.predict(inputs, batch_size=64, verbose=0)
    probabilities = outputs["probabilities"] if isinstance(outputs, dict) else outputs
    return np.asarray(probabilities, dtype=np.float64)[:, 1]


def _reseed(trainer: keras.Model, seed: int, epoch: int) -> None:
    """Seed dropout by epoch, so that a resumed run equals an uninterrupted one."""
    for layer in trainer.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign(ops.convert_to_tensor([seed, epoch], dtype="uint32"))


def usable_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
