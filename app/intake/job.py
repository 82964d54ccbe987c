"""One list of files on its way through the queue."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from model.radiograph import Radiograph
from model.result import Result

if TYPE_CHECKING:
    import threading

    from model.intake.limits import NamedFile
    from model.scoring import Scorer

_LOG = logging.getLogger(__name__)

State = Literal["waiting", "running", "stopping", "done", "cancelled", "abandoned", "failed"]
OnResult = Callable[[Result, Radiograph | None], None]

_UNFINISHED = ("waiting", "running", "stopping")

_NEWEST = 0.2
"""Weight of the newest file in the running estimate of the pace."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """How far a list is; it does not change.

    Attributes:
        state: "stopping" while the file in hand is finished after a cancel; "abandoned" if nobody asked for too long,
            and its results are gone.
        total: files in the list.
        results: of the files that are done, in the list's order.
        seconds_left: estimate from the pace so far; None while there is none, and at the end.
        lists: unfinished ones that share the queue, this one included.
        problem: what stopped the list, for the user.
        not_handed_over: places of results that `on_result` could not take.
    """

    state: State
    total: int
    results: tuple[Result, ...] = field(default=(), repr=False)
    seconds_left: float | None = None
    lists: int = 0
    problem: str = ""
    not_handed_over: tuple[int, ...] = ()

    @property
    def done(self) -> int:
        """Files that are done."""
        return len(self.results)

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in _UNFINISHED


class Job:
    """A list that was submitted. Pages use `snapshot` and `cancel`; the rest is the queue's, under its lock."""

    def __init__(
        self,
        files: tuple[NamedFile, ...],
        predictor: Scorer,
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
        """Use `ScoringQueue.submit`. The lock guards every job of a queue and is held for moments only."""
        self.owner, self.predictor, self.operating_point, self.anyway = owner, predictor, operating_point, anyway
        self.seen_at = clock()
        self._keep_data, self._on_result = keep_data, on_result
        self._lock, self._clock, self._sharing = lock, clock, sharing
        self._total = len(files)
        self._waiting = deque(enumerate(files))
        self._results: list[Result] = []
        self._first_with: dict[str, int] = {}
        self._not_handed_over: list[int] = []
        self._state: State = "waiting" if files else "done"
        self._problem = ""
        self._in_hand: int | None = None
        self._timed_at: float | None = None
        self._pace_s: float | None = None

    def snapshot(self) -> Snapshot:
        """How far it is. Asking keeps the list alive."""
        with self._lock:
            self.seen_at = self._clock()
            left = (
                None if self.is_finished or self._pace_s is None else self._pace_s * (self._total - len(self._results))
            )
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
        return self._state not in _UNFINISHED

    @property
    def waiting_bytes(self) -> int:
        """Of files that were not begun."""
        return sum(len(file.data) for _, file in self._waiting)

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
        """Take a decoded file in hand; False if the list was stopped meanwhile."""
        with self._lock:
            if self._state != "running":
                return False
            self._in_hand = index
            return True

    def complete(self, result: Result, radiograph: Radiograph | None, data: bytes) -> None:
        """Keep the result of the file in hand, and hand it over; neither radiograph nor file is kept unless asked."""
        with self._lock:
            if self._is_abandoned():
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
            if self._is_abandoned():
                return
            if not handed_over:
                self._not_handed_over.append(result.index)
            self._results.append(result)
            self._note_pace()
            if len(self._results) == self._total:
                self._state = "done"
            elif self._state == "stopping":
                self._state = "cancelled"

    def fail(self, problem: str) -> None:
        """Give the list up for a reason, which the user sees; the results so far are kept."""
        with self._lock:
            self._waiting.clear()
            self._in_hand = None
            if not self.is_finished:
                self._state, self._problem = "failed", problem

    def abandon(self) -> None:
        """Free everything: nobody is there to see it."""
        with self._lock:
            for held in (self._waiting, self._results, self._first_with):
                held.clear()
            self._on_result, self._in_hand, self._state = None, None, "abandoned"
            self._problem = "This list was removed because nobody opened it for a while. Upload the files again."

    def _is_abandoned(self) -> bool:
        return self._state == "abandoned"

    def _hand_over(self, result: Result, radiograph: Radiograph | None) -> bool:
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
