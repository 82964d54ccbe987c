"""Bring the review database to the form that this code expects, whoever else does the same at this moment."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.records.connection import writing
from app.records.errors import SchemaTooNewError

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "records_version"
_LOCK = 0x435852  # any number, the same in every process

_log = logging.getLogger(__name__)


def migrate(engine: sa.Engine) -> None:
    """Run the migrations that the database lacks, all or none.

    One transaction holds them all, behind a lock: the second of two processes waits, and then finds nothing to do.

    Args:
        engine: of `app.records.connection.connect`.

    Raises:
        SchemaTooNewError: if a newer version of this program made the database; it is left as it is.
        DBAPIError: if it cannot be opened, read or written.
    """
    config = _config()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if _version(connection, config) == newest:
            return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        found = _version(connection, config)
        if found != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _log.info("The review database went from version %s to %s.", found or "none", newest)


def _config() -> Config:
    config = Config()
    # The parser of settings gives % a meaning; a folder's name may have one.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["version_table"] = VERSION_TABLE
    return config


def _version(connection: sa.Connection, config: Config) -> str | None:
    found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaTooNewError(
            f"The review database is of version {found}, which this program does not know (it knows up to "
            f"{max(known)}): a newer one made it. Install that version again; the database was left as it is."
        )
    return found
