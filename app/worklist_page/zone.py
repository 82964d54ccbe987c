"""The reader's time zone, in which times are shown and days begin; the database keeps UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

if TYPE_CHECKING:
    from datetime import date, tzinfo


def zone() -> tzinfo:
    """The browser's time zone; UTC where it is not known."""
    name = st.context.timezone
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def day_span(first: date | None, last: date | None, where: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The moments between which whole days lie.

    Args:
        first: day, or None for no beginning.
        last: day, itself included, or None for no end.
        where: the time zone in which days begin at midnight.

    Returns:
        From when on, and before when; None for no limit.
    """
    begin = None if first is None else datetime.combine(first, time(), where)
    end = None if last is None else datetime.combine(last + timedelta(days=1), time(), where)
    return begin, end
