"""Whether the reader answered before seeing the model's answer; and a small picture of each kept radiograph."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; earlier reviews saw the model's answer, and earlier radiographs have no small picture."""
    op.add_column("reviews", sa.Column("blinded", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("pictures", sa.Column("thumbnail", sa.LargeBinary))
