"""Read cases: a page of a list, what stands next to a case, and one case with everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.records.blobs import unpack_map
from app.records.errors import CaseNotFoundError
from app.records.schema import cases, pictures, reviews, saliency_maps, scorings
from app.records.values import (
    INDETERMINATE,
    PROBABILITY,
    REFUSED,
    CaseFilter,
    CaseSummary,
    Neighbours,
    Order,
    Page,
    Result,
    Review,
    Scoring,
    StoredCase,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESULT = tuple(Result.__dataclass_fields__)
_REVIEW = tuple(Review.__dataclass_fields__)
_SCORED = scorings.outerjoin(reviews, reviews.c.scoring_number == scorings.c.number)
_CURRENT = cases.join(_SCORED, sa.and_(scorings.c.case_id == cases.c.id, scorings.c.current))


def page(connection: sa.Connection, wanted: CaseFilter, order: Order, number: int, size: int) -> Page:
    """One page of a list.

    Args:
        connection: to the database.
        wanted: which cases.
        order: how sorted.
        number: of the page, counted from 1; beyond the end it is the last.
        size: most cases of a page, 1 or more.

    Returns:
        The page.
    """
    conditions = _conditions(wanted)
    total = connection.execute(sa.select(sa.func.count()).select_from(_CURRENT).where(*conditions)).scalar_one()
    number = min(max(1, number), max(1, -(-total // size)))
    query = sa.select(cases, scorings, reviews).select_from(_CURRENT).where(*conditions).order_by(*_sorted_by(order))
    rows = connection.execute(query.limit(size).offset((number - 1) * size))
    return Page(tuple(_summary(row._mapping) for row in rows), number, size, total)


def every(connection: sa.Connection, wanted: CaseFilter, order: Order) -> tuple[CaseSummary, ...]:
    """The whole list, for an export.

    Args:
        connection: to the database.
        wanted: which cases.
        order: how sorted.

    Returns:
        The cases.
    """
    query = sa.select(cases, scorings, reviews).select_from(_CURRENT).where(*_conditions(wanted))
    return tuple(_summary(row._mapping) for row in connection.execute(query.order_by(*_sorted_by(order))))


def neighbours(connection: sa.Connection, case_id: str, wanted: CaseFilter, order: Order) -> Neighbours:
    """What stands before and after a case in a list.

    Args:
        connection: to the database.
        case_id: of the case; it need not be in the list itself, as when a review has just taken it out.
        wanted: which cases the list holds.
        order: how it is sorted.

    Returns:
        The two ids.

    Raises:
        CaseNotFoundError: if there is no such case.
    """
    key = _key(order)
    at = connection.execute(sa.select(*key).select_from(_CURRENT).where(cases.c.id == case_id)).one_or_none()
    if at is None:
        raise not_found(case_id)
    here, place = sa.tuple_(*key), sa.tuple_(*(sa.literal(v, column.type) for v, column in zip(at, key, strict=True)))

    def nearest(*, upwards: bool) -> str | None:
        beyond = here > place if upwards else here < place
        sides = [column.asc() if upwards else column.desc() for column in key]
        query = sa.select(cases.c.id).select_from(_CURRENT).where(*_conditions(wanted), beyond).order_by(*sides)
        found: str | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return found

    return Neighbours(previous=nearest(upwards=order.descending), following=nearest(upwards=not order.descending))


def case(connection: sa.Connection, case_id: str) -> StoredCase:
    """One case.

    Args:
        connection: to the database.
        case_id: such as "C-7F3K9Q".

    Returns:
        The case with the saliency map of its current scoring, and its other scorings.

    Raises:
        CaseNotFoundError: if there is no such case.
    """
    query = sa.select(cases, scorings, reviews).select_from(_CURRENT).where(cases.c.id == case_id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise not_found(case_id)
    row = found._mapping
    packed = sa.select(saliency_maps.c.data).where(saliency_maps.c.scoring_number == row[scorings.c.number])
    others = sa.select(scorings, reviews).select_from(_SCORED).where(scorings.c.case_id == case_id, ~scorings.c.current)
    spacing = row[cases.c.row_spacing_mm], row[cases.c.column_spacing_mm]
    return StoredCase(
        summary=_summary(row),
        pixel_sha256=row[cases.c.pixel_sha256],
        pixel_spacing_mm=None if None in spacing else spacing,
        saliency_map=unpack_map(connection.execute(packed).scalar_one()),
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


def scoring(row: Mapping[Any, Any]) -> Scoring:
    """The scoring, with its review, of a row of `scorings` and `reviews`."""
    review = None
    if row[reviews.c.scoring_number] is not None:
        review = Review(**{name: row[reviews.c[name]] for name in _REVIEW})
    return Scoring(
        number=row[scorings.c.number],
        result=Result(**{name: row[scorings.c[name]] for name in _RESULT}),
        saved_at=row[scorings.c.saved_at],
        saved_by=row[scorings.c.saved_by],
        review=review,
    )


def not_found(case_id: str) -> CaseNotFoundError:
    """The error for a case that is not there."""
    return CaseNotFoundError(f"There is no case {case_id}; it may have been deleted. Choose another from the list.")


def _summary(row: Mapping[Any, Any]) -> CaseSummary:
    return CaseSummary(
        case_id=row[cases.c.id],
        created_at=row[cases.c.created_at],
        created_by=row[cases.c.created_by],
        height=row[cases.c.height],
        width=row[cases.c.width],
        scoring=scoring(row),
    )


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.decision is not None:
        conditions += [scorings.c.decision == wanted.decision, ~scorings.c.indeterminate]
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


def _key(order: Order) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """What a list is sorted by; no two cases share both."""
    if order.by == PROBABILITY:
        return scorings.c.probability, scorings.c.case_id
    return cases.c.created_at, cases.c.id


def _sorted_by(order: Order) -> list[sa.UnaryExpression[Any]]:
    return [column.desc() if order.descending else column.asc() for column in _key(order)]
