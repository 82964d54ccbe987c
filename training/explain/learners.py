"""Networks trained only for comparison: one on random labels, one on the surroundings of the lungs.

The first memorises images and learns nothing about pneumonia: a map that looks the same for it does not show what was
learned (Adebayo et al. 2018). The second shows how much the surroundings reveal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from model.architecture import PRESETS, build
from model.evaluation import auroc
from model.preprocessing import InputSpec
from model.statistics.intervals import bootstrap
from training.explain.subject import Inputs
from training.pool import Pool
from training.views import VIEWS, clean

BATCH = 64
LEARNING_RATE = 1e-3
KNOWN_BY_HEART = 0.99
REPEATS = 500
SURROUNDINGS = ("lungs_covered", "lungs_blanked")
"""Views that leave only the surroundings: one fixed shape covered, and the outlined lungs blanked."""


@dataclass(frozen=True, eq=False)
class Memoriser:
    """A network that memorised random labels.

    Attributes:
        network: of the same preset and input as the model it is compared with.
        images: how many it was trained on.
        epochs: for how long.
        accuracy: share of the random labels that it reproduces in inference, 0 to 1.
    """

    network: keras.Model
    images: int
    epochs: int
    accuracy: float


def memorise(
    pool: Pool, spec: InputSpec, preset: str, *, most_epochs: int, tick: Callable[[], object] = lambda: None
) -> Memoriser:
    """Train a network on random labels until it has memorised them."""
    keras.utils.set_random_seed(31)
    labels = np.random.default_rng(31).permutation(np.arange(len(pool.labels)) % 2)
    inputs = clean(pool, spec)
    network = build(PRESETS[preset], spec.size)
    trainer = _compiled(network)
    epochs = 0
    for epochs in range(1, most_epochs + 1):  # noqa: B007 - how many it took is told
        seen = trainer.fit(inputs, labels, batch_size=BATCH, epochs=1, verbose=0).history["accuracy"][-1]
        tick()
        # In inference, with moving statistics, it may reproduce fewer than in training.
        if seen >= KNOWN_BY_HEART and _given_back(trainer, inputs, labels) >= KNOWN_BY_HEART:
            break
    accuracy = _given_back(trainer, inputs, labels)
    return Memoriser(network, len(labels), epochs, accuracy)


def _given_back(trainer: keras.Model, inputs: Inputs, labels: npt.NDArray[np.int64]) -> float:
    """The share of labels that a network reproduces in inference."""
    return float(((_probabilities(trainer, inputs) >= 0.5) == labels).mean())


def surroundings(
    train: Pool, asked: dict[str, Pool], spec: InputSpec, *, epochs: int, tick: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """How well a small network separates the classes from the surroundings of the lungs alone.

    Returns:
        view -> split -> scans, auroc, low, high (bootstrap over scans).
    """
    found: dict[str, Any] = {}
    outlined = np.flatnonzero(train.has_lungs)
    learned = Pool(train.pixels[outlined], train.lungs[outlined], train.has_lungs[outlined], train.labels[outlined])
    for name in SURROUNDINGS:
        keras.utils.set_random_seed(37)
        trainer = _compiled(build(PRESETS["plain"], spec.size))
        inputs = VIEWS[name](learned, spec)
        share = (learned.labels == 1).mean()
        weight = {0: 0.5 / (1.0 - share), 1: 0.5 / share}
        for _ in range(epochs):
            trainer.fit(inputs, learned.labels, batch_size=BATCH, epochs=1, class_weight=weight, verbose=0)
            tick()
        found[name] = {split: _auroc(trainer, VIEWS[name](pool, spec), pool.labels) for split, pool in asked.items()}
    return found


def _compiled(network: keras.Model) -> keras.Model:
    trainer = keras.Model(network.inputs, network.output["probabilities"])
    trainer.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return trainer


def _probabilities(trainer: keras.Model, inputs: Inputs) -> npt.NDArray[np.float64]:
    return np.asarray(trainer.predict(inputs, batch_size=BATCH, verbose=0), dtype=np.float64)[:, 1]


def _auroc(trainer: keras.Model, inputs: Inputs, labels: npt.NDArray[np.int64]) -> dict[str, Any]:
    probabilities = _probabilities(trainer, inputs)
    low, high = bootstrap(auroc, labels, probabilities, [str(i) for i in range(len(labels))], repeats=REPEATS)
    return {"scans": len(labels), "auroc": auroc(labels, probabilities), "low": low, "high": high}
