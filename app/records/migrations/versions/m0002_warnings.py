"""What qualifies a result is stored with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the warnings; those of earlier results were not kept."""
    texts = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("scorings", sa.Column("warnings", texts, nullable=False, server_default="[]"))
