"""A list of cases as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from app.spreadsheet import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.records.values import CaseSummary

_BOM = "\ufeff"

Cell = str | int | float


def to_csv(cases: Iterable[CaseSummary], *, bom: bool = False) -> bytes:
    """Write a list of cases as CSV (RFC 4180).

    Text stands in quotes and numbers do not; text that a spreadsheet would run as a formula has an apostrophe before
    it. Times are UTC, ISO 8601.

    Args:
        cases: in the order wanted.
        bom: whether to begin with a byte order mark, by which Excel knows UTF-8.

    Returns:
        UTF-8; a header and one row a case.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for case in cases:
        writer.writerow([guarded(cell) for cell in _row(case)])
    return ((_BOM if bom else "") + file.getvalue()).encode("utf-8")


_HEADER = (
    "case",
    "saved",
    "saved_by",
    "scored",
    "status",
    "probability",
    "decision",
    "indeterminate",
    "operating_point",
    "threshold",
    "model_version",
    "weights_sha256",
    "gate",
    "gate_reason",
    "height",
    "width",
    "verdict",
    "label",
    "comment",
    "reader",
    "reviewed",
)


def _row(case: CaseSummary) -> tuple[Cell, ...]:
    result, review = case.scoring.result, case.scoring.review
    gate = {True: "accepted", False: "refused", None: "none"}[result.gate_accepted]
    judged: tuple[Cell, ...] = ("", "", "", "", "")
    if review is not None:
        judged = review.verdict, review.label, review.comment, review.reader, review.reviewed_at.isoformat()
    return (
        case.case_id,
        case.created_at.isoformat(),
        case.created_by,
        result.scored_at.isoformat(),
        result.status,
        result.probability,
        result.decision,
        "yes" if result.indeterminate else "no",
        result.operating_point,
        result.threshold,
        result.model_version,
        result.weights_sha256,
        gate,
        result.gate_reason,
        case.height,
        case.width,
        *judged,
    )
