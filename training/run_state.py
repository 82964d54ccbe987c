"""State for resuming an interrupted run: one state file that names one set of weights.

The state file is replaced in one step after its weights are complete, so an interruption leaves either the previous
epoch or this one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from model.records.base import write_text
from training.errors import ConfigError

EpochRecord = dict[str, float]


@dataclass
class RunState:
    """A run in a folder.

    Attributes:
        folder: where checkpoints lie; not under version control.
        config: the resolved configuration, as plain values.
        inputs: what else decides the run: hash of the cut, of the lung outlines, versions of the teachers.
        history: one record an epoch.
    """

    folder: Path
    config: dict[str, Any]
    inputs: dict[str, Any]
    history: list[EpochRecord] = field(default_factory=list)

    @property
    def _file(self) -> Path:
        return self.folder / "state.json"

    @property
    def best_epoch(self) -> int:
        """Index of the epoch with the lowest monitored loss; -1 before the first."""
        if not self.history:
            return -1
        return min(range(len(self.history)), key=lambda i: self.history[i]["monitor"])

    def epochs_without_gain(self) -> int:
        """Epochs since the best one."""
        return len(self.history) - 1 - self.best_epoch

    def restore(self, trainer: keras.Model) -> None:
        """Resume a run, if the folder holds one.

        Raises:
            ConfigError: if the folder holds a run of another configuration, cut, outlines or teachers.
        """
        if not self._file.is_file():
            return
        stored = json.loads(self._file.read_text())
        now = json.loads(json.dumps({"config": self.config, **self.inputs}))
        differing = _differences(stored, now)
        if differing:
            raise ConfigError(
                f"{self.folder} holds a run with other settings ({'; '.join(differing)}). "
                "Give another folder (--run runs/NAME), or remove this one to start afresh."
            )
        self.history = stored["history"]
        trainer.optimizer.build(trainer.trainable_variables)
        trainer.load_weights(self.folder / stored["weights"])

    def record(self, trainer: keras.Model, values: EpochRecord) -> None:
        """Store an epoch: weights and optimizer first, then, in one step, the state that names them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.history.append(values)
        name = f"epoch-{len(self.history):03d}.weights.h5"
        trainer.save_weights(self.folder / name, overwrite=True)
        best = f"epoch-{self.best_epoch + 1:03d}.weights.h5"
        state = {
            "config": self.config,
            **self.inputs,
            "weights": name,
            "best": best,
            "history": self.history,
        }
        write_text(self._file, json.dumps(state, indent=1))
        for old in self.folder.glob("epoch-*.weights.h5"):
            if old.name not in (name, best):
                old.unlink()

    def load_best(self, trainer: keras.Model) -> None:
        """Set the weights of the best epoch."""
        trainer.load_weights(self.folder / f"epoch-{self.best_epoch + 1:03d}.weights.h5")


def _differences(stored: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """What differs, as "epochs 2, now 12"; long values are named only."""
    found = []
    for key, value in now.items():
        before = stored.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            found += _differences(before, value, f"{prefix}{key}." if key != "config" else "")
        elif before != value:
            short = len(str(before)) + len(str(value)) < 40
            found.append(f"{prefix}{key} {before}, now {value}" if short else f"{prefix}{key}")
    return found
