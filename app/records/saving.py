"""Save a radiograph's result: a new case, or a further scoring of the case that has the same pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.records.auditing import add_line
from app.records.errors import RecordsError
from app.records.identity import fingerprint, new_case_id
from app.records.schema import CASE_CREATED, CASE_SCORED_AGAIN, cases, pictures, saliency_maps, scorings
from app.records.values import ALREADY_THERE, CREATED, SCORED_AGAIN, Result, Saved

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, eq=False)
class Entry:
    """What is to be saved, checked and packed.

    Attributes:
        pixel_sha256: of shape and pixels, hexadecimal.
        height: pixels.
        width: pixels.
        pixel_spacing_mm: height and width of a pixel, or None.
        result: what the model said.
        saliency_map: packed.
        png: the radiograph; None if it is not to be kept.
        reader: who saves it.
        now: when, timezone-aware.
    """

    pixel_sha256: str
    height: int
    width: int
    pixel_spacing_mm: tuple[float, float] | None
    result: Result
    saliency_map: bytes
    png: bytes | None
    reader: str
    now: datetime


def save(connection: sa.Connection, entry: Entry) -> Saved:
    """Save a result.

    The same pixels are the same case, whoever drops them: the case keeps its id, a further result becomes its current
    scoring, and a result that it had before becomes current again, with its review.

    Args:
        connection: in a transaction that writes.
        entry: what is to be saved.

    Returns:
        The case, and whether it is new.

    Raises:
        RecordsError: if the case was deleted at this very moment.
    """
    case_id, is_new = _case(connection, entry)
    if entry.png is not None:
        picture = _insert(connection, pictures).values(case_id=case_id, png=entry.png)
        connection.execute(picture.on_conflict_do_nothing())
    shown = scorings.c.case_id == case_id, scorings.c.current
    before = connection.execute(sa.select(scorings).where(*shown)).one_or_none()
    mark = fingerprint(entry.result)
    if before is not None and before.fingerprint == mark:
        return Saved(case_id, ALREADY_THERE)
    connection.execute(sa.update(scorings).where(*shown).values(current=False))
    again = sa.update(scorings).where(scorings.c.case_id == case_id, scorings.c.fingerprint == mark)
    if connection.execute(again.values(current=True)).rowcount == 0:
        _add_scoring(connection, case_id, mark, entry)
    add_line(
        connection,
        at=entry.now,
        who=entry.reader,
        action=CASE_CREATED if is_new else CASE_SCORED_AGAIN,
        case_id=case_id,
        old={name: getattr(before, name) for name in _AUDITED} if before is not None else None,
        new={name: getattr(entry.result, name) for name in _AUDITED},
    )
    return Saved(case_id, CREATED if is_new else SCORED_AGAIN)


_AUDITED = ("model_version", "operating_point", "threshold", "probability", "decision", "indeterminate")


def _case(connection: sa.Connection, entry: Entry) -> tuple[str, bool]:
    """The case of these pixels, locked until the end of the transaction, and whether it is new."""
    rows, columns = entry.pixel_spacing_mm or (None, None)
    insert = _insert(connection, cases).values(
        id=new_case_id(connection),
        pixel_sha256=entry.pixel_sha256,
        height=entry.height,
        width=entry.width,
        row_spacing_mm=rows,
        column_spacing_mm=columns,
        created_at=entry.now,
        created_by=entry.reader,
    )
    # Two readers may save the same pixels at once; the second meets the first one's case.
    inserted = connection.execute(insert.on_conflict_do_nothing(index_elements=["pixel_sha256"]).returning(cases.c.id))
    if (new_id := inserted.scalar_one_or_none()) is not None:
        return new_id, True
    same = sa.select(cases.c.id).where(cases.c.pixel_sha256 == entry.pixel_sha256).with_for_update()
    case_id = connection.execute(same).scalar_one_or_none()
    if case_id is None:
        raise RecordsError("The case of this radiograph was deleted at this very moment. Save it again.")
    return case_id, False


def _add_scoring(connection: sa.Connection, case_id: str, mark: str, entry: Entry) -> None:
    insert = sa.insert(scorings).values(
        case_id=case_id,
        current=True,
        fingerprint=mark,
        saved_at=entry.now,
        saved_by=entry.reader,
        **asdict(entry.result),
    )
    number = connection.execute(insert.returning(scorings.c.number)).scalar_one()
    connection.execute(sa.insert(saliency_maps).values(scoring_number=number, data=entry.saliency_map))


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that knows what to do on a conflict, which each database has as its own addition to SQL."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
