"""Many radiographs at once: files or a ZIP archive taken safely, scored in the background, polled by a page.

    intake = take(uploads)
    job = queue.submit(intake.files, predictor, owner=session_id)
    snapshot = job.snapshot()  # again and again, until snapshot.is_finished

Knows nothing of Streamlit, and imports no TensorFlow.
"""

from __future__ import annotations

from app.worklist.archive import LIMITS, ArchiveError, Intake, Limits, NamedFile, NotRead, take
from app.worklist.job import Job, OnResult
from app.worklist.queue import QueueFullError, QueueLimits, ScoringQueue
from app.worklist.result import FileResult, Snapshot

__all__ = [
    "LIMITS",
    "ArchiveError",
    "FileResult",
    "Intake",
    "Job",
    "Limits",
    "NamedFile",
    "NotRead",
    "OnResult",
    "QueueFullError",
    "QueueLimits",
    "ScoringQueue",
    "Snapshot",
    "take",
]
