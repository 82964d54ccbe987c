"""Blinded reviews, a small picture of each kept radiograph, and when a picture was rejected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; earlier reviews were not blinded, and earlier radiographs have no small picture."""
    op.add_column("reviews", sa.Column("blinded", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("pictures", sa.Column("thumbnail", sa.LargeBinary))
    op.create_table(
        "rejections",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_rejections"),
    )
