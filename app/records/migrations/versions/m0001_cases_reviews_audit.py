"""Cases, scorings, reviews and the append-only audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_CURRENT = sa.text("current")


def upgrade() -> None:
    """Make every table, and let the database itself refuse to change the audit."""
    _make_cases()
    _make_scorings()
    _make_parts_of_scorings()
    _make_audit()
    for statement in _TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _make_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("pixel_sha256", sa.String(64), nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("row_spacing_mm", sa.Double),
        sa.Column("column_spacing_mm", sa.Double),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("pixel_sha256", name="uq_cases_pixel_sha256"),
    )
    op.create_index("ix_cases_created_at_id", "cases", ["created_at", "id"])
    op.create_table(
        "pictures",
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_pictures"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_pictures_case_id", ondelete="CASCADE"),
    )


def _make_scorings() -> None:
    op.create_table(
        "scorings",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
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
        sa.Column("scored_at", _TIME, nullable=False),
        sa.Column("saved_at", _TIME, nullable=False),
        sa.Column("saved_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_scorings"),
        sa.UniqueConstraint("case_id", "fingerprint", name="uq_scorings_case_id_fingerprint"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_scorings_case_id", ondelete="CASCADE"),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name=op.f("ck_scorings_probability")),
        sa.CheckConstraint("decision IN ('Normal', 'Pneumonia')", name=op.f("ck_scorings_decision")),
        sqlite_autoincrement=True,
    )
    for name, columns in {
        "ix_scorings_current": ["case_id"],
        "ix_scorings_current_probability": ["probability", "case_id"],
    }.items():
        unique = columns == ["case_id"]
        op.create_index(name, "scorings", columns, unique=unique, sqlite_where=_CURRENT, postgresql_where=_CURRENT)


def _make_parts_of_scorings() -> None:
    op.create_table(
        "saliency_maps",
        sa.Column("scoring_number", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("scoring_number", name="pk_saliency_maps"),
        sa.ForeignKeyConstraint(
            ["scoring_number"], ["scorings.number"], name="fk_saliency_maps_scoring_number", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "reviews",
        sa.Column("scoring_number", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("reader", sa.String(80), nullable=False),
        sa.Column("reviewed_at", _TIME, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("scoring_number", name="pk_reviews"),
        sa.ForeignKeyConstraint(
            ["scoring_number"], ["scorings.number"], name="fk_reviews_scoring_number", ondelete="CASCADE"
        ),
        sa.CheckConstraint("verdict IN ('agree', 'disagree', 'labelled')", name=op.f("ck_reviews_verdict")),
        sa.CheckConstraint("label IN ('Normal', 'Pneumonia')", name=op.f("ck_reviews_label")),
        sa.CheckConstraint("length(comment) <= 2000", name=op.f("ck_reviews_comment")),
    )


def _make_audit() -> None:
    actions = ("case created", "case scored again", "case deleted", "review created", "review changed")
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
        sa.CheckConstraint(f"action IN ({', '.join(map(repr, actions))})", name=op.f("ck_audit_action")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_case_id", "audit", ["case_id"])
    op.create_table(
        "audit_values",
        sa.Column("audit_number", sa.Integer, nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("old", sa.JSON),
        sa.Column("new", sa.JSON),
        sa.PrimaryKeyConstraint("audit_number", name="pk_audit_values"),
        sa.ForeignKeyConstraint(["audit_number"], ["audit.number"], name="fk_audit_values_audit_number"),
    )
    op.create_index("ix_audit_values_case_id", "audit_values", ["case_id"])


# The values of a line may go when their case has gone; the line itself never.
# INSERT OR REPLACE removes a row in SQLite without asking a trigger on DELETE, so INSERT is watched too.
_TRIGGERS = {
    "sqlite": (
        """CREATE TRIGGER audit_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END""",
        """CREATE TRIGGER audit_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END""",
        """CREATE TRIGGER audit_replace BEFORE INSERT ON audit
        WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)
        BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END""",
        """CREATE TRIGGER audit_values_update BEFORE UPDATE ON audit_values
        BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END""",
        """CREATE TRIGGER audit_values_delete BEFORE DELETE ON audit_values
        WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id)
        BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END""",
        """CREATE TRIGGER audit_values_replace BEFORE INSERT ON audit_values
        WHEN EXISTS (SELECT 1 FROM audit_values WHERE audit_number = NEW.audit_number)
        BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit can only be added to'; END $$""",
        """CREATE FUNCTION refuse_audit_change_of_case() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id) THEN
            RAISE EXCEPTION 'the audit can only be added to';
          END IF;
          RETURN OLD;
        END $$""",
        """CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""",
        """CREATE TRIGGER audit_values_change BEFORE UPDATE OR TRUNCATE ON audit_values
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""",
        """CREATE TRIGGER audit_values_delete BEFORE DELETE ON audit_values
        FOR EACH ROW EXECUTE FUNCTION refuse_audit_change_of_case()""",
    ),
}
