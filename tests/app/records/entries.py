"""Made radiographs and results to store, and a clock that tests set."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.records.repository import Records
from app.records.values import Opinion, Review, Saved, Scoring
from model.input_gate import GateResult
from model.labels import LABELS
from model.predictor import Prediction
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


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """What so many threads get that begin at the same moment."""
    start = threading.Barrier(number)

    def begin(one: int) -> Any:
        start.wait()
        return act(one)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(begin, range(number)))


def radiograph(seed: int = 0) -> Radiograph:
    return Radiograph(made_radiograph(seed, pneumonia=False, size=(96, 80)), "PNG", (0.14, 0.15))


def saliency_map(seed: int = 0) -> SaliencyMap:
    return np.random.default_rng(seed).random((16, 12), dtype=np.float32) * np.float32(1e-6)


def prediction(probability: float = 0.75, *, refused: str | None = "", **changed: Any) -> Prediction:
    """A prediction to store; `refused` is why the input check refused the picture, None for no input check."""
    gate = None if refused is None else GateResult(not refused, 0.5, refused, np.ones((4, 4), np.float32))
    values: dict[str, Any] = {
        "probability": probability,
        "decision": LABELS[int(probability >= changed.get("threshold", 0.5))],
        "indeterminate": False,
        "operating_point": "balanced",
        "threshold": 0.5,
        "model_version": "residual-1",
        "weights_sha256": WEIGHTS,
        "gate": gate,
        "explained_class": "Pneumonia",
        "saliency_map": saliency_map(),
        "scored_at": NOON,
    }
    return Prediction(**(values | changed))


def save(
    records: Records,
    seed: int = 0,
    probability: float = 0.75,
    *,
    reader: str = "Ann",
    warnings: tuple[str, ...] = (),
    **changed: Any,
) -> Saved:
    found = prediction(probability, **({"saliency_map": saliency_map(seed)} | changed))
    return records.save(radiograph(seed), found, reader=reader, warnings=warnings)


def shown(records: Records, case_id: str) -> Scoring:
    """The scoring that a case shows."""
    return records.case(case_id).summary.scoring


def review(
    records: Records, case_id: str, opinion: Opinion | None = None, *, reader: str = "Ann", seen: Scoring | None = None
) -> Review:
    """Review a case, in agreement if no opinion is given; as it is now, or as it was seen."""
    return records.review(case_id, opinion or Opinion("agree"), reader=reader, seen=seen or shown(records, case_id))
