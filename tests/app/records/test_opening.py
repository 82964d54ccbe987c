"""Opening: from nothing, by several processes at once, and what is refused."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import stat
import subprocess
import sys
import threading
import traceback
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.records.connection import FILE, VERSION_TABLE, address, connect
from app.records.repository import open_records
from app.records.schema import metadata
from app.records.values import CaseFilter, Opinion, Order, RecordsError, SchemaTooNewError
from app.settings import ROOT, Settings
from tests.app.records.entries import review, save, shown


def test_migrations_make_the_tables_that_the_code_expects(settings: Settings, engine: sa.Engine) -> None:
    open_records(settings).close()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        for table in metadata.tables.values():
            checks = {check["name"] for check in sa.inspect(connection).get_check_constraints(table.name)}
            wanted = {one.name for one in table.constraints if isinstance(one, sa.CheckConstraint)}
            assert checks == wanted


def test_processes_that_start_at_once_make_one_database(settings: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    started = [context.Process(target=_open, args=(settings, barrier)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0, 0, 0]
    with open_records(settings) as records:
        assert records.page(CaseFilter(), Order()).total == 0


def _open(settings: Settings, barrier: Barrier) -> None:
    barrier.wait(60)
    open_records(settings).close()


def test_it_waits_for_a_process_that_is_setting_up_the_file(tmp_path: Path) -> None:
    """SQLite itself does not wait there."""
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, other.rollback)
        release.start()
        with open_records(Settings(data_dir=tmp_path)) as records:
            assert save(records).outcome == "created"
        release.join()


def test_a_newer_database_is_refused_and_left_alone(settings: Settings, engine: sa.Engine) -> None:
    open_records(settings).close()
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - a constant
    with pytest.raises(SchemaTooNewError, match="version 9999"):
        open_records(settings)
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == "9999"  # noqa: S608


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    with open_records(Settings(data_dir=folder)) as records:
        save(records)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        files = list(folder.iterdir())
        assert len(files) == 3, "the database, its write-ahead log and the log's index"
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_sqlite_is_set_up_for_several_writers_and_real_deletion(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    open_records(settings).close()
    engine = connect(address(settings))
    expected = {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 10_000}
    with engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in expected}
    engine.dispose()
    assert found == expected


@pytest.mark.parametrize("content", [b"This is not a database. " * 99, b"SQLite format 3\0" * 300, b"nonsense" * 4096])
@pytest.mark.parametrize("was_whole", [True, False])
def test_a_broken_file_is_named_and_left_alone(tmp_path: Path, content: bytes, was_whole: bool) -> None:
    if was_whole:
        with open_records(Settings(data_dir=tmp_path)) as records:
            save(records)
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(RecordsError, match=rf"{FILE}\) is damaged: .*backup"):
        open_records(Settings(data_dir=tmp_path))
    assert (tmp_path / FILE).read_bytes() == content


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordsError, match=r"cannot be made: .* Set CXR_DATA_DIR"):
        open_records(Settings(data_dir=tmp_path / "file" / "data"))


@pytest.mark.parametrize(
    "url",
    [
        "postgres://ann:s3cret@127.0.0.1:1/records",
        "postgresql://ann:s3cret@127.0.0.1:1/records",
        "postgresql+psycopg://ann@127.0.0.1:1/records?password=s3cret",
        "postgresql://ann:s3cret@nowhere.invalid/records",
        "postgresql://ann:s3cret@127.0.0.1:1/records?s3cret=no",
        "postgresql://ann:s3cret@127.0.0.1:port/records",
        "mysql://ann:s3cret@127.0.0.1/records",
        "postgresql://ann:s3cret@127.0.0.1/",
        "s3cret",
    ],
)
def test_a_server_that_cannot_be_used_is_told_without_its_password(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=url)
    with caplog.at_level(logging.DEBUG), pytest.raises(RecordsError, match=r"DATABASE_URL|cannot be used") as caught:
        open_records(settings)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value)) + caplog.text


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_form_of_url_uses_psycopg_3(scheme: str) -> None:
    found = address(Settings(database_url=f"{scheme}://ann:p%40ss@h:5433/records?sslmode=require"))
    assert found.url.drivername == "postgresql+psycopg"
    assert (found.url.password, found.url.query["sslmode"]) == ("p@ss", "require")
    assert found.where == "PostgreSQL database records at h"
    assert "p@ss" not in repr(found)


def test_a_reader_s_words_stay_out_of_errors_and_logs(
    settings: Settings, engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), open_records(settings) as records:
        case_id = save(records, reader="Dr Confidential").case_id
        seen = shown(records, case_id)
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE reviews RENAME COLUMN comment TO remark"))
        with pytest.raises(RecordsError, match=r"cannot be used: .*comment") as caught:
            review(records, case_id, Opinion("agree", comment="Confidential"), reader="Dr Confidential", seen=seen)
    assert "Confidential" not in str(caught.value) + caplog.text


def test_a_busy_database_is_told_and_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.records.connection.BUSY_S", 0.2)
    with open_records(Settings(data_dir=tmp_path)) as records:
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(RecordsError, match="is busy"):
                save(records)
        assert save(records).outcome == "created"


def test_neither_records_nor_intake_nor_reports_need_streamlit_or_tensorflow() -> None:
    slow = "{'tensorflow', 'keras', 'streamlit', 'scipy', 'sklearn'} & set(sys.modules)"
    parts = "app.records.repository, model.intake.archive, app.intake.queue, app.reports.case"
    subprocess.run([sys.executable, "-c", f"import sys, {parts}; assert not {slow}, {slow}"], cwd=ROOT, check=True)
