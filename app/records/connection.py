"""Where the review database is, how it is opened and brought up to date, and what its errors mean."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from app.records.values import RecordsError, SchemaTooNewError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings

_log = logging.getLogger(__name__)

FILE = "records.sqlite3"
BUSY_S = 10
"""How long a writer waits for another one."""

_CONNECT_S = 5
_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")
_BEGIN = "begin"

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "records_version"
_LOCK = 0x435852  # any number, the same in every process


@dataclass(frozen=True)
class Address:
    """Where the review database is: its URL, which may hold a password; its place in words; SQLite's file."""

    url: sa.URL = field(repr=False)
    where: str
    file: Path | None = None


def address(settings: Settings) -> Address:
    """Where the review database is: PostgreSQL at `database_url`, or else a SQLite file in `data_dir`.

    Raises:
        RecordsError: if the URL is not one of PostgreSQL.
    """
    if not settings.database_url:
        file = settings.data_dir / FILE
        return Address(sa.URL.create("sqlite+pysqlite", database=str(file)), str(file), file)
    form = "expected postgresql://user:password@host:5432/name. Set it so, or leave it unset to use a file."
    try:
        url = sa.make_url(settings.database_url)
    except (sa.exc.ArgumentError, ValueError):
        # Without its cause, whose text may hold the password.
        raise RecordsError(f"DATABASE_URL is not a URL; {form}") from None
    if url.drivername not in _POSTGRESQL or not url.database:
        raise RecordsError(f"DATABASE_URL is not the URL of a PostgreSQL database; {form}")
    host = url.host or url.query.get("host") or "the local socket"
    return Address(url.set(drivername="postgresql+psycopg"), f"PostgreSQL database {url.database} at {host}")


def connect(where: Address) -> sa.Engine:
    """An engine for several threads; folder and file are made if need be, readable by their owner alone.

    Its errors show no values of a statement, since these are a reader's words.

    Raises:
        RecordsError: if the folder or the file cannot be made.
    """
    if where.file is None:
        waits = {} if "connect_timeout" in where.url.query else {"connect_timeout": _CONNECT_S}
        return sa.create_engine(where.url, hide_parameters=True, pool_pre_ping=True, connect_args=waits)
    _make_private(where.file)
    engine = sa.create_engine(where.url, hide_parameters=True, connect_args={"timeout": BUSY_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def for_writing(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that write: in SQLite they wait for their turn at the start, not half-way."""
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def without_transaction(engine: sa.Engine) -> sa.Engine:
    """The same engine for what SQLite does outside a transaction only."""
    return engine.execution_options(**{_BEGIN: ""})


def use_write_ahead_log(engine: sa.Engine) -> None:
    """Let SQLite's readers go on while one writes; the file remembers it. PostgreSQL needs nothing."""
    if engine.dialect.name != "sqlite":
        return
    deadline = time.monotonic() + BUSY_S
    # Outside a transaction, and tried again: SQLite does not wait for another process that changes the mode.
    with without_transaction(engine).connect() as connection:
        while True:
            try:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


def empty_the_log(engine: sa.Engine) -> None:
    """Empty SQLite's write-ahead log, which may still hold pages of what was deleted.

    PostgreSQL reuses the space by itself (autovacuum).
    """
    if engine.dialect.name != "sqlite":
        return
    with without_transaction(engine).connect() as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        _log.warning("Somebody reads the review database: its log still holds deleted pages until the next deletion.")


def migrate(engine: sa.Engine) -> None:
    """Run the migrations that the database lacks, all or none.

    One transaction holds them all, behind a lock: the second of two processes waits, and then finds nothing to do.

    Raises:
        SchemaTooNewError: if a newer version of this program made the database; it is left as it is.
    """
    config = _config()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if _version(connection, config) == newest:
            return
    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        found = _version(connection, config)
        if found != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _log.info("The review database was migrated from version %s to %s.", found or "none", newest)


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


@contextmanager
def translated(where: Address) -> Iterator[None]:
    """Turn what the driver raises into a `RecordsError` that can be shown."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise RecordsError(f"The review database ({where.where}) is busy: no connection is free. Try again.") from error
    except sa.exc.DBAPIError as error:
        # Without its cause, whose text may hold the URL.
        raise RecordsError(_meaning(error, where)) from None
    except sa.exc.StatementError as error:
        # A value that never reached the database; the statement itself is nobody's business.
        raise RecordsError(f"The review database refuses a value: {error.orig} Nothing was written.") from None


def _meaning(error: sa.exc.DBAPIError, where: Address) -> str:
    database = f"The review database ({where.where})"
    said = _without_secrets(str(error.orig).strip().partition("\n")[0], where)
    if where.file is None:
        import psycopg

        if isinstance(error.orig, psycopg.OperationalError):
            return (
                f"{database} cannot be reached: {said}. Is the server up, and is DATABASE_URL right? Nothing is lost."
            )
    elif "locked" in said:
        return f"{database} is busy: another process has been writing for {BUSY_S} s. Try again; nothing was written."
    elif "not a database" in said or "malformed" in said:
        return f"{database} is damaged: {said}. Restore it from a backup, or move it away to begin an empty one."
    return f"{database} cannot be used: {said}. Nothing was written. Correct this and try again."


def _without_secrets(text: str, where: Address) -> str:
    secrets = [where.url.password, where.url.query.get("password")]
    for secret in (str(one) for one in secrets if one):
        text = text.replace(secret, "***")
    return text


def _make_private(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives the files of its write-ahead log the mode of this one.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise RecordsError(
            f"The review database ({file}) cannot be made: {error.strerror}. Set CXR_DATA_DIR to a folder that this "
            "user may write to, and start the server again."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own record
    # SQLAlchemy, not the driver, says when a transaction begins: the driver leaves DDL and reads outside.
    connection.isolation_level = None
    for pragma in (f"busy_timeout = {BUSY_S * 1000}", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    if begin := connection.get_execution_options().get(_BEGIN, "BEGIN"):
        connection.exec_driver_sql(begin)
