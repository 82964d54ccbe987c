"""The review database, opened once a process, and the film of a stored case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.records.connection import FILE
from app.records.repository import Records, open_records
from app.services.radiographs import Film, open_film

if TYPE_CHECKING:
    from app.records.values import StoredCase
    from app.settings import Settings


def database(settings: Settings) -> Records:
    """The review database, shared by all sessions.

    It is made or migrated at the first call, and opened anew where its file was replaced.

    Raises:
        SchemaTooNewError: if a newer version of this program made it.
        RecordsError: if it cannot be reached, read or written; tried again at the next call.
    """
    # Not the settings as a whole: another model or contact is no reason to open the database again.
    where = (str(settings.data_dir), settings.database_url, settings.keep_pixels)
    return _database(where, _inode(settings), settings)


def film_of(records: Records, stored: StoredCase) -> Film | None:
    """The film of a stored case, None where it was not kept; read anew each time, so no cache outlives a deletion.

    Raises:
        RecordsError: if the database cannot be read.
        RadiographError: if the stored picture is damaged.
    """
    png = records.picture(stored.summary.case_id) if stored.has_picture else None
    return None if png is None else open_film(png)


@st.cache_resource(max_entries=4, show_spinner=False, on_release=Records.close)
def _database(where: tuple[str, str, bool], inode: int, _settings: Settings) -> Records:  # noqa: ARG001 - the key
    return open_records(_settings)


def _inode(settings: Settings) -> int:
    """Tells the database's file from another of the same name; 0 where there is none."""
    if settings.database_url:
        return 0
    try:
        return (settings.data_dir / FILE).stat().st_ino
    except OSError:
        return 0
