"""Delete cases: their results, saliency maps, pictures, reviews and audited values go; audit lines stay."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.records.connection import without_transaction
from app.records.errors import InvalidEntryError
from app.records.listing import not_found
from app.records.schema import CASE_DELETED, audit, audit_values, cases

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_DAYS = 36_500

_log = logging.getLogger(__name__)


def before(now: datetime, days: int) -> datetime:
    """The time before which a case is older than so many days.

    Args:
        now: timezone-aware.
        days: 1 to `MOST_DAYS`.

    Returns:
        The time.

    Raises:
        InvalidEntryError: if the number of days is outside its range.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidEntryError(f"Cases older than {days} days cannot be deleted; expected 1 to {MOST_DAYS} days.")
    return now - timedelta(days=days)


def count_older(connection: sa.Connection, limit: datetime) -> int:
    """How many cases were first saved before a time."""
    query = sa.select(sa.func.count()).select_from(cases).where(cases.c.created_at < limit)
    return connection.execute(query).scalar_one()


def delete_case(connection: sa.Connection, case_id: str, *, who: str, now: datetime) -> None:
    """Delete one case.

    Args:
        connection: in a transaction that writes.
        case_id: such as "C-7F3K9Q".
        who: deletes it.
        now: when, timezone-aware.

    Raises:
        CaseNotFoundError: if there is no such case.
    """
    found = connection.execute(sa.select(cases.c.id).where(cases.c.id == case_id).with_for_update())
    if found.scalar_one_or_none() is None:
        raise not_found(case_id)
    _delete(connection, [case_id], who=who, now=now)


def delete_older(connection: sa.Connection, limit: datetime, *, who: str, now: datetime) -> int:
    """Delete every case that was first saved before a time.

    Args:
        connection: in a transaction that writes.
        limit: the time, timezone-aware.
        who: deletes them.
        now: when, timezone-aware.

    Returns:
        How many there were.
    """
    query = sa.select(cases.c.id).where(cases.c.created_at < limit).order_by(cases.c.id).with_for_update()
    ids = connection.execute(query).scalars().all()
    _delete(connection, ids, who=who, now=now)
    return len(ids)


def forget_the_log(engine: sa.Engine) -> None:
    """Empty SQLite's write-ahead log, which may still hold pages of what was deleted.

    Args:
        engine: of the database; PostgreSQL reuses the space by itself (autovacuum).
    """
    if engine.dialect.name != "sqlite":
        return
    with without_transaction(engine).connect() as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        _log.warning("Somebody reads the review database: its log still holds deleted pages until the next deletion.")


def _delete(connection: sa.Connection, ids: Sequence[str], *, who: str, now: datetime) -> None:
    if not ids:
        return
    lines = [{"at": now, "who": who, "action": CASE_DELETED, "case_id": one} for one in ids]
    connection.execute(sa.insert(audit), lines)
    named = [{"gone": one} for one in ids]
    # The case first: while it is there, the database refuses to let go of the values of its audit lines.
    connection.execute(sa.delete(cases).where(cases.c.id == sa.bindparam("gone")), named)
    connection.execute(sa.delete(audit_values).where(audit_values.c.case_id == sa.bindparam("gone")), named)
