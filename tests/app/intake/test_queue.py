"""The queue: results as they come, cancel, and no exception that is lost."""

from __future__ import annotations

import dataclasses
import io
import logging
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.intake import queue as queue_module
from app.intake.limits import NamedFile
from app.intake.queue import ScoringQueue
from model.errors import ArtifactError, InputRangeError
from model.input_gate import NO_LUNGS
from model.radiograph import Radiograph
from model.result import Result
from tests.app.driving import png
from tests.app.intake.stub import PATIENCE_S, StubScorer, files, finished, wait
from tests.made import made_radiograph


def test_a_list_is_scored_in_its_order(queue: ScoringQueue, scorer: StubScorer) -> None:
    end = finished(queue.submit(files(7), scorer, owner="a", operating_point="rule_out"))
    assert (end.state, end.total, end.done, end.problem, end.seconds_left) == ("done", 7, 7, "", None)
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

    def hold(number: int) -> None:
        if number == 1:
            scorer.at_work.clear()
            scorer.go.clear()

    scorer.fails = hold
    scorer.go.set()
    wait(lambda: job.snapshot().done >= 2)
    wait(scorer.at_work.is_set)
    middle = job.snapshot()
    assert middle.done == 2
    assert 0 < (middle.seconds_left or 0) < PATIENCE_S
    assert start.done == 0, "A snapshot does not change."
    scorer.go.set()
    assert finished(job).done == 3


def test_snapshots_and_results_cannot_be_changed(queue: ScoringQueue, scorer: StubScorer) -> None:
    end = finished(queue.submit(files(1), scorer, owner="a"))
    for one, name in ((end, "state"), (end.results[0], "status")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, name, "waiting")


def test_what_cannot_be_read_has_its_message_and_the_others_their_score(
    queue: ScoringQueue, scorer: StubScorer
) -> None:
    tiny = NamedFile("Doe^Jane.png", png(pneumonia=False, size=(20, 20)))
    given = [files(1)[0], NamedFile("text", b"hello"), tiny, NamedFile("empty", b""), files(1, first=9)[0]]
    end = finished(queue.submit(given, scorer, owner="a"))
    assert [one.status for one in end.results] == ["ok", "error", "rejected", "error", "ok"]
    assert "text file" in end.results[1].message
    assert "20 x 20 pixels" in end.results[2].message
    assert "Jane" not in end.results[2].message + repr(end.results)
    assert all(one.prediction is None and one.thumbnail == b"" for one in end.results[1:4])


def test_what_the_gate_refuses_is_not_scored_unless_asked(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.refuses = lambda _: True
    (refused,) = finished(queue.submit(files(1), scorer, owner="a")).results
    assert (refused.status, refused.prediction) == ("rejected", None)
    assert NO_LUNGS in refused.message
    (anyway,) = finished(queue.submit(files(1), scorer, owner="a", anyway=True)).results
    assert anyway.prediction is not None
    assert (anyway.status, anyway.message) == ("ok", "")
    assert NO_LUNGS in anyway.warnings[0]


def test_the_same_pixels_twice_are_reported_in_any_format(queue: ScoringQueue, scorer: StubScorer) -> None:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(4, pneumonia=True, size=(70, 70))).save(file, "TIFF")
    same, broken = NamedFile("TIFF", file.getvalue()), NamedFile("x", b"no")
    given = [*files(1), NamedFile("PNG", png(pneumonia=True, seed=4, size=(70, 70))), broken, broken, same, same]
    end = finished(queue.submit(given, scorer, owner="a"))
    assert [one.duplicate_of for one in end.results] == [None, None, None, None, 1, 1]
    again = finished(queue.submit(given, scorer, owner="a"))
    assert again.results[0].duplicate_of is None, "Lists do not know of each other."


@pytest.mark.parametrize("probability", [float("nan"), 1.5, -0.1])
def test_a_score_that_cannot_be_is_an_error(queue: ScoringQueue, scorer: StubScorer, probability: float) -> None:
    scorer.probability = probability
    (one,) = finished(queue.submit(files(1), scorer, owner="a")).results
    assert (one.status, one.prediction) == ("error", None)
    assert "0 to 1" in one.message


def test_an_unexpected_error_of_one_file_costs_only_it_and_no_log_names_the_file(
    queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: dict[int, BaseException] = {1: KeyError("Doe^Jane"), 2: InputRangeError("not finite"), 3: MemoryError()}
    scorer.fails = errors.get
    given = [NamedFile("Doe^Jane.png", file.data) for file in files(5)]
    end = finished(queue.submit(given, scorer, owner="a"))
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

    monkeypatch.setattr("model.scoring.decode", panic)
    end = finished(queue.submit([NamedFile("a", b"panic"), *files(1)], scorer, owner="a"))
    assert [one.status for one in end.results] == ["error", "ok"]
    assert "PanicError" in end.results[0].message


def test_a_broken_model_stops_the_list_and_not_the_others(queue: ScoringQueue, scorer: StubScorer) -> None:
    broken = StubScorer()
    broken.fails = lambda number: ArtifactError("made up") if number == 1 else None
    one, other = queue.submit(files(5), broken, owner="a"), queue.submit(files(5), scorer, owner="b")
    end = finished(one)
    assert (end.state, end.problem, end.done) == ("failed", "made up", 1)
    assert finished(other).state == "done"


def test_a_crash_of_the_thread_reaches_every_list_and_the_next_list_is_scored(
    queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: Any, **__: Any) -> Result:
        raise SystemExit("Doe^Jane")

    with monkeypatch.context() as patch:
        patch.setattr(queue_module, "judge", crash)
        end = finished(queue.submit(files(3), scorer, owner="a"))
        assert end.state == "failed"
        assert "SystemExit" in end.problem
        wait(lambda: "SystemExit" in caplog.text)
        assert "Jane" not in caplog.text
    assert finished(queue.submit(files(3), scorer, owner="a")).state == "done"


def test_results_are_handed_over_with_their_pixels_and_files_and_a_failure_is_noted(
    queue: ScoringQueue, scorer: StubScorer, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[tuple[int, bool]] = []

    def save(result: Result, radiograph: Radiograph | None) -> None:
        got.append((result.index, radiograph is not None))
        if result.index == 1:
            raise OSError("Doe^Jane")

    given = [*files(2), NamedFile("x", b"no")]
    end = finished(queue.submit(given, scorer, owner="a", keep_data=True, on_result=save))
    assert got == [(0, True), (1, True), (2, False)]
    assert (end.state, end.done, end.not_handed_over) == ("done", 3, (1,))
    assert [one.data for one in end.results] == [file.data for file in given]
    assert "OSError" in caplog.text
    assert "Jane" not in caplog.text


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
    assert queue.close(PATIENCE_S)
    assert (job.snapshot().done, len(scorer.asked)) == (0, 1)


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
