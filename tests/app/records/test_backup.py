"""A backup holds everything that was acknowledged, also while others write, and a restore brings it back."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.records.__main__ import cli, make_backup, restore_backup
from app.records.connection import address
from app.records.repository import Records, open_records
from app.records.values import CaseFilter, Order, RecordsError
from app.settings import Settings
from tests.app.records.entries import save


def ids(settings: Settings) -> set[str]:
    with open_records(settings) as records:
        return {case.case_id for case in records.every(CaseFilter(), Order())}


def test_a_backup_under_writing_misses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    live, saved, begun, stop = Settings(data_dir=tmp_path / "live"), [], threading.Event(), threading.Event()
    with open_records(live) as records:

        def write() -> None:
            for number in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
                saved.append(save(records, number).case_id)
                if number == 5:
                    begun.set()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert begun.wait(60)
            before = set(saved)
            make_backup(address(live), tmp_path / "copy")
        finally:
            stop.set()
            writer.join()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    new = Settings(data_dir=tmp_path / "new")
    restore_backup(address(new), tmp_path / "copy", replace=False)
    assert before <= ids(new) <= set(saved)


def test_backup_and_restore_on_either_engine(records: Records, settings: Settings, tmp_path: Path) -> None:
    """A case that came after the backup is gone after the restore, and the one before it is back."""
    where, file = address(settings), tmp_path / "copy"
    kept = save(records, 1).case_id
    make_backup(where, file)
    save(records, 2)
    with pytest.raises(RecordsError, match="not overwritten"):
        make_backup(where, file)
    records.close()
    with pytest.raises(RecordsError):
        restore_backup(where, file, replace=False)
    restore_backup(where, file, replace=True)
    assert ids(settings) == {kept}


def test_what_is_no_backup_replaces_nothing(tmp_path: Path) -> None:
    live = Settings(data_dir=tmp_path / "live")
    with open_records(live) as records:
        kept = save(records).case_id
    make_backup(address(live), tmp_path / "copy")
    damaged = bytearray((tmp_path / "copy").read_bytes())
    damaged[4096:12288] = bytes(8192)
    (tmp_path / "damaged").write_bytes(damaged)
    (tmp_path / "text").write_text("no database")
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE a (b)").connection.close()
    for name in ("damaged", "text", "other", "missing"):
        with pytest.raises(RecordsError):
            restore_backup(address(live), tmp_path / name, replace=True)
        assert ids(live) == {kept}
    assert sorted(path.name for path in (tmp_path / "live").iterdir() if "restoring" in path.name) == []
    with pytest.raises(RecordsError, match="no database at"):
        make_backup(address(Settings(data_dir=tmp_path / "empty")), tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_the_commands_say_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "live"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with open_records(Settings(data_dir=tmp_path / "live")) as records:
        save(records)
    run, file = CliRunner().invoke, str(tmp_path / "copy")
    assert (run(cli, ["backup", file]).exit_code, run(cli, ["backup", file]).exit_code) == (0, 1)
    assert (run(cli, ["restore", file]).exit_code, run(cli, ["restore", "--replace", file]).exit_code) == (1, 0)
