"""The one scoring queue of this process, and a list on its way through it into the review database."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.intake.queue import QueueLimits, ScoringQueue
from app.records.values import RecordsError

if TYPE_CHECKING:
    from app.intake.job import Job
    from app.intake.limits import Intake, NotRead
    from app.records.repository import Records
    from app.records.values import Saved
    from model.predictor import Predictor
    from model.radiograph import Radiograph
    from model.result import Result

ABANDONED_AFTER_S = 3600.0
"""Results go to the database, so a list continues while its owner reads another page or has left."""


@st.cache_resource(max_entries=1, show_spinner=False)
def queue() -> ScoringQueue:
    """Scores the lists of every session."""
    return ScoringQueue(QueueLimits(abandoned_after_s=ABANDONED_AFTER_S))


class Saving:
    """Saves each result as a case, on the scoring thread, and notes what became of it."""

    def __init__(self, records: Records, *, reader: str) -> None:
        """Save to a database under a reader's name."""
        self._records, self._reader = records, reader
        self._lock = threading.Lock()
        self._saved: dict[int, Saved] = {}
        self._problems: dict[int, str] = {}

    def __call__(self, result: Result, radiograph: Radiograph | None) -> None:
        """Save one result; without a prediction there is nothing to save.

        Raises:
            RecordsError: if it cannot be saved; noted here, too.
        """
        prediction = result.prediction
        if radiograph is None or prediction is None or prediction.saliency_map is None:
            return
        try:
            saved = self._records.save(radiograph, prediction, reader=self._reader, warnings=result.warnings)
        except RecordsError as error:
            with self._lock:
                self._problems[result.index] = str(error)
            raise
        with self._lock:
            self._saved[result.index] = saved

    def saved(self) -> dict[int, Saved]:
        """The cases, by their result's place in the list."""
        with self._lock:
            return dict(self._saved)

    def problems(self) -> dict[int, str]:
        """Why a result could not be saved, by its place in the list."""
        with self._lock:
            return dict(self._problems)


@dataclass(frozen=True, eq=False)
class SavedList:
    """A list that is being scored and saved, or was.

    Attributes:
        job: of the queue: `snapshot`, `cancel`, `is_finished`. What was saved stays after a cancel.
        saving: `saved` and `problems`, by place in the list.
        refused: files that were not taken.
        ignored: names of files that nobody wants scored.
    """

    job: Job
    saving: Saving
    refused: tuple[NotRead, ...]
    ignored: tuple[str, ...]


def score_and_save(
    intake: Intake,
    records: Records,
    predictor: Predictor,
    *,
    owner: str,
    reader: str,
    operating_point: str,
    anyway: bool = False,
) -> SavedList:
    """Begin to score a list and to save each result as a case; returns at once.

    Args:
        intake: the files; the caller should not keep them.
        records: the database.
        predictor: loaded and warm.
        owner: who asks, such as a session: one unfinished list each.
        reader: who saves.
        operating_point: whose threshold decides.
        anyway: whether pictures that the input check rejects are scored and saved, with a warning.

    Raises:
        QueueFullError: the owner has an unfinished list, or there are too many, or too many bytes.
    """
    saving = Saving(records, reader=reader)
    job = queue().submit(
        intake.files, predictor, owner=owner, operating_point=operating_point, anyway=anyway, on_result=saving
    )
    return SavedList(job, saving, intake.refused, intake.ignored)
