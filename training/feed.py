"""Training batches, made in threads by NumPy and OpenCV, for any Keras backend."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from model.preprocessing import InputSpec, apply_window
from training.augment import Augmentation, augment
from training.guidance import region_of
from training.pool import Pool

Floats = npt.NDArray[np.float32]
Batch = tuple[Floats, Floats | dict[str, Floats]]
Made = TypeVar("Made")
AHEAD = 8  # batches made ahead


@dataclass(frozen=True, eq=False)
class BalancedFeed:
    """Augmented batches, half of each class.

    Three quarters of the training images show pneumonia; drawing both classes equally often keeps the network from
    learning that. A scan that is drawn again is augmented differently.

    Attributes:
        pool: training images with their lung outlines and labels.
        spec: what the network reads.
        augmentation: what happens to a scan.
        batch_size: images a batch, even.
        seed: determines every draw, together with epoch and step, in any number of threads.
        workers: threads.
        cells: side of the network's last feature maps if its evidence is guided, see `training.guidance`; else 0.
        twins: whether each scan comes twice in a row, on two films, see `training.twins`.
    """

    pool: Pool
    spec: InputSpec
    augmentation: Augmentation
    batch_size: int
    seed: int
    workers: int = 2
    cells: int = 0
    twins: bool = False

    @property
    def steps(self) -> int:
        """Batches an epoch: as many images as there are."""
        return max(1, round(len(self.pool.labels) / self.batch_size))

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch, in order, prepared ahead.

        Args:
            number: of the epoch, from 0; the same number gives the same batches.

        Returns:
            Inputs, float32, shape (batch, size, size, 1), 0 to 1; targets, float32, shape (batch, 2), one-hot, or
            even where augmentation covered the lungs. If evidence is guided or scans have twins, targets are a
            dictionary of these as `probabilities`, of `evidence`, float32, shape (batch, cells, cells), see
            `training.guidance`, and of `log_odds`, float32, shape (batch, 1), 0: what twins may differ by.
        """
        order = self._order(number)
        return prepared_ahead(lambda step: self._batch(order[step], number, step), self.steps, self.workers)

    def _order(self, number: int) -> npt.NDArray[np.int64]:
        """Indices, shape (steps, batch); a class is shuffled again whenever it is used up."""
        rng = np.random.default_rng([self.seed, number])
        films = 2 if self.twins else 1
        half = self.batch_size // 2 // films
        columns = []
        for label in (0, 1):
            members = np.flatnonzero(self.pool.labels == label)
            rounds = -(-self.steps * half // len(members))
            drawn = np.concatenate([rng.permutation(members) for _ in range(rounds)])
            columns.append(drawn[: self.steps * half].reshape(self.steps, half))
        return np.repeat(np.concatenate(columns, axis=1), films, axis=1)

    def _batch(self, indices: npt.NDArray[np.int64], epoch: int, step: int) -> Batch:
        rng = np.random.default_rng([self.seed, epoch, step])
        same = rng
        size = self.spec.size
        inputs = np.empty((len(indices), size, size, 1), dtype=np.float32)
        targets = np.zeros((len(indices), 2), dtype=np.float32)
        evidence = np.zeros((len(indices), self.cells, self.cells), dtype=np.float32)
        for row, index in enumerate(indices):
            twin = self.twins and row % 2 == 1
            if self.twins and not twin:
                same = copy.deepcopy(rng)
            scan = augment(self.pool, int(index), self.augmentation, same if twin else rng, twin=twin)
            inputs[row, ..., 0] = apply_window(scan.pixels, self.spec)
            targets[row] = np.eye(2, dtype=np.float32)[scan.label] if scan.informative else 0.5
            if self.cells:
                evidence[row] = region_of(scan.region, scan.label, self.cells)
        inputs /= np.float32(255.0)
        if not (self.cells or self.twins):
            return inputs, targets
        wanted: dict[str, Floats] = {"probabilities": targets}
        if self.cells:
            wanted["evidence"] = evidence
        if self.twins:
            wanted["log_odds"] = np.zeros((len(indices), 1), dtype=np.float32)
        return inputs, wanted


def prepared_ahead(make: Callable[[int], Made], steps: int, workers: int) -> Iterator[Made]:
    """Batches in order, made by threads a few steps ahead.

    Args:
        make: makes the batch of a step; called from several threads.
        steps: how many.
        workers: threads.

    Yields:
        The batches of steps 0, 1, ...
    """
    with ThreadPoolExecutor(workers) as threads:
        waiting: list[Future[Made]] = []
        for step in range(steps):
            waiting.append(threads.submit(make, step))
            if len(waiting) > AHEAD:
                yield waiting.pop(0).result()
        for batch in waiting:
            yield batch.result()
