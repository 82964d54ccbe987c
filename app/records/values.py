"""Plain frozen data: what the review database takes and gives. Every time is timezone-aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from model.predictor import Prediction
    from model.records.manifest import Manifest
    from model.saliency import SaliencyMap

REFUSED, INDETERMINATE, DECIDED = "refused", "indeterminate", "decided"
STATUSES = (REFUSED, INDETERMINATE, DECIDED)

AGREE, DISAGREE, LABELLED = "agree", "disagree", "labelled"
VERDICTS = (AGREE, DISAGREE, LABELLED)

CREATED, SCORED_AGAIN, ALREADY_THERE = "created", "scored again", "already there"

PROBABILITY, DATE = "probability", "date"

MAX_COMMENT, MAX_READER = 2000, 80
"""Longest comment and longest reader's name, in characters."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Result:
    """What a model said of a radiograph.

    Attributes:
        probability: of Pneumonia, 0 to 1, calibrated.
        decision: "Normal" or "Pneumonia": on which side of the threshold the probability lies, even if indeterminate.
        indeterminate: whether the probability lies in the band where both answers stay possible.
        operating_point: whose threshold decided.
        threshold: at or above it is Pneumonia, 0 to 1.
        model_version: of the artifact.
        weights_sha256: of its weights, hexadecimal.
        gate_accepted: whether the input gate took the picture for a radiograph; None where the artifact has no gate.
        gate_reason: why it was refused; "" if it was not.
        explained_class: the class that the saliency map is for.
        saliency_method: key of `model.saliency.METHODS` that made the map.
        scored_at: when.
    """

    probability: float
    decision: str
    indeterminate: bool
    operating_point: str
    threshold: float
    model_version: str
    weights_sha256: str
    gate_accepted: bool | None
    gate_reason: str
    explained_class: str
    saliency_method: str
    scored_at: datetime

    @property
    def status(self) -> str:
        """One of `STATUSES`; a picture that was refused is that before anything else."""
        if self.gate_accepted is False:
            return REFUSED
        return INDETERMINATE if self.indeterminate else DECIDED

    @classmethod
    def of(
        cls, prediction: Prediction, manifest: Manifest, *, scored_at: datetime, saliency_method: str = "grad_cam"
    ) -> Self:
        """The result of a prediction, without its saliency map.

        Args:
            prediction: of the model.
            manifest: of the same model.
            scored_at: when, timezone-aware.
            saliency_method: by which the map was made.

        Returns:
            The result.
        """
        gate = prediction.gate
        return cls(
            probability=prediction.probability,
            decision=prediction.decision,
            indeterminate=prediction.indeterminate,
            operating_point=prediction.operating_point,
            threshold=prediction.threshold,
            model_version=prediction.model_version,
            weights_sha256=manifest.weights_sha256,
            gate_accepted=gate.accepted if gate else None,
            gate_reason=gate.reason if gate else "",
            explained_class=prediction.explained_class,
            saliency_method=saliency_method,
            scored_at=scored_at,
        )


@dataclass(frozen=True)
class Saved:
    """What became of a radiograph that was to be saved.

    Attributes:
        case_id: such as "C-7F3K9Q".
        outcome: `CREATED`; `SCORED_AGAIN`, if the same pixels were a case already and this result is now its
            latest; `ALREADY_THERE`, if the case shows this very result already and nothing was written but, perhaps,
            the picture.
    """

    case_id: str
    outcome: str


@dataclass(frozen=True)
class Opinion:
    """What a reader says of a result.

    Attributes:
        verdict: `AGREE`, `DISAGREE`, or, for an indeterminate result, which decides nothing, `LABELLED`.
        label: what the radiograph shows, "Normal" or "Pneumonia"; may be left out (None) on agreement.
        comment: free text, at most `MAX_COMMENT` characters.
    """

    verdict: str
    label: str | None = None
    comment: str = ""


@dataclass(frozen=True)
class Review:
    """A stored opinion.

    Attributes:
        verdict: as in `Opinion`.
        label: what the radiograph shows, "Normal" or "Pneumonia"; on agreement the decision.
        comment: free text.
        reader: who wrote it last.
        reviewed_at: when.
        version: counted from 1, one more with every change.
    """

    verdict: str
    label: str
    comment: str
    reader: str
    reviewed_at: datetime
    version: int


@dataclass(frozen=True)
class Scoring:
    """One stored result of a case, and the review of it.

    Attributes:
        number: names this scoring; unique in the database.
        result: what the model said.
        saved_at: when it was stored.
        saved_by: the reader who did.
        review: or None where nobody has judged this result yet.
    """

    number: int
    result: Result
    saved_at: datetime
    saved_by: str
    review: Review | None = None


@dataclass(frozen=True)
class CaseSummary:
    """A case as a list shows it.

    Attributes:
        case_id: such as "C-7F3K9Q".
        created_at: when it was first saved.
        created_by: the reader who did.
        height: of the radiograph, pixels.
        width: of the radiograph, pixels.
        scoring: the one saved last, with its review.
    """

    case_id: str
    created_at: datetime
    created_by: str
    height: int
    width: int
    scoring: Scoring


@dataclass(frozen=True, eq=False)
class StoredCase:
    """A case as its own page shows it.

    Attributes:
        summary: as in the list.
        pixel_sha256: of shape and pixels, hexadecimal.
        pixel_spacing_mm: height and width of a pixel in mm, or None where not known.
        saliency_map: of the shown scoring, float32, shape (h, w).
        has_picture: whether the radiograph itself was kept.
        earlier: the case's other scorings, latest first.
    """

    summary: CaseSummary
    pixel_sha256: str
    pixel_spacing_mm: tuple[float, float] | None
    saliency_map: SaliencyMap
    has_picture: bool
    earlier: tuple[Scoring, ...]


@dataclass(frozen=True)
class CaseFilter:
    """Which cases a list holds; None leaves a question open.

    Attributes:
        decision: "Normal" or "Pneumonia", as the shown scoring decided; an indeterminate case decides nothing.
        status: one of `STATUSES`.
        reviewed: whether somebody judged the shown scoring.
        created_from: first saved at this time or later.
        created_before: first saved before this time.
    """

    decision: str | None = None
    status: str | None = None
    reviewed: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True)
class Order:
    """How a list is sorted; cases that tie are in the order of their ids.

    Attributes:
        by: `PROBABILITY` of the shown scoring, or `DATE` of the first saving.
        descending: largest or newest first.
    """

    by: str = DATE
    descending: bool = True


@dataclass(frozen=True)
class Page:
    """Part of a list.

    Attributes:
        cases: of this page.
        number: of the page, counted from 1.
        size: most cases of a page.
        total: cases of the whole list.
    """

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
    """What stands before and after a case in a list; None at an end.

    Attributes:
        previous: case id.
        following: case id.
    """

    previous: str | None
    following: str | None


@dataclass(frozen=True)
class AuditLine:
    """One line of the audit.

    Attributes:
        number: rises with time.
        at: when.
        who: the reader.
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
    old: dict[str, Any] | None = field(default=None)
    new: dict[str, Any] | None = field(default=None)
