"""A list of cases as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from model.spreadsheet import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.records.values import CaseSummary

COLUMNS = (
    *("case", "saved", "saved_by", "scored", "status", "probability", "decision", "indeterminate", "operating_point"),
    *("threshold", "model_version", "weights_sha256", "gate", "gate_reason", "height", "width"),
    *("verdict", "label", "comment", "reader", "reviewed", "warnings", "reference", "blinded"),
)


def to_csv(cases: Iterable[CaseSummary], *, bom: bool = False) -> bytes:
    """Write a list of cases as CSV (RFC 4180), UTF-8, one row a case.

    Text stands in quotes and numbers do not; text that a spreadsheet would run as a formula has an apostrophe before
    it. Times are UTC, ISO 8601.

    Args:
        cases: in the order wanted.
        bom: whether to begin with a byte order mark, by which Excel knows UTF-8.
    """
    import pandas as pd  # a second long

    table = guarded(pd.DataFrame([_row(case) for case in cases], columns=list(COLUMNS), dtype=object))
    text = table.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    return (("\ufeff" if bom else "") + text).encode("utf-8")


def _row(case: CaseSummary) -> tuple[str | float, ...]:
    scoring, found = case.scoring, case.scoring.prediction
    gate = "none" if found.gate is None else "accepted" if found.gate.accepted else "refused"
    judged = ("", "", "", "", "")
    if (review := scoring.review) is not None:
        judged = (review.verdict, review.label, review.comment, review.reader, review.reviewed_at.isoformat())
    return (
        case.case_id,
        case.created_at.isoformat(),
        case.created_by,
        found.scored_at.isoformat(),
        found.status,
        found.probability,
        found.decision,
        "yes" if found.indeterminate else "no",
        found.operating_point,
        found.threshold,
        found.model_version,
        found.weights_sha256,
        gate,
        found.gate.reason if found.gate else "",
        case.height,
        case.width,
        *judged,
        " ".join(scoring.warnings),
        case.reference,
        "" if review is None else "yes" if review.blinded else "no",
    )
