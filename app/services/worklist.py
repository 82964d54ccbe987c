"""The one queue of this process, and a list on its way through it into the review database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from app.records.values import RecordsError
from app.worklist import QueueLimits, ScoringQueue
from model.predictor import Prediction
from model.predictor import Prediction as Result

if TYPE_CHECKING:
    from app.records.repository import Records
    from app.records.values import Saved
    from app.worklist import FileResult, Intake, Job, NotRead, Snapshot
    from model.predictor import Predictor
    from model.radiograph import Radiograph
    from model.records.manifest import Manifest

ABANDONED_AFTER_S = 3600.0
"""Its results go to the database, so a list goes on while its owner reads on another page or has left."""


@st.cache_resource(show_spinner=False)
def queue() -> ScoringQueue:
    """The queue that scores the lists of every session."""
    return ScoringQueue(QueueLimits(abandoned_after_s=ABANDONED_AFTER_S))


class Saving:
    """Saves each result as a case, on the scoring thread, and notes what became of it."""

    def __init__(self, records: Records, manifest: Manifest, *, reader: str) -> None:
        """Prepare.

        Args:
            records: the database.
            manifest: of the model that scores.
            reader: who saves.
        """
        self._records, self._manifest, self._reader = records, manifest, reader
        self._lock = threading.Lock()
        self._saved: dict[int, Saved] = {}
        self._problems: dict[int, str] = {}

    def __call__(self, result: FileResult, radiograph: Radiograph | None) -> None:
        """Save one result; one without a verdict is passed over.

        Args:
            result: of the queue.
            radiograph: that it was made from.

        Raises:
            RecordsError: if it cannot be saved; noted here, too.
        """
        prediction = result.prediction
        if radiograph is None or not isinstance(prediction, Prediction):
            return
        stored = Result.of(prediction, self._manifest, scored_at=datetime.now(UTC))
        try:
            saved = self._records.save(radiograph, stored, prediction.saliency_map, reader=self._reader)
        except RecordsError as error:
            with self._lock:
                self._problems[result.index] = str(error)
            raise
        with self._lock:
            self._saved[result.index] = saved

    def saved(self) -> dict[int, Saved]:
        """The cases by their result's place in the list."""
        with self._lock:
            return dict(self._saved)

    def problems(self) -> dict[int, str]:
        """Why a result could not be saved, by its place in the list."""
        with self._lock:
            return dict(self._problems)


class SavedList:
    """A list that is being scored and saved, or was."""

    def __init__(self, job: Job, saving: Saving, intake: Intake) -> None:
        """Made by `score_and_save`, which see.

        Args:
            job: of the queue.
            saving: what becomes of its results.
            intake: what became of the files; only the names of what is not scored are kept.
        """
        self._job, self._saving = job, saving
        self.refused: tuple[NotRead, ...] = intake.refused
        self.ignored: tuple[str, ...] = intake.ignored

    def snapshot(self) -> Snapshot:
        """How far the scoring is."""
        return self._job.snapshot()

    def saved(self) -> dict[int, Saved]:
        """The cases by their result's place in the list."""
        return self._saving.saved()

    def problems(self) -> dict[int, str]:
        """Why a result could not be saved, by its place in the list."""
        return self._saving.problems()

    def cancel(self) -> None:
        """Stop after the file in hand; what was saved stays."""
        self._job.cancel()

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self._job.is_finished


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
        anyway: whether pictures that the input gate refuses are scored and saved, too.

    Returns:
        The list.

    Raises:
        QueueFullError: the owner has an unfinished list, or there are too many, or too many bytes.
    """
    saving = Saving(records, predictor.manifest, reader=reader)
    job = queue().submit(
        intake.files, predictor, owner=owner, operating_point=operating_point, anyway=anyway, on_result=saving
    )
    return SavedList(job, saving, intake)
