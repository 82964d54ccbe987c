"""Read the review database: a page of a list, what stands next to a case, one case with everything, the audit."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from app.records.agreement import Judged
from app.records.drift import Week, by_week
from app.records.schema import audit, audit_values, cases, pictures, rejections, reviews, saliency_maps, scorings
from app.records.values import (
    PROBABILITY,
    URGENCY,
    AuditLine,
    CaseFilter,
    CaseNotFoundError,
    CaseSummary,
    Neighbours,
    Order,
    Page,
    Review,
    Scoring,
    StoredCase,
)
from model.input_gate import GateResult
from model.predictor import INDETERMINATE, REFUSED, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

PREDICTED = (
    *("probability", "decision", "indeterminate", "operating_point", "threshold", "model_version", "weights_sha256"),
    *("explained_class", "saliency_method", "scored_at"),
)
"""Columns of `scorings` that are attributes of a prediction."""

_REVIEW = tuple(Review.__dataclass_fields__)
_SCORED = scorings.outerjoin(reviews, reviews.c.scoring_number == scorings.c.number)
_CURRENT = cases.join(_SCORED, sa.and_(scorings.c.case_id == cases.c.id, scorings.c.current))
_NO_OUTLINE = np.zeros((1, 1), dtype=np.float32)


def page(connection: sa.Connection, wanted: CaseFilter, order: Order, number: int, size: int) -> Page:
    """One page of a list; a number beyond the end gives the last page."""
    conditions = _conditions(wanted)
    total = connection.execute(sa.select(sa.func.count()).select_from(_CURRENT).where(*conditions)).scalar_one()
    number = min(max(1, number), max(1, -(-total // size)))
    rows = connection.execute(_list(wanted, order).limit(size).offset((number - 1) * size))
    return Page(tuple(_summary(row._mapping) for row in rows), number, size, total)


def every(connection: sa.Connection, wanted: CaseFilter, order: Order) -> tuple[CaseSummary, ...]:
    """The whole list."""
    return tuple(_summary(row._mapping) for row in connection.execute(_list(wanted, order)))


def neighbours(connection: sa.Connection, case_id: str, wanted: CaseFilter, order: Order) -> Neighbours:
    """What stands before and after a case in a list, which need not hold the case itself."""
    key = _key(order)
    at = connection.execute(sa.select(*key).select_from(_CURRENT).where(cases.c.id == case_id)).one_or_none()
    if at is None:
        raise CaseNotFoundError(case_id)
    here, place = sa.tuple_(*key), sa.tuple_(*(sa.literal(v, column.type) for v, column in zip(at, key, strict=True)))

    def nearest(*, upwards: bool) -> str | None:
        beyond = here > place if upwards else here < place
        sides = [column.asc() if upwards else column.desc() for column in key]
        query = sa.select(cases.c.id).select_from(_CURRENT).where(*_conditions(wanted), beyond).order_by(*sides)
        found: str | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return found

    return Neighbours(previous=nearest(upwards=order.descending), following=nearest(upwards=not order.descending))


def case(connection: sa.Connection, case_id: str) -> StoredCase:
    """One case with the saliency map of its current scoring, and its other scorings."""
    query = sa.select(cases, scorings, reviews).select_from(_CURRENT).where(cases.c.id == case_id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise CaseNotFoundError(case_id)
    row, summary = found._mapping, _summary(found._mapping)
    packed = sa.select(saliency_maps.c.data).where(saliency_maps.c.scoring_number == summary.scoring.number)
    with np.load(io.BytesIO(connection.execute(packed).scalar_one()), allow_pickle=False) as archive:
        saliency_map = np.asarray(archive["map"], dtype=np.float32)
    shown = replace(summary.scoring, prediction=replace(summary.scoring.prediction, saliency_map=saliency_map))
    others = sa.select(scorings, reviews).select_from(_SCORED).where(scorings.c.case_id == case_id, ~scorings.c.current)
    spacing = row[cases.c.row_spacing_mm], row[cases.c.column_spacing_mm]
    return StoredCase(
        summary=replace(summary, scoring=shown),
        pixel_sha256=row[cases.c.pixel_sha256],
        pixel_spacing_mm=None if None in spacing else spacing,
        has_picture=connection.execute(sa.select(sa.exists().where(pictures.c.case_id == case_id))).scalar_one(),
        earlier=tuple(scoring(one._mapping) for one in connection.execute(others.order_by(scorings.c.number.desc()))),
    )


def find(connection: sa.Connection, pixel_sha256: str) -> str | None:
    """The id of the case with these pixels, or None."""
    same = sa.select(cases.c.id).where(cases.c.pixel_sha256 == pixel_sha256)
    return connection.execute(same).scalar_one_or_none()


def picture(connection: sa.Connection, case_id: str) -> bytes | None:
    """The PNG file of a case's radiograph, or None where it was not kept."""
    kept = sa.select(pictures.c.png).where(pictures.c.case_id == case_id)
    return connection.execute(kept).scalar_one_or_none()


def thumbnails(connection: sa.Connection, ids: Sequence[str]) -> dict[str, bytes]:
    """Small pictures, JPEG files, of those of the cases that have one."""
    kept = sa.select(pictures.c.case_id, pictures.c.thumbnail).where(
        pictures.c.case_id.in_(ids), pictures.c.thumbnail.is_not(None)
    )
    return {row.case_id: row.thumbnail for row in connection.execute(kept)}


def count_older(connection: sa.Connection, limit: datetime) -> int:
    """How many cases were first saved before a time."""
    query = sa.select(sa.func.count()).select_from(cases).where(cases.c.created_at < limit)
    return connection.execute(query).scalar_one()


def current_scoring(connection: sa.Connection, case_id: str) -> Scoring | None:
    """The shown scoring of a case, with its review but without its saliency map; None if there is none."""
    shown = sa.select(scorings, reviews).select_from(_SCORED).where(scorings.c.case_id == case_id, scorings.c.current)
    row = connection.execute(shown).one_or_none()
    return None if row is None else scoring(row._mapping)


def judged(connection: sa.Connection) -> tuple[Judged, ...]:
    """Every scoring that a reader judged, current or not, oldest first."""
    joined = reviews.join(scorings, reviews.c.scoring_number == scorings.c.number)
    columns = sa.select(scorings, reviews.c.label, reviews.c.blinded)
    rows = connection.execute(columns.select_from(joined).order_by(scorings.c.number))
    return tuple(Judged(row.case_id, _prediction(row._mapping), row.label, row.blinded) for row in rows)


def weeks(connection: sa.Connection) -> tuple[Week, ...]:
    """What came in, week by week, oldest first."""
    columns = (scorings.c.scored_at, scorings.c.probability, scorings.c.indeterminate)
    scored = connection.execute(sa.select(*columns).where(scorings.c.current))
    rejected = connection.execute(sa.select(rejections.c.at)).scalars()
    return by_week([(row.scored_at, row.probability, row.indeterminate) for row in scored], rejected)


def lines(connection: sa.Connection, case_id: str | None, most: int) -> tuple[AuditLine, ...]:
    """The latest lines of the audit, latest first; of one case, which may have been deleted, or of all (None)."""
    joined = audit.outerjoin(audit_values, audit_values.c.audit_number == audit.c.number)
    query = sa.select(audit, audit_values.c.old, audit_values.c.new).select_from(joined)
    if case_id is not None:
        query = query.where(audit.c.case_id == case_id)
    found = connection.execute(query.order_by(audit.c.number.desc()).limit(most))
    return tuple(AuditLine(row.number, row.at, row.who, row.action, row.case_id, row.old, row.new) for row in found)


def scoring(row: Mapping[Any, Any]) -> Scoring:
    """The scoring, with its review, of a row of `scorings` and `reviews`."""
    review = None
    if row[reviews.c.scoring_number] is not None:
        review = Review(**{name: row[reviews.c[name]] for name in _REVIEW})
    return Scoring(
        number=row[scorings.c.number],
        prediction=_prediction(row),
        warnings=tuple(row[scorings.c.warnings]),
        saved_at=row[scorings.c.saved_at],
        saved_by=row[scorings.c.saved_by],
        review=review,
    )


def _prediction(row: Mapping[Any, Any]) -> Prediction:
    accepted, gate = row[scorings.c.gate_accepted], None
    if accepted is not None:
        gate = GateResult(accepted, math.nan, row[scorings.c.gate_reason], _NO_OUTLINE)
    return Prediction(**{name: row[scorings.c[name]] for name in PREDICTED}, saliency_map=None, gate=gate)


def _summary(row: Mapping[Any, Any]) -> CaseSummary:
    return CaseSummary(
        case_id=row[cases.c.id],
        created_at=row[cases.c.created_at],
        created_by=row[cases.c.created_by],
        height=row[cases.c.height],
        width=row[cases.c.width],
        scoring=scoring(row),
        reference=row[cases.c.reference],
    )


def _list(wanted: CaseFilter, order: Order) -> sa.Select[Any]:
    query = sa.select(cases, scorings, reviews).select_from(_CURRENT).where(*_conditions(wanted))
    return query.order_by(*(column.desc() if order.descending else column.asc() for column in _key(order)))


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.decision is not None:
        conditions += [scorings.c.decision == wanted.decision, ~scorings.c.indeterminate]
    if wanted.indeterminate is not None:
        conditions.append(scorings.c.indeterminate.is_(wanted.indeterminate))
    if wanted.status == REFUSED:
        conditions.append(scorings.c.gate_accepted.is_(False))
    elif wanted.status is not None:
        open_ = scorings.c.indeterminate if wanted.status == INDETERMINATE else ~scorings.c.indeterminate
        conditions += [scorings.c.gate_accepted.is_not(False), open_]
    if wanted.reviewed is not None:
        number = reviews.c.scoring_number
        conditions.append(number.is_not(None) if wanted.reviewed else number.is_(None))
    if wanted.created_from is not None:
        conditions.append(cases.c.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        conditions.append(cases.c.created_at < wanted.created_before)
    return conditions


def _key(order: Order) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """What a list is sorted by; no two cases share both."""
    if order.by == URGENCY:
        unread = sa.case((reviews.c.scoring_number.is_(None), sa.literal(1.0)), else_=sa.literal(0.0))
        return unread + scorings.c.probability, scorings.c.case_id
    if order.by == PROBABILITY:
        return scorings.c.probability, scorings.c.case_id
    return cases.c.created_at, cases.c.id
