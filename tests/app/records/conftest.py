"""Fixtures: an empty review database, on SQLite and on a PostgreSQL server of our own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from app.records.connection import address, connect
from app.records.repository import Records, open_records
from app.settings import Settings
from tests.app.records.entries import Clock

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The socket folder of a running server from the packages of the system; its user "tester" has no password."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: run 'apt-get install postgresql' as root")
    # Short, since the path of a socket has at most 107 characters; open, since the server is not run by root.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data, control = folder / "data", [*as_user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-t", "60"]
    # Nothing here has to survive a power cut.
    options = f"-c listen_addresses= -c fsync=off -c max_connections=40 -c shared_buffers=16MB -k {folder}"
    try:
        make = [str(programs / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale"]
        _run([*as_user, *make, "--no-sync"], folder)
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], folder)
        try:
            yield folder
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """The folder of the newest `initdb` and `pg_ctl`, or None where PostgreSQL is not installed."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if found := sorted(installed, key=lambda path: float(path.parent.parent.name)):
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _run(command: list[str], folder: Path) -> None:
    # The server goes on after pg_ctl and would hold a pipe open: what it says goes to a file.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(command, stdout=said, stderr=said, cwd=folder, timeout=120, check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a database that does not exist yet (SQLite) or is empty (PostgreSQL)."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        return Settings(data_dir=data)
    # A schema of its own, which is made faster than a database.
    socket, name = request.getfixturevalue("postgresql"), f"test_{next(_numbers)}"
    with psycopg.connect(f"host={socket} user=tester dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    url = f"postgres://tester@/postgres?host={socket}&options=-csearch_path%3D{name}"
    return Settings(data_dir=data, database_url=url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    """Straight to the database, past the code that keeps it."""
    opened = connect(address(settings))
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(settings: Settings, clock: Clock) -> Iterator[Records]:
    with open_records(settings, clock=clock) as opened:
        yield opened
