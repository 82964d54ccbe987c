"""Who did what, and when: lines that can be added and read, never changed; the database itself refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.records.schema import audit, audit_values
from app.records.values import AuditLine

if TYPE_CHECKING:
    from datetime import datetime

Values = dict[str, Any]


def add_line(
    connection: sa.Connection,
    *,
    at: datetime,
    who: str,
    action: str,
    case_id: str,
    old: Values | None = None,
    new: Values | None = None,
) -> None:
    """Add a line, in the transaction of what it tells of.

    Args:
        connection: to the database.
        at: when, timezone-aware.
        who: the reader.
        action: of `app.records.schema.ACTIONS`.
        case_id: of the case.
        old: values before, which go when the case is deleted.
        new: values after; likewise.
    """
    line = sa.insert(audit).values(at=at, who=who, action=action, case_id=case_id).returning(audit.c.number)
    number = connection.execute(line).scalar_one()
    if old is not None or new is not None:
        connection.execute(sa.insert(audit_values).values(audit_number=number, case_id=case_id, old=old, new=new))


def lines(connection: sa.Connection, case_id: str | None, most: int) -> tuple[AuditLine, ...]:
    """The latest lines.

    Args:
        connection: to the database.
        case_id: of the case, which may have been deleted; None for all cases.
        most: lines.

    Returns:
        The lines, latest first.
    """
    joined = audit.outerjoin(audit_values, audit_values.c.audit_number == audit.c.number)
    query = sa.select(audit, audit_values.c.old, audit_values.c.new).select_from(joined)
    if case_id is not None:
        query = query.where(audit.c.case_id == case_id)
    found = connection.execute(query.order_by(audit.c.number.desc()).limit(most))
    return tuple(AuditLine(row.number, row.at, row.who, row.action, row.case_id, row.old, row.new) for row in found)
