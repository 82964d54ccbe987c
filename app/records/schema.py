"""The tables of the review database, as the code reads them; `migrations` makes them.

A case is one radiograph, known by its pixels. Each result that was saved for it is a scoring; the one saved last is
current, and lists, filters and pages show it. A review judges one scoring, so that a reader's "agree" never stands
beside the answer of another model. Pixels and saliency maps lie in tables of their own, which a list never reads. The
audit lines of a case outlast it; the values in them go with the case.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.records.values import MAX_COMMENT, MAX_READER, MAX_REFERENCE, VERDICTS
from model.labels import LABELS

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

CASE_CREATED, CASE_SCORED_AGAIN, CASE_DELETED = "case created", "case scored again", "case deleted"
REVIEW_CREATED, REVIEW_CHANGED = "review created", "review changed"
ACTIONS = (CASE_CREATED, CASE_SCORED_AGAIN, CASE_DELETED, REVIEW_CREATED, REVIEW_CHANGED)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A time that is timezone-aware UTC in Python, whichever database stores it; SQLite stores no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone, which could mean any."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored; give one that is timezone-aware.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("pixel_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("row_spacing_mm", sa.Double),
    sa.Column("column_spacing_mm", sa.Double),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(MAX_READER), nullable=False),
    sa.Column("reference", sa.String(MAX_REFERENCE), nullable=False, server_default=sa.text("''")),
    sa.Index(None, "created_at", "id"),
)

_case_id = sa.ForeignKey("cases.id", ondelete="CASCADE")

scorings = sa.Table(
    "scorings",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("case_id", sa.String(16), _case_id, nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("indeterminate", sa.Boolean, nullable=False),
    sa.Column("operating_point", sa.String(32), nullable=False),
    sa.Column("threshold", sa.Double, nullable=False),
    sa.Column("model_version", sa.String(200), nullable=False),
    sa.Column("weights_sha256", sa.String(64), nullable=False),
    sa.Column("gate_accepted", sa.Boolean),
    sa.Column("gate_reason", sa.Text, nullable=False),
    sa.Column("explained_class", sa.String(16), nullable=False),
    sa.Column("saliency_method", sa.String(64), nullable=False),
    sa.Column("scored_at", UtcTime, nullable=False),
    sa.Column("saved_at", UtcTime, nullable=False),
    sa.Column("saved_by", sa.String(MAX_READER), nullable=False),
    sa.Column(
        "warnings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False, server_default="[]"
    ),
    sa.UniqueConstraint("case_id", "fingerprint"),
    sa.CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
    sa.CheckConstraint(_one_of("decision", LABELS), name="decision"),
    sqlite_autoincrement=True,  # a number is never given twice, even after a deletion
)
# A case has one current scoring, found at once; and a sorted list is read in order, not sorted.
sa.Index(
    "ix_scorings_current",
    scorings.c.case_id,
    unique=True,
    sqlite_where=scorings.c.current,
    postgresql_where=scorings.c.current,
)
sa.Index(
    "ix_scorings_current_probability",
    scorings.c.probability,
    scorings.c.case_id,
    sqlite_where=scorings.c.current,
    postgresql_where=scorings.c.current,
)

saliency_maps = sa.Table(
    "saliency_maps",
    metadata,
    sa.Column("scoring_number", sa.Integer, sa.ForeignKey("scorings.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("case_id", sa.String(16), sa.ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("png", sa.LargeBinary, nullable=False),
    sa.Column("thumbnail", sa.LargeBinary),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("scoring_number", sa.Integer, sa.ForeignKey("scorings.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("label", sa.String(16), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("reader", sa.String(MAX_READER), nullable=False),
    sa.Column("reviewed_at", UtcTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("blinded", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint(_one_of("verdict", VERDICTS), name="verdict"),
    sa.CheckConstraint(_one_of("label", LABELS), name="label"),
    sa.CheckConstraint(f"length(comment) <= {MAX_COMMENT}", name="comment"),
)

rejections = sa.Table(
    "rejections",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
)
"""Pictures that the input check rejected: when, and nothing of the picture, which becomes no case."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("who", sa.String(MAX_READER), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    # No foreign key: the line outlasts the case.
    sa.Column("case_id", sa.String(16), nullable=False, index=True),
    sa.CheckConstraint(_one_of("action", ACTIONS), name="action"),
    sqlite_autoincrement=True,
)

audit_values = sa.Table(
    "audit_values",
    metadata,
    sa.Column("audit_number", sa.Integer, sa.ForeignKey("audit.number"), primary_key=True),
    sa.Column("case_id", sa.String(16), nullable=False, index=True),
    sa.Column("old", sa.JSON(none_as_null=True)),
    sa.Column("new", sa.JSON(none_as_null=True)),
)
