"""One list of files on its way through the queue."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.worklist.result import FileResult, Snapshot, State
from model.radiograph import Radiograph

if TYPE_CHECKING:
    import threading

    from app.worklist.archive import NamedFile
    from model.scoring import Scorer

_LOG = logging.getLogger(__name__)

OnResult = Callable[[FileResult, Radiograph | None], None]

_NEWEST = 0.2
"""Weight of the newest file in the running estimate of the pace."""


class Job:
    """A list that was submitted. Pages use `snapshot` and `cancel`; the rest is the queue's, under its lock."""

    def __init__(
        self,
        files: tuple[NamedFile, ...],
        scorer: Scorer,
        *,
        owner: str,
        operating_point: str,
        anyway: bool,
        keep_data: bool,
        on_result: OnResult | None,
        lock: threading.RLock,
        clock: Callable[[], float],
        sharing: Callable[[], int],
    ) -> None:
        """Made by `ScoringQueue.submit`, which see.

        Args:
            files: to be scored.
            scorer: the loaded model.
            owner: who asks.
            operating_point: whose threshold decides.
            anyway: whether refused pictures are scored.
            keep_data: whether results carry the file.
            on_result: called with each result.
            lock: guards every job of a queue; held for moments only.
            clock: seconds.
            sharing: how many unfinished lists there are.
        """
        self.owner, self.scorer, self.operating_point, self.anyway = owner, scorer, operating_point, anyway
        self.seen_at = clock()
        self._keep_data, self._on_result = keep_data, on_result
        self._lock, self._clock, self._sharing = lock, clock, sharing
        self._total = len(files)
        self._waiting = deque(enumerate(files))
        self._results: list[FileResult] = []
        self._first_with: dict[str, int] = {}
        self._not_handed_over: list[int] = []
        self._state: State = "waiting" if files else "done"
        self._problem = ""
        self._in_hand: int | None = None
        self._timed_at: float | None = None
        self._pace_s: float | None = None

    def snapshot(self) -> Snapshot:
        """How far it is. Asking keeps the list alive.

        Returns:
            What is known now; it does not change.
        """
        with self._lock:
            self.seen_at = self._clock()
            left = None if self.is_finished or self._pace_s is None else self._pace_s * self._left
            return Snapshot(
                self._state,
                self._total,
                tuple(self._results),
                seconds_left=left,
                lists=self._sharing(),
                problem=self._problem,
                not_handed_over=tuple(self._not_handed_over),
            )

    def cancel(self) -> None:
        """Stop after the file in hand, whose result is kept; returns at once. A finished list stays as it is."""
        with self._lock:
            if not self.is_finished:
                self._waiting.clear()
                self._state = "cancelled" if self._in_hand is None else "stopping"

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self._state in ("done", "cancelled", "abandoned", "failed")

    @property
    def _is_abandoned(self) -> bool:
        return self._state == "abandoned"

    @property
    def waiting_bytes(self) -> int:
        """Of files that were not begun."""
        return sum(len(file.data) for _, file in self._waiting)

    @property
    def _left(self) -> int:
        return self._total - len(self._results)

    def take(self) -> tuple[int, NamedFile] | None:
        """The next file to be decoded and its place; None if there is none."""
        with self._lock:
            if self._timed_at is None:
                self._timed_at = self._clock()
            if not self._waiting:
                return None
            if self._state == "waiting":
                self._state = "running"
            return self._waiting.popleft()

    def begin(self, index: int) -> bool:
        """Take a decoded file in hand.

        Args:
            index: its place.

        Returns:
            False if the list was stopped meanwhile.
        """
        with self._lock:
            if self._state != "running":
                return False
            self._in_hand = index
            return True

    def complete(self, result: FileResult, radiograph: Radiograph | None, data: bytes) -> None:
        """Keep the result of the file in hand, and hand it over.

        Args:
            result: of the queue.
            radiograph: that it was made from; not kept.
            data: the file.
        """
        with self._lock:
            if self._is_abandoned:
                self._in_hand = None
                return
            first = self._first_with.setdefault(result.pixel_sha256, result.index) if result.pixel_sha256 else None
            result = replace(
                result,
                duplicate_of=None if first == result.index else first,
                data=data if self._keep_data else None,
            )
        handed_over = self._hand_over(result, radiograph)
        with self._lock:
            self._in_hand = None
            if self._is_abandoned:
                return
            if not handed_over:
                self._not_handed_over.append(result.index)
            self._results.append(result)
            self._note_pace()
            if not self._left:
                self._state = "done"
            elif self._state == "stopping":
                self._state = "cancelled"

    def fail(self, problem: str) -> None:
        """Give the list up; the results so far are kept.

        Args:
            problem: for the user.
        """
        with self._lock:
            self._waiting.clear()
            self._in_hand = None
            if not self.is_finished:
                self._state, self._problem = "failed", problem

    def abandon(self) -> None:
        """Free everything: nobody is there to see it."""
        with self._lock:
            self._waiting.clear()
            self._results.clear()
            self._first_with.clear()
            self._on_result = None
            self._state = "abandoned"
            self._problem = (
                "Nobody looked at this list for a while, so it was stopped and removed. Give the files again."
            )

    def _hand_over(self, result: FileResult, radiograph: Radiograph | None) -> bool:
        """Outside the lock: a page that polls must not wait for it."""
        if (on_result := self._on_result) is None:
            return True
        try:
            on_result(result, radiograph)
        except Exception as error:  # noqa: BLE001 - it is not ours; the snapshot says that it failed
            _LOG.error("A result could not be handed over: %s.", type(error).__name__)
            return False
        return True

    def _note_pace(self) -> None:
        now = self._clock()
        if self._timed_at is not None:
            took = now - self._timed_at
            self._pace_s = took if self._pace_s is None else (1 - _NEWEST) * self._pace_s + _NEWEST * took
        self._timed_at = now
