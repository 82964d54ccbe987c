"""The review database, opened once a process, and what is drawn from a stored case."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.records.connection import FILE
from app.records.repository import Records, open_records
from app.services.radiographs import OVERLAY_OPACITY, open_film, overlay_file
from model.input_gate import GateResult
from model.predictor import Prediction
from model.saliency import METHODS

if TYPE_CHECKING:
    from app.records.values import CaseFilter, Order, StoredCase
    from app.services.radiographs import Film as Case
    from app.settings import Settings

MOST_OVERLAYS = 200
MOST_ZIP_BYTES = 256 * 1024**2
"""An archive is made in memory: it ends with the picture that takes it over this size."""

_LOOKED_AT_ONCE = 100


def records(settings: Settings) -> Records:
    """The review database; made or migrated at the first call, and opened anew where its file was replaced.

    Args:
        settings: where it is, and whether pixels are kept.

    Returns:
        The database, shared by all sessions.

    Raises:
        SchemaTooNewError: if a newer version of this program made it.
        RecordsError: if it cannot be reached, read or written; tried again at the next call.
    """
    return _records(str(settings.data_dir), settings.database_url, settings.keep_pixels, _file(settings), settings)


@st.cache_resource(max_entries=4, show_spinner=False, on_release=Records.close)
def _records(
    data_dir: str,  # noqa: ARG001 - the cache's key: not the model's settings, which do not matter here
    database_url: str,  # noqa: ARG001 - likewise
    keep_pixels: bool,  # noqa: ARG001 - likewise
    file: int,  # noqa: ARG001 - likewise
    _settings: Settings,
) -> Records:
    return open_records(_settings)


def _file(settings: Settings) -> int:
    """What tells the database's file from another of the same name; 0 where there is none."""
    if settings.database_url:
        return 0
    try:
        return (settings.data_dir / FILE).stat().st_ino
    except OSError:
        return 0


def prediction_of(stored: StoredCase) -> Prediction:
    """The prediction that a case shows, as it was when it was saved.

    Args:
        stored: the case.

    Returns:
        The prediction with its saliency map; the outline of the lungs was not kept, and is all zeros.
    """
    result = stored.summary.scoring.prediction
    gate = None
    if result.gate_accepted is not None:
        no_outline = np.zeros((1, 1), dtype=np.float32)
        gate = GateResult(result.gate_accepted, float(result.gate_accepted), result.gate_reason, no_outline)
    return Prediction(
        probability=result.probability,
        decision=result.decision,
        threshold=result.threshold,
        operating_point=result.operating_point,
        indeterminate=result.indeterminate,
        explained_class=result.explained_class,
        saliency_map=stored.saliency_map,
        model_version=result.model_version,
        gate=gate,
    )


def kept_picture(records: Records, stored: StoredCase) -> Case | None:
    """The radiograph of a stored case, or None where it was not kept.

    It is read anew each time, so that nothing of a deleted case stays in a cache.

    Args:
        records: the database.
        stored: the case.

    Raises:
        RecordsError: if the database cannot be read.
        RadiographError: if the stored picture is damaged.
    """
    png = records.picture(stored.summary.case_id) if stored.has_picture else None
    return None if png is None else open_film(png)


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
    """Draw the overlays of a list, as far as its radiographs were kept; one picture in memory at a time.

    Args:
        records: the database.
        wanted: which cases.
        order: how sorted; the first are drawn.
        most: overlays.
        most_bytes: of the archive; the overlay that takes it over is the last.

    Returns:
        The overlays at full size, each named by its case.

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
                stored = records.case(summary.case_id)
                png = _overlay(records, stored)
                without += png is None
                if png is not None:
                    archive.writestr(f"{summary.case_id}.png", png)
                    drawn += 1
            if number >= page.pages or looked_at < number * _LOOKED_AT_ONCE:
                break
            number += 1
    return Overlays(file.getvalue() if drawn else b"", drawn, without, page.total - looked_at)


def _overlay(records: Records, stored: StoredCase) -> bytes | None:
    picture = kept_picture(records, stored)
    if picture is None:
        return None
    method = METHODS.get(stored.summary.scoring.prediction.saliency_method)
    title = method.title if method else stored.summary.scoring.prediction.saliency_method
    return overlay_file(picture, prediction_of(stored), stored.saliency_map, OVERLAY_OPACITY, method=title)
