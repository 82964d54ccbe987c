"""Write a review, so that of two readers who edit it at once neither overwrites the other unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.records.agreement import Judged
from app.records.auditing import add_line
from app.records.checks import opinion as checked
from app.records.errors import StaleReviewError
from app.records.listing import not_found, scoring
from app.records.schema import REVIEW_CHANGED, REVIEW_CREATED, cases, reviews, scorings
from app.records.values import REFUSED, Opinion, Review, Scoring

if TYPE_CHECKING:
    from datetime import datetime

_AUDITED = ("verdict", "label", "comment", "reader")


def write_review(
    connection: sa.Connection, case_id: str, opinion: Opinion, *, reader: str, seen: Scoring, now: datetime
) -> Review:
    """Write a review, or change it.

    Args:
        connection: in a transaction that writes.
        case_id: of the case.
        opinion: of the reader.
        reader: who it is.
        seen: the case's scoring, with its review or none, as the reader saw it.
        now: when, timezone-aware.

    Returns:
        The review as stored; the one that was there, if it says the same.

    Raises:
        CaseNotFoundError: if there is no such case.
        StaleReviewError: if the case was scored again or reviewed since the reader saw it.
        InvalidEntryError: if verdict, label and decision contradict each other.
    """
    # The second of two readers waits here, and then sees what the first one wrote.
    found = _locked(connection, case_id)
    _require_unchanged(case_id, found, seen)
    kept = checked(opinion, found.result)
    before = found.review
    values: dict[str, Any] = {"verdict": kept.verdict, "label": kept.label, "comment": kept.comment, "reader": reader}
    old = {name: getattr(before, name) for name in _AUDITED} if before else None
    if before is not None and old == values:
        return before
    stored = values | {"reviewed_at": now, "version": before.version + 1 if before else 1}
    if before is None:
        connection.execute(sa.insert(reviews).values(scoring_number=found.number, **stored))
    else:
        connection.execute(sa.update(reviews).where(reviews.c.scoring_number == found.number).values(**stored))
    action = REVIEW_CHANGED if before else REVIEW_CREATED
    add_line(connection, at=now, who=reader, action=action, case_id=case_id, old=old, new=values)
    return Review(**stored)


def _locked(connection: sa.Connection, case_id: str) -> Scoring:
    """The shown scoring of a case that nobody else may change until the end of the transaction."""
    lock = sa.select(cases.c.id).where(cases.c.id == case_id).with_for_update()
    if connection.execute(lock).scalar_one_or_none() is None:
        raise not_found(case_id)
    joined = scorings.outerjoin(reviews, reviews.c.scoring_number == scorings.c.number)
    query = sa.select(scorings, reviews).select_from(joined).where(scorings.c.case_id == case_id, scorings.c.current)
    return scoring(connection.execute(query).one()._mapping)


def judged(connection: sa.Connection) -> tuple[Judged, ...]:
    """Every result that a reader judged, current or not.

    Args:
        connection: to the database.

    Returns:
        The results with the readers' labels, oldest scoring first.
    """
    joined = reviews.join(scorings, reviews.c.scoring_number == scorings.c.number)
    query = sa.select(scorings, reviews, scorings.c.case_id).select_from(joined).order_by(scorings.c.number)
    return tuple(_judged(row.case_id, scoring(row._mapping)) for row in connection.execute(query))


def _judged(case_id: str, one: Scoring) -> Judged:
    result, review = one.result, one.review
    if review is None:
        raise TypeError("A judged scoring has a review.")
    return Judged(
        case_id=case_id,
        model_version=result.model_version,
        weights_sha256=result.weights_sha256,
        operating_point=result.operating_point,
        threshold=result.threshold,
        decision=result.decision,
        indeterminate=result.indeterminate,
        refused=result.status == REFUSED,
        label=review.label,
    )


def _require_unchanged(case_id: str, found: Scoring, seen: Scoring) -> None:
    if found.number != seen.number:
        raise StaleReviewError(
            f"Case {case_id} was scored again at {found.saved_at:%H:%M} UTC by {found.saved_by}, after you opened it. "
            "Your review was not saved. Open the case again and judge what it shows now."
        )
    review = found.review
    if (review.version if review else 0) != (seen.review.version if seen.review else 0):
        who = f"{review.reader} at {review.reviewed_at:%H:%M} UTC" if review else "another reader"
        raise StaleReviewError(
            f"The review of case {case_id} was changed by {who}, after you opened it. Yours was not saved, and theirs "
            "is kept. Open the case again, read it, and change it if need be."
        )
