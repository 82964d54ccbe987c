"""The queue: lists take turns, everything is bounded, and nothing is kept or logged that should not be."""

from __future__ import annotations

import gc
import io
import itertools
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from PIL import Image

from app.intake import queue as queue_module
from app.intake.job import Snapshot
from app.intake.limits import NamedFile
from app.intake.queue import QueueFullError, QueueLimits, ScoringQueue
from app.settings import ROOT, SAMPLES
from model.artifact import PRETRAINED
from model.predictor import Predictor
from model.radiograph import Radiograph, read
from model.result import Result
from model.scoring import THUMBNAIL_SIDE
from tests.app.driving import png
from tests.app.intake.stub import PATIENCE_S, StubScorer, files, finished, wait
from tests.made import made_radiograph


def test_lists_take_turns(queue: ScoringQueue, scorer: StubScorer) -> None:
    scorer.go.clear()
    long = queue.submit(files(30), scorer, owner="a")
    wait(scorer.at_work.is_set)
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
    with pytest.raises(QueueFullError, match="A list of yours"):
        queue.submit(files(2), scorer, owner="a")
    with pytest.raises(QueueFullError, match="5 files"):
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


def test_a_list_that_nobody_asks_about_is_freed_and_makes_room_at_once(scorer: StubScorer) -> None:
    now = [0.0]
    queue = ScoringQueue(QueueLimits(lists=2, abandoned_after_s=60), clock=lambda: now[0])
    scorer.go.clear()
    left, watched = queue.submit(files(5), scorer, owner="a"), queue.submit(files(5), scorer, owner="b")
    wait(scorer.at_work.is_set)
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

    def watch(_: Result, radiograph: Radiograph | None) -> None:
        alive.append(weakref.ref(radiograph))

    large = [NamedFile(f"{seed}", png(pneumonia=True, seed=seed, size=(900, 700))) for seed in range(4)]
    end = finished(queue.submit(large, scorer, owner="a", on_result=watch))
    assert queue.close(PATIENCE_S)
    gc.collect()
    assert [reference() for reference in alive] == [None] * 4
    for one in end.results:
        shown = cv2.imdecode(np.frombuffer(one.thumbnail, np.uint8), cv2.IMREAD_UNCHANGED)
        assert shown is not None
        assert (one.data, shown.shape) == (None, (THUMBNAIL_SIDE, round(700 * THUMBNAIL_SIDE / 900)))
        assert len(one.thumbnail) < 20_000


def test_few_files_are_decoded_ahead(queue: ScoringQueue, scorer: StubScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = Mock(wraps=queue_module.prepare)
    monkeypatch.setattr(queue_module, "prepare", prepare)
    scorer.go.clear()
    given = files(10)
    job = queue.submit(given, scorer, owner="a")
    wait(scorer.at_work.is_set)
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
    assert end.results[3].status == "rejected"
    assert "upside down" in end.results[3].message
    assert finished(queue.submit(given[:1], predictor, owner="a", operating_point="none")).state == "failed"
    assert queue.close(PATIENCE_S)


def test_importing_it_imports_neither_streamlit_nor_tensorflow() -> None:
    slow = "{'streamlit', 'tensorflow', 'keras'} & set(sys.modules)"
    code = f"import sys, app.intake.archive, app.intake.queue; assert not {slow}, {slow}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=True)
