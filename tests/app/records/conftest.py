"""Fixtures: an empty review database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from app.records.connection import address, connect
from app.records.repository import Records, open_records
from app.settings import Settings
from tests.app.records.entries import Clock
from tests.app.records.server import programs, served

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The socket folder of a running PostgreSQL server."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed: run 'apt-get install postgresql' as root")
    with served(found) as socket:
        yield socket


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
