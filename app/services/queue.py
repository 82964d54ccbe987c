"""The one scoring queue of this process, and a list on its way through it into the review database."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.intake.queue import QueueLimits, ScoringQueue
from app.records.values import RecordsError
from app.services.radiographs import ZOOM_SIDE, as_jpeg, fit

if TYPE_CHECKING:
    from app.intake.job import Job
    from app.records.repository import Records
    from app.records.values import Saved
    from model.intake.limits import Intake, NotRead
    from model.predictor import Predictor
    from model.radiograph import Radiograph
    from model.result import Result

ABANDONED_AFTER_S = 3600.0
"""Results go to the database, so a list continues while its owner reads another page or has left."""


@st.cache_resource(max_entries=1, show_spinner=False)
def queue() -> ScoringQueue:
    """Scores the lists of every session."""
    return ScoringQueue(QueueLimits(abandoned_after_s=ABANDONED_AFTER_S))


MOST_FILM_BYTES = 256 * 1024**2
"""Of a session's films; a radiograph takes about 300 kB, so that is a week's worth."""


@dataclass(frozen=True)
class SessionFilm:
    """What the user who uploaded a file still sees of it: the file's name, which may name a patient, and a picture.

    Attributes:
        jpeg: at most `ZOOM_SIDE`; empty where the database keeps the radiograph.
        thumbnail: a small JPEG file of it.
    """

    name: str = field(repr=False)
    jpeg: bytes = field(repr=False)
    thumbnail: bytes = field(default=b"", repr=False)


class Films:
    """Films of one session by case, in memory for as long as the session lasts; the oldest make room."""

    def __init__(self, most_bytes: int = MOST_FILM_BYTES) -> None:
        """Begin without any."""
        self._most_bytes, self._lock = most_bytes, threading.Lock()
        self._films: dict[str, SessionFilm] = {}

    def keep(self, case_id: str, film: SessionFilm) -> None:
        """Remember a film; called by the scoring thread."""
        with self._lock:
            self._films.pop(case_id, None)
            self._films[case_id] = film
            while sum(len(one.jpeg) for one in self._films.values()) > self._most_bytes:
                del self._films[next(iter(self._films))]

    def get(self, case_id: str) -> SessionFilm | None:
        """The film of a case; None where another session dropped it."""
        with self._lock:
            return self._films.get(case_id)

    def forget(self, case_id: str) -> None:
        """Let go of the film of a deleted case."""
        with self._lock:
            self._films.pop(case_id, None)


class Saving:
    """Saves each result as a case, on the scoring thread, and notes what became of it."""

    def __init__(
        self, records: Records, *, reader: str, keep_pixels: bool | None = None, films: Films | None = None
    ) -> None:
        """Save to a database under a reader's name, with or without the radiographs; `films` are the session's."""
        self._records, self._reader, self._films = records, reader, films
        self._keeps = records.keeps_pixels if keep_pixels is None else keep_pixels
        self._lock = threading.Lock()
        self._saved: dict[int, Saved] = {}
        self._problems: dict[int, str] = {}

    def __call__(self, result: Result, radiograph: Radiograph | None) -> None:
        """Save one result; without a prediction there is nothing to save but that a picture was rejected.

        Raises:
            RecordsError: if it cannot be saved; noted here, too.
        """
        prediction = result.prediction
        if result.status == "rejected":
            self._records.note_rejection()
        if radiograph is None or prediction is None or prediction.saliency_map is None:
            return
        try:
            saved = self._records.save(
                radiograph, prediction, reader=self._reader, warnings=result.warnings, keep_pixels=self._keeps
            )
        except RecordsError as error:
            with self._lock:
                self._problems[result.index] = str(error)
            raise
        if self._films is not None:
            jpeg = b"" if self._keeps else as_jpeg(fit(radiograph.pixels, ZOOM_SIDE))
            self._films.keep(saved.case_id, SessionFilm(result.name, jpeg, result.thumbnail))
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
    keep_pixels: bool | None = None,
    films: Films | None = None,
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
        keep_pixels: whether the cases keep their radiographs; None for what the settings say.
        films: of the session, which see what it dropped even where the database does not keep it.

    Raises:
        QueueFullError: the owner has an unfinished list, or there are too many, or too many bytes.
    """
    saving = Saving(records, reader=reader, keep_pixels=keep_pixels, films=films)
    job = queue().submit(
        intake.files, predictor, owner=owner, operating_point=operating_point, anyway=anyway, on_result=saving
    )
    return SavedList(job, saving, intake.refused, intake.ignored)
