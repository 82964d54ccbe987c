"""The queue: results as they come, lists that take turns, cancel, bounds, and no exception that is lost."""

from __future__ import annotations

import gc
import io
import itertools
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from app.intake import queue as queue_module
from app.intake.job import Job, Snapshot
from app.intake.queue import QueueFullError, QueueLimits, ScoringQueue
from app.settings import SAMPLES
from model.artifact import PRETRAINED
from model.errors import ArtifactError
from model.intake.limits import NamedFile
from model.predictor import Prediction, Predictor
from model.radiograph import Radiograph, read
from model.result import Result
from tests.app.driving import png
from tests.app.services.predicted import prediction
from tests.made import made_radiograph

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
        return prediction(accepted=not self.rejects, operating_point=operating_point)


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


@pytest.fixture
def scorer() -> Iterator[StubScorer]:
    made = StubScorer()
    yield made
    made.go.set()


@pytest.fixture
def queue(scorer: StubScorer) -> Iterator[ScoringQueue]:
    """No thread of it stays behind."""
    made = ScoringQueue()
    yield made
    scorer.go.set()
    assert made.close(PATIENCE_S)
    assert not [thread for thread in threading.enumerate() if "worklist" in thread.name]


def test_a_list_is_scored_in_its_order_and_its_end_cannot_be_changed(queue: ScoringQueue, scorer: StubScorer) -> None:
    assert queue.submit([], scorer, owner="a").snapshot().state == "done"
    end = scored(queue, scorer, files(7), operating_point="rule_out")
    assert (end.state, end.total, end.done, end.problem, end.seconds_left) == ("done", 7, 7, "", None)
    assert [(one.index, one.name, one.status) for one in end.results] == [(n, f"{n}.png", "ok") for n in range(7)]
    assert {one.prediction and one.prediction.operating_point for one in end.results} == {"rule_out"}
    for one, name in ((end, "state"), (end.results[0], "status")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, "waiting")


def test_results_come_one_by_one_with_an_estimate(queue: ScoringQueue, scorer: StubScorer) -> None:
    def hold(number: int) -> None:
        if number == 1:
            scorer.at_work.clear()
            scorer.go.clear()

    job, scorer.fails = held(queue, scorer, files(3)), hold
    start = job.snapshot()
    assert (start.state, start.done, start.seconds_left, start.lists) == ("running", 0, None, 1)
    scorer.go.set()
    wait(lambda: job.snapshot().done >= 2 and scorer.at_work.is_set())
    middle = job.snapshot()
    assert (start.done, middle.done) == (0, 2)
    assert 0 < (middle.seconds_left or 0) < PATIENCE_S
    scorer.go.set()
    assert finished(job).done == 3


def test_a_file_that_cannot_be_read_or_scored_costs_only_itself_and_no_log_names_it(
    queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scorer.fails = {1: KeyError("Doe^Jane")}.get
    good, tiny = [file.data for file in files(3)], png(pneumonia=False, size=(20, 20))
    given = [NamedFile("Doe^Jane.png", data) for data in (good[0], b"hello", tiny, b"", good[1], good[2])]
    end = scored(queue, scorer, given)
    assert [one.status for one in end.results] == ["ok", "error", "rejected", "error", "error", "ok"]
    assert "KeyError" in caplog.text
    assert "Jane" not in caplog.text + repr(end.results) + str([one.message for one in end.results])


@pytest.mark.parametrize(("anyway", "status"), [(False, "rejected"), (True, "ok")])
def test_what_the_input_check_rejects_is_not_scored_unless_asked(
    queue: ScoringQueue, scorer: StubScorer, anyway: bool, status: str
) -> None:
    scorer.rejects = True
    (one,) = scored(queue, scorer, files(1), anyway=anyway).results
    assert (one.status, one.prediction is not None) == (status, anyway)


def test_the_same_pixels_twice_are_reported_in_any_format(queue: ScoringQueue, scorer: StubScorer) -> None:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(4, pneumonia=True, size=(70, 70))).save(file, "TIFF")
    same, broken = NamedFile("TIFF", file.getvalue()), NamedFile("x", b"no")
    given = [*files(1), NamedFile("PNG", png(pneumonia=True, seed=4, size=(70, 70))), broken, broken, same, same]
    for end in (scored(queue, scorer, given), scored(queue, scorer, given)):  # lists do not know of each other
        assert [one.duplicate_of for one in end.results] == [None, None, None, None, 1, 1]


def test_a_broken_model_stops_the_list_and_not_the_others(queue: ScoringQueue, scorer: StubScorer) -> None:
    broken = StubScorer()
    broken.fails = {1: ArtifactError("made up")}.get
    one, other = queue.submit(files(5), broken, owner="a"), queue.submit(files(5), scorer, owner="b")
    end = finished(one)
    assert (end.state, end.problem, end.done) == ("failed", "made up", 1)
    assert finished(other).state == "done"


def test_a_crash_of_the_thread_reaches_every_list_and_the_next_list_is_scored(
    queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(queue_module, "judge", Mock(side_effect=SystemExit("Doe^Jane")))
        end = scored(queue, scorer, files(3))
        assert (end.state, "SystemExit" in end.problem) == ("failed", True)
        wait(lambda: "SystemExit" in caplog.text)
        assert "Jane" not in caplog.text
    assert scored(queue, scorer, files(3)).state == "done"


def test_results_are_handed_over_with_their_pixels_and_files_and_a_failure_is_noted(
    queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[tuple[int, bool]] = []

    def save(result: Result, radiograph: Radiograph | None) -> None:
        got.append((result.index, radiograph is not None))
        if result.index == 1:
            raise OSError("Doe^Jane")

    given = [*files(2), NamedFile("x", b"no")]
    end = scored(queue, scorer, given, keep_data=True, on_result=save)
    assert got == [(0, True), (1, True), (2, False)]
    assert (end.state, end.done, end.not_handed_over) == ("done", 3, (1,))
    assert [one.data for one in end.results] == [file.data for file in given]
    assert ("OSError" in caplog.text, "Jane" in caplog.text) == (True, False)


def test_cancel_finishes_the_file_in_hand_and_stops(queue: ScoringQueue, scorer: StubScorer) -> None:
    job = held(queue, scorer, files(10))
    for _ in range(2):
        job.cancel()
        assert job.snapshot().state == "stopping"
    scorer.go.set()
    end = finished(job)
    assert (end.state, end.done, len(scorer.asked)) == ("cancelled", 1, 1)
    job.cancel()
    assert job.snapshot().state == "cancelled"


def test_cancel_before_the_first_file_is_immediate(queue: ScoringQueue, scorer: StubScorer) -> None:
    held(queue, scorer, files(1))
    job = queue.submit(files(3, first=20), scorer, owner="b")
    job.cancel()
    assert job.snapshot().state == "cancelled"
    scorer.go.set()
    assert queue.close(PATIENCE_S)
    assert (job.snapshot().done, len(scorer.asked)) == (0, 1)


def test_cancel_at_any_moment_ends_in_a_consistent_state(queue: ScoringQueue, scorer: StubScorer) -> None:
    given = files(6)
    for delay in np.linspace(0, 0.03, 25):
        job = queue.submit(given, scorer, owner="a")
        time.sleep(delay)
        job.cancel()
        end = finished(job)
        assert end.state == ("done" if end.done == 6 else "cancelled")
        assert [one.index for one in end.results] == list(range(end.done))


def test_closing_the_queue_cancels_everything(queue: ScoringQueue, scorer: StubScorer) -> None:
    assert queue.close(1)
    jobs = [held(queue, scorer, files(3)), queue.submit(files(3), scorer, owner="b")]
    assert not queue.close(0.01)
    scorer.go.set()
    assert queue.close(PATIENCE_S)
    assert [job.snapshot().state for job in jobs] == ["cancelled", "cancelled"]


def test_lists_take_turns(queue: ScoringQueue, scorer: StubScorer) -> None:
    long = held(queue, scorer, files(30))
    short = queue.submit(files(4, first=100), scorer, owner="b")
    assert short.snapshot().lists == 2
    scorer.go.set()
    finished(short)
    assert long.snapshot().done < 30
    of_short = {float(made_radiograph(seed, pneumonia=False, size=(64, 64)).mean()) for seed in range(100, 104)}
    turns = [mean in of_short for mean in scorer.asked]
    # Three of the long list were under way before; then it is turn by turn.
    assert sum(turns[:11]) == 4
    assert not any(one and other for one, other in itertools.pairwise(turns)), "The short list takes turns, too."
    finished(long)


def test_an_owner_has_one_unfinished_list_and_lists_are_bounded(scorer: StubScorer) -> None:
    queue = ScoringQueue(QueueLimits(lists=2, files=4, waiting_bytes=100_000))
    scorer.go.clear()
    one = queue.submit(files(2), scorer, owner="a")
    large = [NamedFile("large", bytes(100_001))]
    for owner, given, said in (("a", files(2), "yours"), ("b", files(5), "5 files"), ("b", large, "MiB")):
        with pytest.raises(QueueFullError, match=said):
            queue.submit(given, scorer, owner=owner)
    queue.submit(files(2), scorer, owner="b")
    with pytest.raises(QueueFullError, match="2 lists"):
        queue.submit(files(2), scorer, owner="c")
    one.cancel()
    scorer.go.set()
    finished(one)
    finished(queue.submit(files(2), scorer, owner="c"))
    assert queue.close(PATIENCE_S)


def test_a_list_that_nobody_asks_about_is_freed_and_makes_room_at_once(scorer: StubScorer) -> None:
    now = [0.0]
    queue = ScoringQueue(QueueLimits(lists=2, abandoned_after_s=60), clock=lambda: now[0])
    left, watched = held(queue, scorer, files(5)), queue.submit(files(5), scorer, owner="b")
    now[0] = 50
    watched.snapshot()
    now[0] = 70
    again = queue.submit(files(1), scorer, owner="a")
    assert (left.waiting_bytes, watched.is_finished) == (0, False)
    now[0] = 115
    scorer.go.set()
    assert finished(again).state == "done"
    ends = [left.snapshot(), finished(watched)]
    assert [(end.state, end.done) for end in ends] == [("abandoned", 0)] * 2, "The thread looks, too."
    assert "removed" in ends[0].problem
    assert queue.close(PATIENCE_S)


def test_neither_pixels_nor_files_are_kept(queue: ScoringQueue, scorer: StubScorer) -> None:
    alive: list[weakref.ref[Any]] = []
    large = [NamedFile(f"{seed}", png(pneumonia=True, seed=seed, size=(900, 700))) for seed in range(4)]
    end = scored(queue, scorer, large, on_result=lambda _, radiograph: alive.append(weakref.ref(radiograph)))
    assert queue.close(PATIENCE_S)
    gc.collect()
    assert [reference() for reference in alive] == [None] * 4
    assert [(one.data, 0 < len(one.thumbnail) < 20_000) for one in end.results] == [(None, True)] * 4


def test_few_files_are_decoded_ahead(queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = Mock(wraps=queue_module.prepare)
    monkeypatch.setattr(queue_module, "prepare", prepare)
    given = files(10)
    job = held(queue, scorer, given)
    wait(lambda: prepare.call_count == 3)
    # The thread that hands out files is held by the network: the one in hand and two ahead were all.
    assert job.waiting_bytes == sum(len(file.data) for file in given[3:])
    job.cancel()


def test_many_threads_submit_poll_and_cancel(scorer: StubScorer) -> None:
    queue = ScoringQueue(QueueLimits(lists=100))

    def session(number: int) -> list[Snapshot]:
        ends = []
        for turn in range(4):
            job = queue.submit(files(3, first=number), scorer, owner=str(number))
            if (number + turn) % 3 == 0:
                job.cancel()
            ends.append(finished(job))
        return ends

    with ThreadPoolExecutor(8) as pool:
        ends = [end for many in pool.map(session, range(8)) for end in many]
    assert len(ends) == 32
    assert {(end.state, end.done) for end in ends} <= {("done", 3), *(("cancelled", done) for done in range(3))}
    assert queue.close(PATIENCE_S)


def test_a_thread_that_cannot_be_started_leaves_nothing_behind(
    queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("no thread")))
        with pytest.raises(RuntimeError, match="no thread"):
            queue.submit(files(1), scorer, owner="a")
    assert scored(queue, scorer, files(1)).state == "done"


def test_the_shipped_model_decodes_checks_and_decides_as_on_the_page() -> None:
    predictor, paths, file = Predictor.load(PRETRAINED), sorted(SAMPLES.glob("*.png"))[:3], io.BytesIO()
    Image.open(paths[0]).rotate(180).save(file, "PNG")
    given = [*(NamedFile(path.name, path.read_bytes()) for path in paths), NamedFile("turned", file.getvalue())]
    queue = ScoringQueue()
    end = finished(queue.submit(given, predictor, owner="a", operating_point="rule_in"))
    for one, path in zip(end.results, paths, strict=False):
        alone = predictor.predict(read(path), operating_point="rule_in")
        assert one.prediction is not None
        assert one.prediction.probability == pytest.approx(alone.probability, abs=1e-6)
        assert (one.prediction.decision, one.prediction.threshold) == (alone.decision, alone.threshold)
    assert (end.results[3].status, "upside down" in end.results[3].message) == ("rejected", True)
    assert finished(queue.submit(given[:1], predictor, owner="a", operating_point="none")).state == "failed"
    assert queue.close(PATIENCE_S)
