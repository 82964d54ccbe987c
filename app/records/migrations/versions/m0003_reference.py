"""Readers may give a case the reference by which they know it elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, empty."""
    op.add_column("cases", sa.Column("reference", sa.String(60), nullable=False, server_default=sa.text("''")))
