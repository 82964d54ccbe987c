"""A database that the code of November 2026 made opens, is migrated, and loses nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.records.agreement import setups
from app.records.connection import FILE, VERSION_TABLE, address, connect
from app.records.export import to_csv
from app.records.repository import Records, open_records
from app.records.values import CaseFilter, Order, Review, Scoring
from app.settings import ROOT, Settings
from model.radiograph import decode
from tests.app.records.entries import save

OLD = ROOT / "tests" / "fixtures" / "database_2026_11"
EXPECTED = json.loads((OLD / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copy(OLD / FILE, tmp_path)
    return tmp_path


@pytest.fixture
def records(old: Path) -> Any:
    with open_records(Settings(data_dir=old)) as opened:
        yield opened


def review_of(known: dict[str, Any] | None) -> Review | None:
    return known and Review(**(known | {"reviewed_at": datetime.fromisoformat(known["reviewed_at"])}))


def assert_is(found: Scoring, known: dict[str, Any]) -> None:
    result = dict(known["result"])
    gate = result.pop("gate_accepted"), result.pop("gate_reason")
    for name, value in result.items():
        got = getattr(found.prediction, name)
        assert (str(got) if name == "scored_at" else got) == value, name
    assert (found.prediction.gate and (found.prediction.gate.accepted, found.prediction.gate.reason)) == gate
    assert (found.number, str(found.saved_at), found.saved_by) == (
        known["number"],
        known["saved_at"],
        known["saved_by"],
    )
    assert found.review == review_of(known["review"])
    assert found.warnings == ()


def test_every_case_is_read_as_it_was(records: Records) -> None:
    assert len(EXPECTED["cases"]) == records.page(CaseFilter(), Order()).total
    for known in EXPECTED["cases"]:
        summary = known["summary"]
        case = records.case(summary["case_id"])
        assert_is(case.summary.scoring, summary["scoring"])
        assert (case.summary.height, case.summary.width) == (summary["height"], summary["width"])
        assert (str(case.summary.created_at), case.summary.created_by) == (summary["created_at"], summary["created_by"])
        assert (case.pixel_sha256, case.has_picture) == (known["pixel_sha256"], known["has_picture"])
        looked = case.summary.scoring.prediction.saliency_map
        assert looked is not None
        assert list(looked.shape) == known["saliency_map"]["shape"]
        assert looked.mean() == pytest.approx(known["saliency_map"]["mean"])
        for earlier, old_one in zip(case.earlier, known["earlier"], strict=True):
            assert_is(earlier, old_one)


def test_judgements_and_audit_are_read_as_they_were(records: Records) -> None:
    assert [(one.case_id, one.label, one.setup.threshold) for one in records.judged()] == [
        (one["case_id"], one["label"], one["threshold"]) for one in EXPECTED["judged"]
    ]
    assert len(setups(records.judged())) >= 1
    for line, known in zip(records.audit(), EXPECTED["audit"], strict=True):
        assert (line.number, str(line.at), line.who, line.action) == tuple(
            known[name] for name in ("number", "at", "who", "action")
        )
        assert (line.case_id, line.old, line.new) == (known["case_id"], known["old"], known["new"])


def test_the_export_has_two_columns_more(records: Records) -> None:
    now = list(csv.reader(io.StringIO(to_csv(records.every(CaseFilter(), Order()), bom=True).decode(), newline="")))
    before = list(csv.reader(io.StringIO((OLD / "export.csv").read_text(encoding="utf-8"), newline="")))
    assert [row[:-2] for row in now] == before
    assert [row[-2:] for row in now] == [["warnings", "reference"], *[["", ""]] * (len(now) - 1)]


def test_it_is_migrated_and_its_audit_still_guarded(records: Records, old: Path) -> None:
    assert len(records.audit()) == len(EXPECTED["audit"])
    engine = connect(address(Settings(data_dir=old)))
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == "0003"  # noqa: S608
    with pytest.raises(sa.exc.DBAPIError, match="can only be added to"), engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM audit"))
    engine.dispose()


def test_the_same_result_is_recognised_in_the_kept_picture(records: Records) -> None:
    (kept,) = (one["summary"]["case_id"] for one in EXPECTED["cases"] if one["has_picture"])
    png = records.picture(kept)
    assert png is not None
    scan = decode(png)
    assert records.find(scan.pixel_sha256) == kept
    assert records.save(scan, records.case(kept).summary.scoring.prediction, reader="Ann").outcome == "already there"


def test_results_from_before_the_warnings_have_none(settings: Settings, engine: sa.Engine) -> None:
    """On both databases."""
    with open_records(settings) as records:
        case_id = save(records).case_id
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE scorings DROP COLUMN warnings"))
        connection.execute(sa.text("ALTER TABLE cases DROP COLUMN reference"))
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))  # noqa: S608
    with open_records(settings) as records:
        assert records.case(case_id).summary.scoring.warnings == ()
        assert save(records, warnings=("raw",)).outcome == "scored again"
