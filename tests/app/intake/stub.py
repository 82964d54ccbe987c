"""What the tests of the queue share: a model that can be held and can fail, made files, and waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from app.intake.job import Job, Snapshot
from app.intake.limits import NamedFile
from app.intake.queue import ScoringQueue
from model.input_gate import NO_LUNGS, GateResult
from model.predictor import Prediction
from model.radiograph import Radiograph
from tests.app.driving import png

PATIENCE_S = 20.0


class StubScorer:
    """Can be held, can fail and reject, and notes the mean grey of what it was asked."""

    intended_use = None

    def __init__(self) -> None:
        self.go, self.at_work = threading.Event(), threading.Event()
        self.go.set()
        self.asked: list[float] = []
        self.fails: Callable[[int], BaseException | None] = lambda _: None
        self.rejects = False

    def predict(self, radiograph: Radiograph, *, operating_point: str = "balanced") -> Prediction:
        number = len(self.asked)
        self.asked.append(float(radiograph.pixels.mean()))
        self.at_work.set()
        assert self.go.wait(PATIENCE_S)
        if error := self.fails(number):
            raise error
        return Prediction(
            probability=0.9,
            decision="Pneumonia",
            threshold=0.5,
            operating_point=operating_point,
            indeterminate=False,
            explained_class="Pneumonia",
            saliency_map=np.zeros((7, 7), np.float32),
            model_version="made-1",
            gate=GateResult(not self.rejects, 0.5, NO_LUNGS if self.rejects else "", np.zeros((4, 4), np.float32)),
        )


def files(number: int, *, first: int = 0) -> list[NamedFile]:
    """Made radiographs, each other than the others, of 64 pixels a side."""
    return [NamedFile(f"{first + n}.png", png(pneumonia=False, seed=first + n, size=(64, 64))) for n in range(number)]


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.002)


def finished(job: Job) -> Snapshot:
    wait(lambda: job.snapshot().is_finished)
    return job.snapshot()


def scored(queue: ScoringQueue, scorer: StubScorer, given: Sequence[NamedFile], **wanted: Any) -> Snapshot:
    """The end of a list."""
    return finished(queue.submit(given, scorer, owner="a", **wanted))


def held(queue: ScoringQueue, scorer: StubScorer, given: Sequence[NamedFile]) -> Job:
    """A list whose first file is in the model's hand until `scorer.go` is set."""
    scorer.go.clear()
    job = queue.submit(given, scorer, owner="a")
    assert scorer.at_work.wait(PATIENCE_S)
    return job
