"""Back up and restore the review database: `python -m app.records backup FILE`, and `restore`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.records.connection import VERSION_TABLE, Address, address
from app.records.values import RecordsError
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_FAILED = 1

cli = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The database is that of DATABASE_URL or, without it, the file in CXR_DATA_DIR.",
)


@cli.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")]) -> None:
    """Copy the database into one file, also while the server runs. It holds patients' data: keep it as safe."""
    _run(lambda: make_backup(address(Settings()), file), f"Wrote {file}.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace the database that is there.")] = False,
) -> None:
    """Put a backup back. Stop the server first."""
    _run(lambda: restore_backup(address(Settings()), file, replace=replace), f"Restored {file}.")


def make_backup(source: Address, file: Path) -> None:
    """Copy the database into one file, readable by its owner alone.

    Raises:
        RecordsError: if the file exists, there is no database, or the copy fails; no file is left then.
    """
    if file.exists():
        raise RecordsError(f"{file} exists and is not overwritten. Name another file.")
    if source.file is None:
        file.touch(mode=0o600)
        try:
            _postgresql(source, "pg_dump", "--format=custom", f"--file={file}")
        except RecordsError:
            file.unlink(missing_ok=True)
            raise
        return
    if not source.file.is_file():
        raise RecordsError(f"There is no database at {source.where}.")
    _copy(source.file, file)


def restore_backup(target: Address, file: Path, *, replace: bool) -> None:
    """Put a backup back; it is checked first, and the database that is there stays until the copy is whole.

    Raises:
        RecordsError: if the backup is missing, damaged or of something else, or a database is there and is not to be
            replaced.
    """
    if not file.is_file():
        raise RecordsError(f"There is no backup at {file}.")
    if target.file is None:
        again = ("--clean", "--if-exists") if replace else ()
        _postgresql(target, "pg_restore", "--single-transaction", "--no-owner", *again, str(file))
        return
    if target.file.exists() and not replace:
        raise RecordsError(f"There is a database at {target.where}. Give --replace to lose it for the backup.")
    target.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = target.file.with_name(f"{target.file.name}.restoring")
    fresh.unlink(missing_ok=True)
    _copy(file, fresh)
    for beside in ("-wal", "-shm"):  # of the old one: they must not be read into the new one
        target.file.with_name(target.file.name + beside).unlink(missing_ok=True)
    fresh.replace(target.file)


def _copy(source: Path, file: Path) -> None:
    """A checked copy of a SQLite database by SQLite's own backup, which waits for writers and misses no page."""
    file.touch(mode=0o600)
    try:
        read_only = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        with closing(read_only) as old, closing(sqlite3.connect(file)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
            (said,) = new.execute("PRAGMA integrity_check").fetchone()
            new.execute(f"SELECT * FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    except (sqlite3.Error, OSError) as error:
        file.unlink(missing_ok=True)
        raise RecordsError(f"{source} is not a whole review database: {error}.") from error
    if said != "ok":
        file.unlink(missing_ok=True)
        raise RecordsError(f"{source} is damaged: {said}.")


def _postgresql(where: Address, program: str, *options: str) -> None:
    """Run a client program of PostgreSQL; the password goes by the environment, where no list of processes shows it."""
    found = shutil.which(program)
    if found is None:
        raise RecordsError(f"{program} is missing. Install the client programs of PostgreSQL.")
    url = where.url.set(drivername="postgresql", password=None).render_as_string()
    secret = {"PGPASSWORD": str(where.url.password)} if where.url.password else {}
    done = subprocess.run(  # noqa: S603 - our own arguments
        [found, f"--dbname={url}", *options], env=os.environ | secret, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RecordsError(f"{program} failed: {done.stderr.strip()}")


def _run(action: Callable[[], None], said: str) -> None:
    try:
        action()
    except RecordsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_FAILED) from error
    typer.echo(said)


if __name__ == "__main__":
    sys.exit(cli())
