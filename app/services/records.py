"""The review database, opened once a process, and the film of a stored case."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.records.connection import FILE
from app.records.repository import Records, open_records
from app.services.radiographs import OVERLAY_OPACITY, Film, open_film, overlay_file
from model.saliency import METHODS
from model.scoring import NO_INPUT_CHECK

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.records.values import CaseFilter, Order, StoredCase
    from app.settings import Settings
    from model.predictor import Prediction

MOST_OVERLAYS = 200
MOST_ZIP_BYTES = 256 * 1024**2
"""An archive is made in memory: it ends with the picture that takes it over this size."""

AWAY_AFTER_S = 600.0
"""A reader who did nothing for so long no longer keeps a case from others."""

_LOOKED_AT_ONCE = 100


def database(settings: Settings) -> Records:
    """The review database, shared by all sessions.

    It is made or migrated at the first call, and opened anew where its file was replaced.

    Raises:
        SchemaTooNewError: if a newer version of this program made it.
        RecordsError: if it cannot be reached, read or written; tried again at the next call.
    """
    if not settings.database_url and not _inode(settings):
        # Made first: kept under no inode, it would be taken for whatever is made after this file was removed.
        open_records(settings).close()
    # Not the settings as a whole: another model or contact is no reason to open the database again.
    where = (str(settings.data_dir), settings.database_url, settings.keep_pixels)
    return _database(where, _inode(settings), settings)


class Readers:
    """Which case each session of this server has open, so that two readers do not take the same one unawares."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody; `clock` gives seconds."""
        self._clock, self._open = clock, dict[str, tuple[str, str, float]]()

    def take(self, session: str, case_id: str, name: str) -> None:
        """A session has a case open, or none ("")."""
        self._open.pop(session, None)
        if case_id:
            self._open[session] = case_id, name, self._clock()

    def others(self, session: str) -> dict[str, str]:
        """Who else reads, by case; whoever did nothing for `AWAY_AFTER_S` is away."""
        since = self._clock() - AWAY_AFTER_S
        open_now = [(who, *entry) for who, entry in tuple(self._open.items())]
        return {case_id: name or "somebody" for who, case_id, name, at in open_now if who != session and at >= since}


@st.cache_resource(max_entries=1, show_spinner=False)
def readers() -> Readers:
    """Who reads which case on this server."""
    return Readers()


def film_of(records: Records, stored: StoredCase, jpeg: bytes = b"") -> Film | None:
    """The film of a stored case; read anew each time, so no cache outlives a deletion.

    Args:
        records: the database.
        stored: the case.
        jpeg: that the session holds, for a case that keeps no radiograph; empty for none.

    Returns:
        None where there is neither.

    Raises:
        RecordsError: if the database cannot be read.
        RadiographError: if the stored picture is damaged.
    """
    png = records.picture(stored.summary.case_id) if stored.has_picture else None
    return open_film(png or jpeg) if png or jpeg else None


@dataclass(frozen=True)
class Overlays:
    """Overlays of a list of cases.

    Attributes:
        archive: a ZIP file; empty if there is no overlay.
        drawn: overlays in it.
        without_picture: cases looked at whose radiograph was not kept.
        not_looked_at: cases left when the archive was full.
    """

    archive: bytes = field(repr=False)
    drawn: int
    without_picture: int
    not_looked_at: int


def overlays(
    records: Records, wanted: CaseFilter, order: Order, *, most: int = MOST_OVERLAYS, most_bytes: int = MOST_ZIP_BYTES
) -> Overlays:
    """Draw the overlays of a list at full size, each named by its case, with one picture in memory at a time.

    Raises:
        RecordsError: if the database cannot be read.
        RadiographError: if a stored picture is damaged.
    """
    file, drawn, without, looked_at, number = io.BytesIO(), 0, 0, 0, 1
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        while True:
            page = records.page(wanted, order, number=number, size=_LOOKED_AT_ONCE)
            for summary in page.cases:
                if drawn >= most or file.tell() >= most_bytes:
                    break
                looked_at += 1
                png = _overlay(records, records.case(summary.case_id))
                without += png is None
                if png is not None:
                    archive.writestr(f"{summary.case_id}.png", png)
                    drawn += 1
            if number >= page.pages or looked_at < number * _LOOKED_AT_ONCE:
                break
            number += 1
    return Overlays(file.getvalue() if drawn else b"", drawn, without, page.total - looked_at)


def _overlay(records: Records, stored: StoredCase) -> bytes | None:
    film, scoring = film_of(records, stored), stored.summary.scoring
    prediction = scoring.prediction
    if film is None or prediction.saliency_map is None:
        return None
    method = METHODS.get(prediction.saliency_method)
    return overlay_file(
        film,
        prediction,
        prediction.saliency_map,
        OVERLAY_OPACITY,
        method=method.title if method else prediction.saliency_method,
        header_mismatch=any(_is_of_header(text, prediction) for text in scoring.warnings),
    )


def _is_of_header(warning: str, prediction: Prediction) -> bool:
    because = prediction.refused_because
    return warning != NO_INPUT_CHECK and not (because and because in warning)


@st.cache_resource(max_entries=4, show_spinner=False, on_release=Records.close)
def _database(where: tuple[str, str, bool | None], inode: int, _settings: Settings) -> Records:  # noqa: ARG001 - the key
    return open_records(_settings)


def _inode(settings: Settings) -> int:
    """Tells the database's file from another of the same name; 0 where there is none."""
    if settings.database_url:
        return 0
    try:
        return (settings.data_dir / FILE).stat().st_ino
    except OSError:
        return 0
