"""What the review database takes and gives, and what can go wrong. Every time is timezone-aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from model.errors import ChestXrayError

if TYPE_CHECKING:
    from model.predictor import Prediction

AGREE, DISAGREE, LABELLED = "agree", "disagree", "labelled"
VERDICTS = (AGREE, DISAGREE, LABELLED)

CREATED, SCORED_AGAIN, ALREADY_THERE = "created", "scored again", "already there"

PROBABILITY, DATE, URGENCY = "probability", "date", "urgency"

MAX_COMMENT, MAX_READER, MAX_REFERENCE = 2000, 80, 60
"""Longest comment, reader's name and reader's reference of a case, in characters."""


class RecordsError(ChestXrayError):
    """The review database cannot be opened, read or written. The message is for the user and holds no password."""


class SchemaTooNewError(RecordsError):
    """The database was made by a newer version of this program, which alone may change it."""


class CaseNotFoundError(RecordsError):
    """There is no such case, or no longer."""

    def __init__(self, case_id: str) -> None:
        """Name the case."""
        super().__init__(f"There is no case {case_id}; it may have been deleted. Choose another from the list.")


class InvalidEntryError(RecordsError):
    """The entry contradicts itself, or is too long, empty or outside its range."""


class StaleReviewError(RecordsError):
    """Somebody else changed the case since the reader opened it; nothing was written."""


@dataclass(frozen=True)
class Saved:
    """What became of a radiograph that was to be saved.

    Attributes:
        case_id: such as "C-7F3K9Q".
        outcome: `CREATED`; `SCORED_AGAIN`, if the same pixels were a case already and this result is now its latest;
            `ALREADY_THERE`, if the case shows this very result and nothing was written but, perhaps, the picture.
    """

    case_id: str
    outcome: str


@dataclass(frozen=True)
class Opinion:
    """What a reader says of a result.

    Attributes:
        verdict: `AGREE`, `DISAGREE`, or, for an indeterminate result, which decides nothing, `LABELLED`.
        label: what the radiograph shows, "Normal" or "Pneumonia"; may be None on agreement.
        comment: at most `MAX_COMMENT` characters.
        blinded: whether the reader gave this label before seeing the model's answer.
    """

    verdict: str
    label: str | None = None
    comment: str = ""
    blinded: bool = False


@dataclass(frozen=True)
class Review:
    """A stored opinion; `reader` wrote it last, and `version` counts from 1 and rises with every change."""

    verdict: str
    label: str
    comment: str
    reader: str
    reviewed_at: datetime
    version: int
    blinded: bool = False


@dataclass(frozen=True)
class Scoring:
    """One stored result of a case.

    Attributes:
        number: unique in the database.
        prediction: of the model. Its saliency map is None unless the case was opened; of the input check only the
            answer and its reason were kept (no plausibility, no outline of the lungs).
        warnings: that qualified the result when it was saved.
        review: None where nobody has judged this result yet.
    """

    number: int
    prediction: Prediction
    warnings: tuple[str, ...]
    saved_at: datetime
    saved_by: str
    review: Review | None = None


@dataclass(frozen=True)
class CaseSummary:
    """A case as a list shows it.

    Attributes:
        height: in pixels, as is `width`.
        scoring: that was saved last.
        reference: by which readers know the case elsewhere, as they typed it; "" for none.
    """

    case_id: str
    created_at: datetime
    created_by: str
    height: int
    width: int
    scoring: Scoring
    reference: str = ""


@dataclass(frozen=True)
class StoredCase:
    """A case as its own page shows it.

    Attributes:
        summary: as in the list, but its prediction has its saliency map.
        pixel_sha256: of shape and pixels, hexadecimal.
        pixel_spacing_mm: height and width of a pixel; None where not known.
        has_picture: whether the radiograph itself was kept.
        earlier: the case's other scorings, latest first.
    """

    summary: CaseSummary
    pixel_sha256: str
    pixel_spacing_mm: tuple[float, float] | None
    has_picture: bool
    earlier: tuple[Scoring, ...]


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """Which cases a list holds; None leaves a question open.

    Attributes:
        decision: "Normal" or "Pneumonia", as the shown scoring decided; an indeterminate case decides nothing.
        indeterminate: whether the shown scoring is.
        status: one of `model.predictor.STATUSES`.
        reviewed: whether somebody judged the shown scoring.
        created_from: first saved at this time or later.
        created_before: first saved before this time.
    """

    decision: str | None = None
    indeterminate: bool | None = None
    status: str | None = None
    reviewed: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True)
class Order:
    """How a list is sorted, and then by id.

    Attributes:
        by: `PROBABILITY` of the shown scoring; `DATE` of the first saving; or `URGENCY`, which is the probability, with
            every case that nobody has reviewed above those that somebody has.
    """

    by: str = DATE
    descending: bool = True


@dataclass(frozen=True)
class Page:
    """Part of a list: `number` counts pages from 1, `size` is the most cases of a page, `total` counts the list."""

    cases: tuple[CaseSummary, ...]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages the list has; one, if it is empty."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True)
class Neighbours:
    """Ids of the cases before and after a case in a list; None at an end."""

    previous: str | None
    following: str | None


@dataclass(frozen=True)
class AuditLine:
    """One line of the audit.

    Attributes:
        number: rises with time.
        action: one of `app.records.schema.ACTIONS`.
        case_id: of the case, which may have been deleted since.
        old: values before; None where there were none, or the case was deleted.
        new: values after; likewise.
    """

    number: int
    at: datetime
    who: str
    action: str
    case_id: str
    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None
