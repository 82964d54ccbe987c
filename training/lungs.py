"""Train the lung outliner on human outlines, and to find nothing on impostors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from model.lungs import build_outliner
from model.preprocessing import InputSpec, apply_window
from model.variation import change_exposure, change_pose, degrade
from training.augment import AUGMENTATIONS, Augmentation
from training.feed import prepared_ahead
from training.impostors import IMPOSTORS
from training.pool import Pool

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]

POSE = replace(AUGMENTATIONS["strong"], rotation=10, cutout=0.15)
IMPOSTOR_SHARE = 0.2
BATCH = 32


@dataclass(frozen=True, eq=False)
class OutlineFeed:
    """Batches of scans with their outlines, and of impostors with none."""

    pool: Pool
    spec: InputSpec
    seed: int = 0
    config: Augmentation = POSE
    workers: int = 2

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return len(self.pool.pixels) // BATCH

    def epoch(self, number: int) -> Iterator[tuple[Floats, Floats]]:
        """The batches of one epoch.

        Args:
            number: of the epoch, from 0.

        Returns:
            Inputs, float32, shape (batch, size, size, 1); outlines, float32, shape (batch, size / 2, size / 2, 1);
            both 0 to 1.
        """
        order = np.random.default_rng([self.seed, number]).permutation(len(self.pool.pixels))
        parts = [order[i * BATCH : (i + 1) * BATCH] for i in range(self.steps)]
        return prepared_ahead(lambda step: self._batch(parts[step], number, step), self.steps, self.workers)

    def _batch(self, indices: npt.NDArray[np.int64], epoch: int, step: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng([self.seed, epoch, step])
        size = self.spec.size
        inputs = np.empty((len(indices), size, size, 1), dtype=np.float32)
        outlines = np.zeros((len(indices), size // 2, size // 2, 1), dtype=np.float32)
        for row, index in enumerate(indices):
            scan, lungs = self._pair(int(index), rng)
            inputs[row, ..., 0] = apply_window(scan, self.spec)
            outlines[row, ..., 0] = cv2.resize(lungs, (size // 2, size // 2), interpolation=cv2.INTER_AREA)
        return inputs / np.float32(255), outlines / np.float32(255)

    def _pair(self, index: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        scan, lungs = self.pool.pixels[index], self.pool.lungs[index]
        if rng.random() < IMPOSTOR_SHARE:
            maker = IMPOSTORS[str(rng.choice(list(IMPOSTORS)))]
            return degrade(change_pose(maker(scan, rng), self.config, rng), self.config, rng), np.zeros_like(lungs)
        seed = int(rng.integers(2**31))
        scan, lungs = (change_pose(part, self.config, np.random.default_rng(seed)) for part in (scan, lungs))
        return degrade(change_exposure(scan, self.config, rng), self.config, rng), lungs


def outline_loss(y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401 - tensors of whichever backend
    """Binary cross-entropy and one minus the soft Dice coefficient, per image (Milletari et al. 2016).

    Args:
        y_true: (batch, h, w, 1), 0 to 1.
        y_pred: (batch, h, w, 1), 0 to 1.

    Returns:
        (batch,).
    """
    entropy = ops.mean(keras.losses.binary_crossentropy(y_true, y_pred), axis=(1, 2))
    shared = ops.sum(y_true * y_pred, axis=(1, 2, 3))
    both = ops.sum(y_true, axis=(1, 2, 3)) + ops.sum(y_pred, axis=(1, 2, 3))
    return entropy + 1.0 - (2.0 * shared + 1.0) / (both + 1.0)


def fit_outliner(train: Pool, validation: Pool, spec: InputSpec, *, epochs: int, checkpoint: Path) -> keras.Model:
    """Train; the epoch with the best Dice on validation patients is kept.

    Args:
        train: outlined scans.
        validation: outlined scans of other patients.
        spec: what the network reads.
        epochs: how many.
        checkpoint: file for the best weights.
    """
    keras.utils.set_random_seed(0)
    network = build_outliner(spec.size)
    feed = OutlineFeed(train, spec)
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, epochs * feed.steps)
    network.compile(keras.optimizers.AdamW(schedule, weight_decay=1e-3, clipnorm=1.0), loss=outline_loss)
    best = -1.0
    for epoch in range(epochs):
        network.fit(feed.epoch(epoch), steps_per_epoch=feed.steps, shuffle=False, verbose=0)
        reached = float(np.mean(dice(network, validation, spec)))
        logger.info("epoch %d of %d: Dice %.4f", epoch + 1, epochs, reached)
        if reached > best:
            best = reached
            network.save_weights(checkpoint, overwrite=True)
    network.load_weights(checkpoint)
    return network


def dice(network: keras.Model, pool: Pool, spec: InputSpec) -> Floats:
    """Dice coefficient per scan, at one half, at the outline's size.

    Returns:
        float32, shape (n,), 0 to 1.
    """
    inputs = np.stack([apply_window(scan, spec) for scan in pool.pixels])[..., np.newaxis] / np.float32(255)
    found = network.predict(inputs, batch_size=32, verbose=0)[..., 0] > 0.5
    half = (spec.size // 2, spec.size // 2)
    true = np.stack([cv2.resize(lungs, half, interpolation=cv2.INTER_AREA) for lungs in pool.lungs]) > 127
    shared = (found & true).sum(axis=(1, 2))
    return np.asarray(2 * shared / (found.sum(axis=(1, 2)) + true.sum(axis=(1, 2))), dtype=np.float32)
