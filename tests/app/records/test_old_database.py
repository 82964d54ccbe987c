"""A database that the code of November 2026 made opens, is migrated, and loses nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.records.connection import FILE, VERSION_TABLE
from app.records.export import to_csv
from app.records.repository import Records, open_records
from app.records.values import CaseFilter, Order
from app.settings import ROOT, Settings
from model.radiograph import decode
from tests.app.records.entries import save

OLD = ROOT / "tests" / "fixtures" / "database_2026_11"
EXPECTED = json.loads((OLD / "expected.json").read_text(encoding="utf-8"))


PLACES = {"result": "prediction", "gate_accepted": "gate.accepted", "gate_reason": "gate.reason"}
"""Where the code has what the fixture's file calls so."""


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    shutil.copy(OLD / FILE, tmp_path)
    with open_records(Settings(data_dir=tmp_path)) as opened:
        yield opened


def picked(found: object, known: dict[str, Any]) -> dict[str, Any]:
    """What of an object the fixture's file knows, in the form that it has there."""
    return {name: in_form(attrgetter(PLACES.get(name, name))(found), value) for name, value in known.items()}


def in_form(found: Any, known: object) -> object:
    if isinstance(known, list):
        return [picked(one, other) for one, other in zip(found, known, strict=True)]
    if isinstance(known, dict) and not isinstance(found, dict):
        return picked(found, known)
    return str(found) if isinstance(found, datetime) else found


def test_every_case_is_read_as_it_was(records: Records) -> None:
    assert len(EXPECTED["cases"]) == records.page(CaseFilter(), Order()).total
    for known in EXPECTED["cases"]:
        case = records.case(known["summary"]["case_id"])
        expected = {name: value for name, value in known.items() if name != "saliency_map"}
        assert picked(case, expected) == expected
        assert [one.warnings for one in (case.summary.scoring, *case.earlier)] == [()] * (1 + len(known["earlier"]))
        looked = case.summary.scoring.prediction.saliency_map
        assert looked is not None
        assert list(looked.shape) == known["saliency_map"]["shape"]
        assert (looked.mean(), looked.max()) == pytest.approx([known["saliency_map"][name] for name in ("mean", "max")])


def test_judgements_and_audit_are_read_as_they_were(records: Records) -> None:
    names = ("case_id", "label", "threshold")
    expected = [tuple(one[name] for name in names) for one in EXPECTED["judged"]]
    assert [(one.case_id, one.label, one.setup.threshold) for one in records.judged()] == expected
    assert in_form(records.audit(), EXPECTED["audit"]) == EXPECTED["audit"]


def test_the_export_has_three_columns_more(records: Records) -> None:
    now = list(csv.reader(io.StringIO(to_csv(records.every(CaseFilter(), Order()), bom=True).decode(), newline="")))
    before = list(csv.reader(io.StringIO((OLD / "export.csv").read_text(encoding="utf-8"), newline="")))
    assert [row[:-3] for row in now] == before
    assert [row[-3:-1] for row in now] == [["warnings", "reference"], *[["", ""]] * (len(now) - 1)]
    assert {row[-1] for row in now} == {"blinded", "no", ""}


def test_it_is_migrated_and_its_audit_still_guarded(records: Records, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as file:
        assert file.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [("0004",)]  # noqa: S608
        with pytest.raises(sqlite3.IntegrityError, match="added to"):
            file.execute("DELETE FROM audit")
    assert len(records.audit()) == len(EXPECTED["audit"])


def test_the_same_result_is_recognised_in_the_kept_picture(records: Records) -> None:
    (kept,) = (one["summary"]["case_id"] for one in EXPECTED["cases"] if one["has_picture"])
    scan = decode(records.picture(kept) or b"")
    assert records.find(scan.pixel_sha256) == kept
    assert records.save(scan, records.case(kept).summary.scoring.prediction, reader="Ann").outcome == "already there"


def test_results_from_before_the_warnings_have_none(settings: Settings, engine: sa.Engine) -> None:
    """On both databases."""
    with open_records(settings) as records:
        case_id = save(records).case_id
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE scorings DROP COLUMN warnings"))
        connection.execute(sa.text("ALTER TABLE cases DROP COLUMN reference"))
        connection.execute(sa.text("ALTER TABLE reviews DROP COLUMN blinded"))
        connection.execute(sa.text("ALTER TABLE pictures DROP COLUMN thumbnail"))
        connection.execute(sa.text("DROP TABLE rejections"))
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))  # noqa: S608
    with open_records(settings) as records:
        assert records.case(case_id).summary.scoring.warnings == ()
        assert save(records, warnings=("raw",)).outcome == "scored again"
