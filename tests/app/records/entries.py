"""Made radiographs and results to store, and a clock that tests set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.records import Records, Result, Saved
from model.labels import LABELS
from model.radiograph import Radiograph
from model.saliency import SaliencyMap
from tests.made import made_radiograph

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WEIGHTS = "a" * 64


@dataclass
class Clock:
    """Tells the time it was set to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def radiograph(seed: int = 0) -> Radiograph:
    return Radiograph(made_radiograph(seed, pneumonia=False, size=(96, 80)), "PNG", (0.14, 0.15))


def saliency_map(seed: int = 0) -> SaliencyMap:
    return np.random.default_rng(seed).random((16, 12), dtype=np.float32) * np.float32(1e-6)


def result(probability: float = 0.75, **changed: Any) -> Result:
    values: dict[str, Any] = {
        "probability": probability,
        "decision": LABELS[int(probability >= changed.get("threshold", 0.5))],
        "indeterminate": False,
        "operating_point": "balanced",
        "threshold": 0.5,
        "model_version": "residual-1",
        "weights_sha256": WEIGHTS,
        "gate_accepted": True,
        "gate_reason": "",
        "explained_class": "Pneumonia",
        "saliency_method": "grad_cam",
        "scored_at": NOON,
    }
    return Result(**(values | changed))


def save(records: Records, seed: int = 0, probability: float = 0.75, *, reader: str = "Ann", **changed: Any) -> Saved:
    return records.save(radiograph(seed), result(probability, **changed), saliency_map(seed), reader=reader)
