"""Names for cases and results: a pseudonym, and what makes two results the same."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.records.schema import audit, cases

if TYPE_CHECKING:
    from app.records.values import Result

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 and O, no 1, I and L, and no U, which is taken for V when written by hand."""

_PREFIX, _LENGTH = "C-", 6


def new_case_id(connection: sa.Connection) -> str:
    """A pseudonym that no case has or ever had.

    Args:
        connection: to the database.

    Returns:
        Such as "C-7F3K9Q": six characters drawn from 30, which say nothing of the patient or the time.
    """
    while True:
        drawn = _PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
        # The audit remembers deleted cases: their lines must not come to belong to another patient.
        taken = sa.union_all(
            sa.select(cases.c.id).where(cases.c.id == drawn),
            sa.select(audit.c.case_id).where(audit.c.case_id == drawn),
        )
        if connection.execute(taken).first() is None:
            return drawn


def fingerprint(result: Result) -> str:
    """What makes two results of the same pixels the same: weights, threshold, probability, decision and gate.

    Args:
        result: of a model.

    Returns:
        SHA-256, hexadecimal. The saliency map does not count, nor does what comes after the sixth decimal of the
        probability, which differs from one processor to the next.
    """
    told_apart_by = [
        result.model_version,
        result.weights_sha256,
        result.operating_point,
        result.threshold,
        round(result.probability, 6),
        result.decision,
        result.indeterminate,
        result.gate_accepted,
    ]
    return hashlib.sha256(json.dumps(told_apart_by).encode()).hexdigest()
