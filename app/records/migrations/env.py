"""Alembic runs this for every migration, in the transaction that `app.records.connection.migrate` began."""

from __future__ import annotations

from alembic import context

from app.records.schema import metadata

# Its own name: other programs that use Alembic may share the PostgreSQL database.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
