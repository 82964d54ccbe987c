"""Fixtures: a scorer that is let go, and a queue that leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.intake.queue import ScoringQueue
from tests.app.intake.stub import PATIENCE_S, StubScorer


@pytest.fixture
def scorer() -> Iterator[StubScorer]:
    made = StubScorer()
    yield made
    made.go.set()


@pytest.fixture
def queue(scorer: StubScorer) -> Iterator[ScoringQueue]:
    made = ScoringQueue()
    yield made
    scorer.go.set()
    assert made.close(PATIENCE_S)
    assert not [thread for thread in threading.enumerate() if "worklist" in thread.name]
