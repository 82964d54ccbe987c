"""The review database: cases that readers saved, what they say of them, and who changed what.

`open_records` gives `Records`; the rest is plain data. SQLite by default, PostgreSQL by `DATABASE_URL`.
"""

from __future__ import annotations

from app.records.agreement import Agreement, Comparison, Judged, Setup, agreement, compare, setups
from app.records.errors import (
    CaseNotFoundError,
    InvalidEntryError,
    RecordsError,
    SchemaTooNewError,
    StaleReviewError,
)
from app.records.export import to_csv
from app.records.repository import Records, open_records
from app.records.values import (
    AuditLine,
    CaseFilter,
    CaseSummary,
    Neighbours,
    Opinion,
    Order,
    Page,
    Result,
    Review,
    Saved,
    Scoring,
    StoredCase,
)

__all__ = [
    "Agreement",
    "AuditLine",
    "CaseFilter",
    "CaseNotFoundError",
    "CaseSummary",
    "Comparison",
    "InvalidEntryError",
    "Judged",
    "Neighbours",
    "Opinion",
    "Order",
    "Page",
    "Records",
    "RecordsError",
    "Result",
    "Review",
    "Saved",
    "SchemaTooNewError",
    "Scoring",
    "Setup",
    "StaleReviewError",
    "StoredCase",
    "agreement",
    "compare",
    "open_records",
    "setups",
    "to_csv",
]
