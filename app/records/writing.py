"""Write to the review database: save a result, review it, delete cases; each with its audit line in one transaction."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.records import checks, reading
from app.records.schema import (
    CASE_CREATED,
    CASE_DELETED,
    CASE_SCORED_AGAIN,
    REVIEW_CHANGED,
    REVIEW_CREATED,
    audit,
    audit_values,
    cases,
    pictures,
    reviews,
    saliency_maps,
    scorings,
)
from app.records.values import (
    ALREADY_THERE,
    CREATED,
    SCORED_AGAIN,
    CaseNotFoundError,
    InvalidEntryError,
    Opinion,
    RecordsError,
    Review,
    Saved,
    Scoring,
    StaleReviewError,
)
from model.scoring import small_jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.predictor import Prediction
    from model.radiograph import Radiograph
    from model.saliency import SaliencyMap

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 and O, no 1, I and L, and no U, which is taken for V when written by hand."""

_PREFIX, _LENGTH = "C-", 6
_AUDITED_RESULT = ("model_version", "operating_point", "threshold", "probability", "decision", "indeterminate")
_AUDITED_REVIEW = ("verdict", "label", "comment", "blinded", "reader")

Values = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Entry:
    """What is to be saved, checked and packed; `png` is None if the radiograph itself is not to be kept."""

    radiograph: Radiograph
    prediction: Prediction
    warnings: tuple[str, ...]
    saliency_map: bytes
    png: bytes | None
    reader: str
    now: datetime


def save(connection: sa.Connection, entry: Entry) -> Saved:
    """Save a result: a new case, or a further scoring of the case that has the same pixels.

    The case keeps its id, a further result becomes its current scoring, and a result that it had before becomes
    current again, with its review. A file that carries fewer warnings than the shown result, but the same pixels and
    the same prediction, takes none of them back.
    """
    case_id, is_new = _case(connection, entry)
    if entry.png is not None:
        small = small_jpeg(entry.radiograph.pixels)
        kept = _insert(connection, pictures).values(case_id=case_id, png=entry.png, thumbnail=small)
        connection.execute(kept.on_conflict_do_nothing())
    before = reading.current_scoring(connection, case_id)
    if before is not None:
        is_same = fingerprint(before.prediction) == fingerprint(entry.prediction)
        if is_same and set(entry.warnings) <= set(before.warnings):
            return Saved(case_id, ALREADY_THERE)
        connection.execute(sa.update(scorings).where(scorings.c.number == before.number).values(current=False))
    mark = fingerprint(entry.prediction, entry.warnings)
    again = sa.update(scorings).where(scorings.c.case_id == case_id, scorings.c.fingerprint == mark)
    if connection.execute(again.values(current=True)).rowcount == 0:
        _add_scoring(connection, case_id, mark, entry)
    _add_line(
        connection,
        at=entry.now,
        who=entry.reader,
        action=CASE_CREATED if is_new else CASE_SCORED_AGAIN,
        case_id=case_id,
        old=_picked(before.prediction, _AUDITED_RESULT) if before else None,
        new=_picked(entry.prediction, _AUDITED_RESULT),
    )
    return Saved(case_id, CREATED if is_new else SCORED_AGAIN)


def review(
    connection: sa.Connection, case_id: str, opinion: Opinion, *, reader: str, seen: Scoring, now: datetime
) -> Review:
    """Write a review, or change it, unless the case changed since the reader saw the scoring `seen`."""
    # The second of two readers waits here, and then sees what the first one wrote.
    _lock(connection, case_id)
    found = reading.current_scoring(connection, case_id)
    if found is None:
        raise CaseNotFoundError(case_id)
    _require_unchanged(case_id, found, seen)
    kept, before = checks.opinion(opinion, found.prediction), found.review
    values = _picked(kept, _AUDITED_REVIEW[:-1]) | {"reader": reader}
    old = _picked(before, _AUDITED_REVIEW) if before else None
    if before is not None and old == values:
        return before
    stored = values | {"reviewed_at": now, "version": before.version + 1 if before else 1}
    if before is None:
        connection.execute(sa.insert(reviews).values(scoring_number=found.number, **stored))
    else:
        connection.execute(sa.update(reviews).where(reviews.c.scoring_number == found.number).values(**stored))
    action = REVIEW_CHANGED if before else REVIEW_CREATED
    _add_line(connection, at=now, who=reader, action=action, case_id=case_id, old=old, new=values)
    return Review(**stored)


def refer(connection: sa.Connection, case_id: str, reference: str) -> None:
    """Set the reference of a case; no line of the audit says so, since nothing is judged by it."""
    _lock(connection, case_id)
    connection.execute(sa.update(cases).where(cases.c.id == case_id).values(reference=reference))


def delete_case(connection: sa.Connection, case_id: str, *, who: str, now: datetime) -> None:
    """Delete one case: results, saliency maps, picture, reviews and audited values go; audit lines stay."""
    _lock(connection, case_id)
    _delete(connection, [case_id], who=who, now=now)


def delete_older(connection: sa.Connection, limit: datetime, *, who: str, now: datetime) -> int:
    """Delete every case that was first saved before a time; returns how many there were."""
    query = sa.select(cases.c.id).where(cases.c.created_at < limit).order_by(cases.c.id).with_for_update()
    ids = connection.execute(query).scalars().all()
    _delete(connection, ids, who=who, now=now)
    return len(ids)


def new_case_id(connection: sa.Connection) -> str:
    """A pseudonym such as "C-7F3K9Q" that no case has or ever had: it says nothing of the patient or the time."""
    while True:
        drawn = _PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
        # The audit remembers deleted cases: their lines must not come to belong to another patient.
        taken = sa.union_all(
            sa.select(cases.c.id).where(cases.c.id == drawn),
            sa.select(audit.c.case_id).where(audit.c.case_id == drawn),
        )
        if connection.execute(taken).first() is None:
            return drawn


def fingerprint(prediction: Prediction, warnings: tuple[str, ...] = ()) -> str:
    """What makes two results of the same pixels the same: weights, threshold, probability, decision, gate, warnings.

    Returns:
        SHA-256, hexadecimal. Neither the saliency map counts nor what comes after the sixth decimal of the
        probability, which differs between processors.
    """
    told_apart_by = [
        prediction.model_version,
        prediction.weights_sha256,
        prediction.operating_point,
        prediction.threshold,
        round(prediction.probability, 6),
        prediction.decision,
        prediction.indeterminate,
        prediction.gate.accepted if prediction.gate else None,
        *sorted(warnings),
    ]
    return hashlib.sha256(json.dumps(told_apart_by).encode()).hexdigest()


def packed_map(saliency_map: SaliencyMap) -> bytes:
    """A saliency map as NumPy's compressed archive."""
    file = io.BytesIO()
    np.savez_compressed(file, map=saliency_map)
    return file.getvalue()


def packed_png(radiograph: Radiograph) -> bytes:
    """A radiograph as a PNG file, without loss and without text chunks.

    Raises:
        InvalidEntryError: if it cannot be written as PNG.
    """
    done, file = cv2.imencode(".png", radiograph.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise InvalidEntryError(f"Pixels of shape {radiograph.pixels.shape} could not be written as PNG.")
    return file.tobytes()


def _case(connection: sa.Connection, entry: Entry) -> tuple[str, bool]:
    """The case of these pixels, locked until the end of the transaction, and whether it is new."""
    rows, columns = entry.radiograph.pixel_spacing_mm or (None, None)
    sha256, (height, width) = entry.radiograph.pixel_sha256, entry.radiograph.pixels.shape
    insert = _insert(connection, cases).values(
        id=new_case_id(connection),
        pixel_sha256=sha256,
        height=height,
        width=width,
        row_spacing_mm=rows,
        column_spacing_mm=columns,
        created_at=entry.now,
        created_by=entry.reader,
    )
    # Two readers may save the same pixels at once; the second meets the first one's case.
    inserted = connection.execute(insert.on_conflict_do_nothing(index_elements=["pixel_sha256"]).returning(cases.c.id))
    if (new_id := inserted.scalar_one_or_none()) is not None:
        return new_id, True
    same = sa.select(cases.c.id).where(cases.c.pixel_sha256 == sha256).with_for_update()
    case_id = connection.execute(same).scalar_one_or_none()
    if case_id is None:
        raise RecordsError("The case of this radiograph was deleted at this very moment. Save it again.")
    return case_id, False


def _add_scoring(connection: sa.Connection, case_id: str, mark: str, entry: Entry) -> None:
    gate = entry.prediction.gate
    insert = sa.insert(scorings).values(
        case_id=case_id,
        current=True,
        fingerprint=mark,
        saved_at=entry.now,
        saved_by=entry.reader,
        gate_accepted=gate.accepted if gate else None,
        gate_reason=gate.reason if gate else "",
        warnings=list(entry.warnings),
        **_picked(entry.prediction, reading.PREDICTED),
    )
    number = connection.execute(insert.returning(scorings.c.number)).scalar_one()
    connection.execute(sa.insert(saliency_maps).values(scoring_number=number, data=entry.saliency_map))


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that knows what to do on a conflict, which each database has as its own addition to SQL."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _lock(connection: sa.Connection, case_id: str) -> None:
    """Let nobody else change a case until the end of the transaction."""
    lock = sa.select(cases.c.id).where(cases.c.id == case_id).with_for_update()
    if connection.execute(lock).scalar_one_or_none() is None:
        raise CaseNotFoundError(case_id)


def _require_unchanged(case_id: str, found: Scoring, seen: Scoring) -> None:
    if found.number != seen.number:
        raise StaleReviewError(
            f"Case {case_id} was scored again at {found.saved_at:%H:%M} UTC by {found.saved_by}, after you opened it. "
            "Your review was not saved. Open the case again and judge what it shows now."
        )
    now = found.review
    if (now.version if now else 0) != (seen.review.version if seen.review else 0):
        who = f"{now.reader} at {now.reviewed_at:%H:%M} UTC" if now else "another reader"
        raise StaleReviewError(
            f"The review of case {case_id} was changed by {who}, after you opened it. Yours was not saved. Open the "
            "case again, read theirs, and change it if need be."
        )


def _delete(connection: sa.Connection, ids: Sequence[str], *, who: str, now: datetime) -> None:
    if not ids:
        return
    connection.execute(
        sa.insert(audit), [{"at": now, "who": who, "action": CASE_DELETED, "case_id": one} for one in ids]
    )
    named = [{"gone": one} for one in ids]
    # The case first: while it is there, the database refuses to let go of the values of its audit lines.
    connection.execute(sa.delete(cases).where(cases.c.id == sa.bindparam("gone")), named)
    connection.execute(sa.delete(audit_values).where(audit_values.c.case_id == sa.bindparam("gone")), named)


def _add_line(
    connection: sa.Connection, *, at: datetime, who: str, action: str, case_id: str, old: Values | None, new: Values
) -> None:
    line = sa.insert(audit).values(at=at, who=who, action=action, case_id=case_id).returning(audit.c.number)
    number = connection.execute(line).scalar_one()
    connection.execute(sa.insert(audit_values).values(audit_number=number, case_id=case_id, old=old, new=new))


def _picked(source: object, names: tuple[str, ...]) -> Values:
    return {name: getattr(source, name) for name in names}
