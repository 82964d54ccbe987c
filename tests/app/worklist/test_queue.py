"""The queue: results as they come, cancel, fairness, bounds, and no exception that is lost."""

from __future__ import annotations

import dataclasses
import gc
import io
import logging
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from app.settings import ROOT, SAMPLES
from app.worklist import FileResult, Job, NamedFile, QueueFullError, QueueLimits, ScoringQueue, Snapshot
from app.worklist import queue as queue_module
from app.worklist.reading import THUMBNAIL_SIDE
from model.artifact import PRETRAINED
from model.errors import ArtifactError, InputRangeError
from model.input_gate import NO_LUNGS, GateResult
from model.predictor import Prediction, Predictor
from model.radiograph import Radiograph, read
from tests.app.driving import png
from tests.made import made_radiograph

PATIENCE_S = 20.0


class StubScorer:
    """Scores by the mean grey; can be held, can fail, and notes what it was asked."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.at_work = threading.Event()
        self.asked: list[float] = []
        self.fails: Callable[[int], BaseException | None] = lambda _: None
        self.refuses: Callable[[int], bool] = lambda _: False
        self.probability = 0.9

    def predict(self, radiograph: Radiograph, *, operating_point: str = "balanced") -> Prediction:
        number = len(self.asked)
        self.asked.append(float(radiograph.pixels.mean()))
        self.at_work.set()
        assert self.go.wait(PATIENCE_S)
        if error := self.fails(number):
            raise error
        refused = self.refuses(number)
        return Prediction(
            probability=self.probability,
            decision="Pneumonia",
            threshold=0.5,
            operating_point=operating_point,
            indeterminate=False,
            explained_class="Pneumonia",
            saliency_map=np.zeros((7, 7), np.float32),
            model_version="made-1",
            gate=GateResult(not refused, 0.5, NO_LUNGS if refused else "", np.zeros((4, 4), np.float32)),
        )


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


# ---------------------------------------------------------------------------------------------------- results


def test_a_list_is_scored_in_its_order(queue: ScoringQueue, scorer: StubScorer) -> None:
    end = finished(queue.submit(files(7), scorer, owner="a", operating_point="rule_out"))
    assert (end.state, end.total, end.done, end.problem) == ("done", 7, 7, "")
    assert end.seconds_left is None
    assert [(one.index, one.name, one.status) for one in end.results] == [(n, f"{n}.png", "ok") for n in range(7)]
    first = end.results[0]
    assert first.prediction is not None
    assert first.prediction.operating_point == "rule_out"
    assert (first.size, first.format, first.message, first.data) == ((64, 64), "PNG", "", None)
    assert len(first.pixel_sha256) == 64
    assert first.seconds > 0


def test_an_empty_list_is_done(queue: ScoringQueue, scorer: StubScorer) -> None:
    assert queue.submit([], scorer, owner="a").snapshot().state == "done"


def test_results_come_one_by_one_with_an_estimate(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.go.clear()
    job = queue.submit(files(3), scorer, owner="a")
    wait(scorer.at_work.is_set)
    start = job.snapshot()
    assert (start.state, start.done, start.seconds_left, start.lists) == ("running", 0, None, 1)
    released = 0

    def hold(number: int) -> None:
        nonlocal released
        released = number
        if number == 1:
            scorer.at_work.clear()
            scorer.go.clear()

    scorer.fails = hold
    scorer.go.set()
    wait(lambda: job.snapshot().done >= 2)
    wait(scorer.at_work.is_set)
    middle = job.snapshot()
    assert middle.done == 2
    assert middle.seconds_left is not None
    assert 0 < middle.seconds_left < PATIENCE_S
    assert start.done == 0, "A snapshot does not change."
    scorer.go.set()
    assert finished(job).done == 3


def test_snapshots_and_results_cannot_be_changed(queue: ScoringQueue, scorer: StubScorer) -> None:
    end = finished(queue.submit(files(1), scorer, owner="a"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        end.state = "waiting"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        end.results[0].status = "ok"  # type: ignore[misc]


def test_what_cannot_be_read_has_its_message_and_the_others_their_score(
    queue: ScoringQueue, scorer: StubScorer
) -> None:
    tiny = NamedFile("Doe^Jane.png", png(pneumonia=False, size=(20, 20)))
    given = [files(1)[0], NamedFile("text", b"hello"), tiny, NamedFile("empty", b""), files(1, first=9)[0]]
    end = finished(queue.submit(given, scorer, owner="a"))
    assert [one.status for one in end.results] == ["ok", "error", "rejected", "error", "ok"]
    assert "looks like a text file" in end.results[1].message
    assert "20 x 20 pixels" in end.results[2].message
    assert "Jane" not in end.results[2].message
    assert "Jane" not in repr(end.results)
    assert all(one.prediction is None and one.thumbnail == b"" for one in end.results[1:4])


def test_what_the_gate_refuses_is_not_scored_unless_asked(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.refuses = lambda _: True
    (refused,) = finished(queue.submit(files(1), scorer, owner="a")).results
    assert refused.status == "rejected"
    assert refused.prediction is None
    assert NO_LUNGS in refused.message
    (anyway,) = finished(queue.submit(files(1), scorer, owner="a", anyway=True)).results
    assert anyway.status == "ok"
    assert anyway.prediction is not None
    assert anyway.message == f"Scored although {NO_LUNGS}."


def test_the_same_pixels_twice_are_reported_in_any_format(queue: ScoringQueue, scorer: StubScorer) -> None:
    picture = made_radiograph(4, pneumonia=True, size=(70, 70))
    forms = []
    for format_ in ("PNG", "TIFF"):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, format_)
        forms.append(NamedFile(format_, file.getvalue()))
    broken = NamedFile("x", b"no")
    given = [*files(1), forms[0], broken, broken, forms[1], forms[1]]
    end = finished(queue.submit(given, scorer, owner="a"))
    assert [one.duplicate_of for one in end.results] == [None, None, None, None, 1, 1]
    again = finished(queue.submit(given, scorer, owner="a"))
    assert again.results[0].duplicate_of is None, "Lists do not know of each other."


@pytest.mark.parametrize("probability", [float("nan"), 1.5, -0.1])
def test_a_score_that_cannot_be_is_an_error(queue: ScoringQueue, scorer: StubScorer, probability: float) -> None:
    scorer.probability = probability
    (one,) = finished(queue.submit(files(1), scorer, owner="a")).results
    assert one.status == "error"
    assert one.prediction is None
    assert "expected 0 to 1" in one.message


# ----------------------------------------------------------------------------------------------------- errors


def test_an_unexpected_error_of_one_file_costs_only_it(
    queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture
) -> None:
    errors: dict[int, BaseException] = {1: KeyError("Doe^Jane"), 2: InputRangeError("not finite"), 3: MemoryError()}
    scorer.fails = errors.get
    end = finished(queue.submit(files(5), scorer, owner="a"))
    assert [one.status for one in end.results] == ["ok", "error", "error", "error", "ok"]
    assert "unexpected KeyError" in end.results[1].message
    assert end.results[2].message == "not finite"
    assert "KeyError" in caplog.text
    assert "Jane" not in caplog.text + str([one.message for one in end.results])


def test_a_decoder_that_panics_costs_only_its_file(
    queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicError(BaseException):
        """What a decoder written in Rust raises."""

    def panic(data: bytes, *, name: str) -> Radiograph:
        if data == b"panic":
            raise PanicError
        return Radiograph(made_radiograph(1, pneumonia=False), name)

    monkeypatch.setattr("app.worklist.reading.decode", panic)
    end = finished(queue.submit([NamedFile("a", b"panic"), *files(1)], scorer, owner="a"))
    assert [one.status for one in end.results] == ["error", "ok"]
    assert "PanicError" in end.results[0].message


def test_a_broken_model_stops_the_list_and_not_the_others(queue: ScoringQueue, scorer: StubScorer) -> None:
    broken = StubScorer()
    broken.fails = lambda number: ArtifactError("No such operating point.") if number == 1 else None
    one, other = queue.submit(files(5), broken, owner="a"), queue.submit(files(5), scorer, owner="b")
    end = finished(one)
    assert (end.state, end.problem, end.done) == ("failed", "No such operating point.", 1)
    assert finished(other).state == "done"


def test_a_crash_of_the_thread_reaches_every_list_and_the_next_list_is_scored(
    queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: Any, **__: Any) -> FileResult:
        raise SystemExit("Doe^Jane")

    with monkeypatch.context() as patch:
        patch.setattr(queue_module, "judge", crash)
        end = finished(queue.submit(files(3), scorer, owner="a"))
        assert end.state == "failed"
        assert "stopped unexpectedly (SystemExit)" in end.problem
        wait(lambda: "SystemExit" in caplog.text)
        assert "Jane" not in caplog.text
    assert finished(queue.submit(files(3), scorer, owner="a")).state == "done"


def test_results_are_handed_over_with_their_pixels_and_a_failure_is_noted(
    queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[tuple[int, bool]] = []

    def save(result: FileResult, radiograph: Radiograph | None) -> None:
        got.append((result.index, radiograph is not None))
        if result.index == 1:
            raise OSError("Doe^Jane")

    given = [*files(2), NamedFile("x", b"no")]
    end = finished(queue.submit(given, scorer, owner="a", on_result=save))
    assert got == [(0, True), (1, True), (2, False)]
    assert (end.state, end.done, end.not_handed_over) == ("done", 3, (1,))
    assert "OSError" in caplog.text
    assert "Jane" not in caplog.text


# ----------------------------------------------------------------------------------------------------- cancel


def test_cancel_finishes_the_file_in_hand_and_stops(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.go.clear()
    job = queue.submit(files(10), scorer, owner="a")
    wait(scorer.at_work.is_set)
    job.cancel()
    assert job.snapshot().state == "stopping"
    job.cancel()
    scorer.go.set()
    end = finished(job)
    assert (end.state, end.done, len(scorer.asked)) == ("cancelled", 1, 1)
    job.cancel()
    assert job.snapshot().state == "cancelled"


def test_cancel_before_the_first_file_is_immediate(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.go.clear()
    queue.submit(files(1), scorer, owner="a")
    wait(scorer.at_work.is_set)
    job = queue.submit(files(3, first=20), scorer, owner="b")
    job.cancel()
    assert job.snapshot().state == "cancelled"
    scorer.go.set()
    wait(lambda: len(scorer.asked) >= 1)
    assert job.snapshot().done == 0


def test_cancel_at_any_moment_ends_in_a_consistent_state(queue: ScoringQueue, scorer: StubScorer) -> None:
    given = files(6)
    for delay in np.linspace(0, 0.03, 25):
        job = queue.submit(given, scorer, owner="a")
        time.sleep(delay)
        job.cancel()
        end = finished(job)
        assert end.state in ("cancelled", "done")
        assert [one.index for one in end.results] == list(range(end.done))
        assert (end.state == "done") == (end.done == 6)


def test_closing_the_queue_cancels_everything(scorer: StubScorer) -> None:
    queue = ScoringQueue()
    assert queue.close(1)
    scorer.go.clear()
    jobs = [queue.submit(files(3), scorer, owner=name) for name in "ab"]
    wait(scorer.at_work.is_set)
    assert not queue.close(0.01)
    scorer.go.set()
    assert queue.close(PATIENCE_S)
    assert [job.snapshot().state for job in jobs] == ["cancelled", "cancelled"]


# --------------------------------------------------------------------------------------- sharing and bounds


def test_lists_take_turns(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.go.clear()
    long = queue.submit(files(30), scorer, owner="a")
    wait(scorer.at_work.is_set)
    short = queue.submit(files(2, first=100), scorer, owner="b")
    assert short.snapshot().lists == 2
    scorer.go.set()
    finished(short)
    assert long.snapshot().done < 30
    of_short = {float(made_radiograph(seed, pneumonia=False, size=(64, 64)).mean()) for seed in (100, 101)}
    turns = [mean in of_short for mean in scorer.asked]
    # Three of the long list were under way before; then it is turn by turn.
    assert sum(turns[:7]) == 2
    finished(long)


def test_an_owner_has_one_unfinished_list_and_lists_are_bounded(scorer: StubScorer) -> None:
    queue = ScoringQueue(QueueLimits(lists=2, files=4, waiting_bytes=100_000))
    scorer.go.clear()
    one = queue.submit(files(2), scorer, owner="a")
    with pytest.raises(QueueFullError, match="A list of yours"):
        queue.submit(files(2), scorer, owner="a")
    with pytest.raises(QueueFullError, match="5 files were given"):
        queue.submit(files(5), scorer, owner="b")
    with pytest.raises(QueueFullError, match="MiB"):
        queue.submit([NamedFile("large", bytes(100_001))], scorer, owner="b")
    queue.submit(files(2), scorer, owner="b")
    with pytest.raises(QueueFullError, match="2 lists are being scored"):
        queue.submit(files(2), scorer, owner="c")
    one.cancel()
    scorer.go.set()
    finished(one)
    finished(queue.submit(files(2), scorer, owner="c"))
    assert queue.close(PATIENCE_S)


def test_a_list_that_nobody_asks_about_is_freed(scorer: StubScorer) -> None:
    now = [0.0]
    queue = ScoringQueue(QueueLimits(abandoned_after_s=60), clock=lambda: now[0])
    scorer.go.clear()
    left, watched = queue.submit(files(5), scorer, owner="a"), queue.submit(files(5), scorer, owner="b")
    wait(scorer.at_work.is_set)
    now[0] = 50
    watched.snapshot()
    now[0] = 70
    scorer.go.set()
    assert finished(watched).state == "done"
    end = left.snapshot()
    assert (end.state, end.done) == ("abandoned", 0)
    assert "Give the files again" in end.problem
    assert left.waiting_bytes == 0
    assert queue.close(PATIENCE_S)


def test_an_abandoned_list_makes_room_at_once(scorer: StubScorer) -> None:
    now = [0.0]
    queue = ScoringQueue(QueueLimits(lists=1, abandoned_after_s=60), clock=lambda: now[0])
    scorer.go.clear()
    queue.submit(files(5), scorer, owner="a")
    wait(scorer.at_work.is_set)
    now[0] = 61
    again = queue.submit(files(1), scorer, owner="a")
    scorer.go.set()
    assert finished(again).state == "done"
    assert queue.close(PATIENCE_S)


def test_neither_pixels_nor_files_are_kept(queue: ScoringQueue, scorer: StubScorer) -> None:
    alive: list[weakref.ref[Any]] = []

    def watch(_: FileResult, radiograph: Radiograph | None) -> None:
        alive.append(weakref.ref(radiograph))

    large = [NamedFile(f"{seed}", png(pneumonia=True, seed=seed, size=(900, 700))) for seed in range(4)]
    end = finished(queue.submit(large, scorer, owner="a", on_result=watch))
    assert queue.close(PATIENCE_S)
    gc.collect()
    assert [reference() for reference in alive] == [None] * 4
    assert all(one.data is None for one in end.results)
    for one in end.results:
        shown = cv2.imdecode(np.frombuffer(one.thumbnail, np.uint8), cv2.IMREAD_UNCHANGED)
        assert shown is not None
        assert shown.shape == (THUMBNAIL_SIDE, round(700 * THUMBNAIL_SIDE / 900))
        assert len(one.thumbnail) < 20_000


def test_few_files_are_decoded_ahead(queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    prepare = queue_module.prepare

    def count(data: bytes) -> Any:
        begun.append(len(data))
        return prepare(data)

    monkeypatch.setattr(queue_module, "prepare", count)
    scorer.go.clear()
    job = queue.submit(files(10), scorer, owner="a")
    wait(scorer.at_work.is_set)
    wait(lambda: len(begun) == 3)
    time.sleep(0.05)
    assert len(begun) == 3, "The one in hand and two ahead; the others were decoded while the network was busy."
    job.cancel()


def test_files_are_kept_where_asked(queue: ScoringQueue, scorer: StubScorer) -> None:
    given = [*files(2), NamedFile("x", b"no")]
    end = finished(queue.submit(given, scorer, owner="a", keep_data=True))
    assert [one.data for one in end.results] == [file.data for file in given]


def test_many_threads_submit_poll_and_cancel(scorer: StubScorer) -> None:
    queue = ScoringQueue(QueueLimits(lists=100))
    ends: list[Snapshot] = []

    def session(number: int) -> None:
        for turn in range(4):
            job = queue.submit(files(3, first=number), scorer, owner=str(number))
            if (number + turn) % 3 == 0:
                job.cancel()
            ends.append(finished(job))

    threads = [threading.Thread(target=session, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(ends) == 32
    assert {end.state for end in ends} <= {"done", "cancelled"}
    assert all(end.done == 3 for end in ends if end.state == "done")
    assert queue.close(PATIENCE_S)


def test_a_thread_that_cannot_be_started_leaves_nothing_behind(
    queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="can't start"):
            queue.submit(files(1), scorer, owner="a")
    assert finished(queue.submit(files(1), scorer, owner="a")).state == "done"


def test_the_shipped_model_says_the_same_as_on_the_page() -> None:
    """Decoding, gate, score and threshold are those of the one-file page."""
    predictor = Predictor.load(PRETRAINED)
    paths = sorted(SAMPLES.glob("*.png"))[:3]
    given = [
        *(NamedFile(path.name, path.read_bytes()) for path in paths),
        NamedFile("upside down", upside_down(paths[0])),
    ]
    queue = ScoringQueue()
    end = finished(queue.submit(given, predictor, owner="a", operating_point="rule_in"))
    for one, path in zip(end.results, paths, strict=False):
        alone = predictor.predict(read(path), operating_point="rule_in")
        assert one.prediction is not None
        assert one.prediction.probability == pytest.approx(alone.probability, abs=1e-6)
        assert (one.prediction.decision, one.prediction.threshold) == (alone.decision, alone.threshold)
    assert end.results[3].status == "rejected"
    assert "upside down" in end.results[3].message
    wrong = finished(queue.submit(given[:1], predictor, owner="a", operating_point="none"))
    assert wrong.state == "failed"
    assert queue.close(PATIENCE_S)


def upside_down(path: Path) -> bytes:
    file = io.BytesIO()
    Image.open(path).rotate(180).save(file, "PNG")
    return file.getvalue()


def test_logs_name_no_file(queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scorer.fails = lambda number: ValueError("Doe^Jane") if number else None
    given = [NamedFile("Doe^Jane.png", file.data) for file in files(2)]
    finished(queue.submit(given, scorer, owner="a"))
    assert "Jane" not in caplog.text


def test_importing_it_imports_neither_streamlit_nor_tensorflow() -> None:
    code = (
        "import sys, app.worklist\n"
        "slow = {'streamlit', 'tensorflow', 'keras'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
