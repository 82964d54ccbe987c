"""Lists of files, scored in the background and taken in turns, so that a short list does not wait for a long one.

One thread a process runs the network while another decodes the next files; both end when nothing is left. A page keeps
the `Job` and asks it for a `Snapshot`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.intake.job import Job, OnResult
from model.errors import ArtifactError, ChestXrayError
from model.intake.limits import LIMITS, MIB, NamedFile
from model.records.manifest import BALANCED
from model.scoring import Prepared, judge, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from model.scoring import Scorer

_LOG = logging.getLogger(__name__)

_CRASHED = "The scoring stopped unexpectedly ({}); the server's log says when. Upload the files again."


class QueueFullError(ChestXrayError):
    """A list cannot be taken now; the message says when it can."""


@dataclass(frozen=True)
class QueueLimits:
    """The most that the queue takes.

    Attributes:
        lists: unfinished at once, of all owners.
        files: of one list.
        waiting_bytes: of files that wait, of all lists.
        ahead: files that are decoded before the network needs them; each may take 100 MB.
        abandoned_after_s: a list nobody asked about for so long is cancelled and freed. Browsers wake a page in the
            background once a minute.
    """

    lists: int = 8
    files: int = LIMITS.files
    waiting_bytes: int = 2 * LIMITS.total_bytes
    ahead: int = 2
    abandoned_after_s: float = 180.0


class ScoringQueue:
    """Scores lists of files; one serves every session of a process, and is safe to use from any thread."""

    def __init__(self, limits: QueueLimits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; no thread is started."""
        self._limits = limits or QueueLimits()
        self._clock = clock
        self._lock = threading.RLock()
        self._jobs: deque[Job] = deque()
        self._worker: threading.Thread | None = None
        self._is_working = False

    def submit(
        self,
        files: Iterable[NamedFile],
        predictor: Scorer,
        *,
        owner: str,
        operating_point: str = BALANCED,
        anyway: bool = False,
        keep_data: bool = False,
        on_result: OnResult | None = None,
    ) -> Job:
        """Begin to score a list; returns at once.

        Args:
            files: each is let go once it is scored; the caller should not keep them either.
            predictor: the loaded model.
            owner: who asks, such as a session: one unfinished list each.
            operating_point: whose threshold decides.
            anyway: whether to score what the input check refuses, with a warning.
            keep_data: whether results carry the file itself.
            on_result: called with each result and its radiograph (None if it was not decoded), in order, on the scoring
                thread; it must not take long. What it raises is logged, and noted in the snapshot.

        Returns:
            The job. Ask it how far it is at least every `QueueLimits.abandoned_after_s`.

        Raises:
            QueueFullError: the owner has an unfinished list, or there are too many, or too many files or bytes.
        """
        given = tuple(files)
        with self._lock:
            self._reap()
            self._check(given, owner)
            job = Job(
                given,
                predictor,
                owner=owner,
                operating_point=operating_point,
                anyway=anyway,
                keep_data=keep_data,
                on_result=on_result,
                lock=self._lock,
                clock=self._clock,
                sharing=lambda: len(self._unfinished()),
            )
            if given:
                self._start()
                self._jobs.append(job)
        return job

    def close(self, timeout_s: float | None = None) -> bool:
        """Cancel every list and wait for the file in hand; returns whether the scoring thread ended."""
        with self._lock:
            worker = self._worker
            for job in self._jobs:
                job.cancel()
        if worker is not None:
            worker.join(timeout_s)
        return worker is None or not worker.is_alive()

    def _start(self) -> None:
        """Start the thread if none is at work; under the lock, for which the thread waits."""
        if not self._is_working:
            worker = threading.Thread(target=self._work, args=(self._worker,), name="score-worklist", daemon=True)
            worker.start()
            self._worker, self._is_working = worker, True

    def _check(self, files: tuple[NamedFile, ...], owner: str) -> None:
        limits, unfinished = self._limits, self._unfinished()
        if any(job.owner == owner for job in unfinished):
            raise QueueFullError("A list of yours is still being scored. Wait until it is done, or cancel it.")
        if len(unfinished) >= limits.lists:
            raise QueueFullError(
                f"{len(unfinished)} lists are being scored; the limit is {limits.lists}. Try again in a few minutes."
            )
        if len(files) > limits.files:
            raise QueueFullError(f"{len(files)} files were uploaded; the limit is {limits.files}. Upload fewer.")
        waiting = sum(job.waiting_bytes for job in unfinished) + sum(len(file.data) for file in files)
        if waiting > limits.waiting_bytes:
            raise QueueFullError(
                f"The waiting files would take {waiting / MIB:,.0f} MiB; the limit is "
                f"{limits.waiting_bytes / MIB:,.0f} MiB. Upload fewer, or try again in a few minutes."
            )

    def _unfinished(self) -> list[Job]:
        return [job for job in self._jobs if not job.is_finished]

    def _reap(self) -> None:
        """Let go of finished lists, and of those that nobody asks about."""
        deadline = self._clock() - self._limits.abandoned_after_s
        for job in self._jobs:
            if not job.is_finished and job.seen_at < deadline:
                _LOG.info("A list was cancelled: nobody asked about it for %.0f s.", self._limits.abandoned_after_s)
                job.abandon()
        self._jobs = deque(self._unfinished())

    def _next(self) -> tuple[Job, int, NamedFile] | None:
        """The next file, of the list whose turn it is."""
        with self._lock:
            self._reap()
            for _ in range(len(self._jobs)):
                job = self._jobs.popleft()
                self._jobs.append(job)
                if taken := job.take():
                    return job, *taken
        return None

    def _work(self, previous: threading.Thread | None) -> None:
        try:
            if previous is not None:
                previous.join()  # it took its leave and may be closing its decoder
            # In the block, so that no thread stays behind when nothing is left.
            with ThreadPoolExecutor(1, thread_name_prefix="decode-worklist") as decoder:
                self._score_all(decoder)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the pages must hear of it
            _LOG.error("The scoring thread stopped: unexpected %s.", type(error).__name__)
            with self._lock:
                self._is_working = False
                for job in self._unfinished():
                    job.fail(_CRASHED.format(type(error).__name__))
                self._jobs.clear()

    def _score_all(self, decoder: ThreadPoolExecutor) -> None:
        ahead: deque[tuple[Job, int, NamedFile, Future[Prepared]]] = deque()
        while True:
            # One more than `ahead`: the first of them is in the network's hand while the others are decoded.
            while len(ahead) <= self._limits.ahead and (taken := self._next()):
                ahead.append((*taken, decoder.submit(prepare, taken[2].data, taken[2].name, taken[1])))
            if ahead:
                self._finish(*ahead.popleft())
                continue
            with self._lock:
                if not self._unfinished():
                    self._jobs.clear()
                    self._is_working = False
                    return

    def _finish(self, job: Job, index: int, file: NamedFile, decoding: Future[Prepared]) -> None:
        if not job.begin(index):
            decoding.cancel()
            return
        prepared = decoding.result()
        try:
            result = judge(prepared, job.predictor, operating_point=job.operating_point, anyway=job.anyway)
        except ArtifactError as error:
            job.fail(str(error))
            return
        job.complete(result, prepared.radiograph, file.data)
