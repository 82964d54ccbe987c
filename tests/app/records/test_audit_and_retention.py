"""The audit can only be added to, and a deleted case leaves nothing but its lines there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.records.repository import Records, open_records
from app.records.schema import audit, audit_values, metadata
from app.records.values import CaseFilter, CaseNotFoundError, InvalidEntryError, Opinion, Order
from app.settings import Settings
from tests.app.records.entries import Clock, review, save, shown

PROTECTED = "can only be added to"


def _fully_used(records: Records, seed: int = 0) -> str:
    case_id = save(records, seed, 0.75).case_id
    review(records, case_id, Opinion("agree", comment="SECRETWORD about the scan"))
    save(records, seed, 0.25)
    return case_id


def test_the_database_refuses_to_change_the_audit(records: Records, engine: sa.Engine) -> None:
    _fully_used(records)
    before = records.audit()
    assert len(before) == 3
    changes = ("audit SET who = 'nobody'", "audit SET at = at WHERE number = 1", "audit_values SET new = NULL")
    deletions = ("audit", "audit WHERE number = 2", "audit_values")
    all_at_once = {"sqlite": "INSERT OR REPLACE INTO {0} SELECT * FROM {0}", "postgresql": "TRUNCATE {0} CASCADE"}
    statements = [*(f"UPDATE {one}" for one in changes), *(f"DELETE FROM {one}" for one in deletions)]  # noqa: S608
    for statement in (
        *statements,
        *(all_at_once[engine.dialect.name].format(table) for table in ("audit", "audit_values")),
    ):
        with pytest.raises(sa.exc.DBAPIError, match=PROTECTED), engine.begin() as connection:
            connection.execute(sa.text(statement))
        assert records.audit() == before, statement


def test_the_values_of_a_deleted_case_s_lines_alone_may_go(records: Records, engine: sa.Engine) -> None:
    gone, kept = _fully_used(records, 1), _fully_used(records, 2)
    records.delete(gone, who="Bob")
    with engine.connect() as connection:
        assert set(connection.execute(sa.select(audit_values.c.case_id)).scalars()) == {kept}
    with pytest.raises(sa.exc.DBAPIError, match=PROTECTED), engine.begin() as connection:
        connection.execute(sa.delete(audit).where(audit.c.case_id == gone))


def test_a_deleted_case_leaves_who_did_what_and_when_and_its_pixels_make_a_new_one(
    settings: Settings, engine: sa.Engine, clock: Clock
) -> None:
    with open_records(settings.model_copy(update={"keep_pixels": True}), clock=clock) as records:
        case_id = _fully_used(records)
        seen = shown(records, case_id)
        clock.forward(days=1)
        records.delete(case_id, who="Bob")
        lines = records.audit(case_id)
        actions = [line.action for line in lines]
        assert actions == ["case deleted", "case scored again", "review created", "case created"]
        assert (lines[0].who, lines[0].at) == ("Bob", clock.now)
        assert all(line.old is None and line.new is None for line in lines)
        with engine.connect() as connection:
            for table in set(metadata.tables.values()) - {audit}:
                assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0, table.name
        gone = (records.case, partial(records.delete, who="Bob"), partial(review, records, seen=seen))
        for act in gone:
            with pytest.raises(CaseNotFoundError, match="deleted"):
                act(case_id)
        again = save(records)
        assert (again.outcome, again.case_id != case_id) == ("created", True)
        assert records.case(again.case_id).earlier == ()


def test_nothing_of_a_deleted_case_is_left_in_sqlite_s_files(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, keep_pixels=True)
    with open_records(settings) as records:
        case_id = _fully_used(records)
        part = (records.picture(case_id) or b"")[2000:2064]
        traces = [b"SECRETWORD", records.case(case_id).pixel_sha256.encode(), part, case_id.encode()]

        def left() -> list[bool]:
            files = [file.read_bytes() for file in tmp_path.iterdir()]
            return [any(trace in file for file in files) for trace in traces]

        assert left() == [True, True, True, True]
        records.delete(case_id, who="Ann")
        assert left() == [False, False, False, True], "The audit line names it."


def test_cases_older_than_some_days_are_counted_and_deleted(records: Records, clock: Clock) -> None:
    old = [save(records, seed).case_id for seed in range(3)]
    clock.forward(days=20)
    young = save(records, 9).case_id
    save(records, 0, 0.25)  # Scored again lately, but as old as before.
    clock.forward(days=10)
    assert records.count_older_than(30) == 0, "Not older than 30 days: just as old."
    clock.forward(seconds=1)
    assert records.count_older_than(30) == 3
    assert records.page(CaseFilter(), Order()).total == 4, "Counting deletes nothing."
    assert records.delete_older_than(30, who="Bob") == 3
    assert [one.case_id for one in records.every(CaseFilter(), Order())] == [young]
    deleted = {(line.case_id, line.who, line.at) for line in records.audit() if line.action == "case deleted"}
    assert deleted == {(case_id, "Bob", clock.now) for case_id in old}
    assert records.delete_older_than(30, who="Bob") == 0


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_a_number_of_days_that_cannot_be_is_refused(records: Records, days: int) -> None:
    save(records)
    for act in (records.count_older_than, lambda days: records.delete_older_than(days, who="Ann")):
        with pytest.raises(InvalidEntryError, match="1 to 36500 days"):
            act(days)
    assert records.page(CaseFilter(), Order()).total == 1


def test_deleting_and_reviewing_need_a_name(records: Records) -> None:
    case_id = save(records).case_id
    acts = (
        lambda: records.delete(case_id, who=""),
        lambda: records.delete_older_than(1, who=""),
        lambda: review(records, case_id, reader=" "),
    )
    for act in acts:
        with pytest.raises(InvalidEntryError, match="reader's name"):
            act()
    assert shown(records, case_id).review is None
