"""A database that the code of November 2026 made opens, is migrated, and loses nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.records.connection import FILE, VERSION_TABLE, address, connect
from app.records.export import to_csv
from app.records.repository import Records, open_records
from app.records.values import CaseFilter, Order, Scoring
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


def assert_is(found: Scoring, known: dict[str, Any]) -> None:
    prediction, gate, review = found.prediction, found.prediction.gate, found.review
    assert gate is not None
    result = vars(prediction) | {"gate_accepted": gate.accepted, "gate_reason": gate.reason}
    assert {name: result[name] for name in known["result"]} | {"scored_at": str(prediction.scored_at)} == known[
        "result"
    ]
    assert (review and asdict(review) | {"reviewed_at": str(review.reviewed_at)}) == known["review"]
    saved = [known[name] for name in ("number", "saved_at", "saved_by")]
    assert [found.number, str(found.saved_at), found.saved_by] == saved
    assert found.warnings == ()


def test_every_case_is_read_as_it_was(records: Records) -> None:
    assert len(EXPECTED["cases"]) == records.page(CaseFilter(), Order()).total
    for known in EXPECTED["cases"]:
        expected = known["summary"]
        case = records.case(expected["case_id"])
        found = case.summary
        assert_is(found.scoring, expected["scoring"])
        about = {"height": found.height, "width": found.width, "created_by": found.created_by}
        assert expected | about | {"created_at": str(found.created_at)} == expected
        assert (case.pixel_sha256, case.has_picture) == (known["pixel_sha256"], known["has_picture"])
        looked = found.scoring.prediction.saliency_map
        assert looked is not None
        assert list(looked.shape) == known["saliency_map"]["shape"]
        assert looked.mean() == pytest.approx(known["saliency_map"]["mean"])
        for earlier, old_one in zip(case.earlier, known["earlier"], strict=True):
            assert_is(earlier, old_one)


def test_judgements_and_audit_are_read_as_they_were(records: Records) -> None:
    assert [(one.case_id, one.label, one.setup.threshold) for one in records.judged()] == [
        (one["case_id"], one["label"], one["threshold"]) for one in EXPECTED["judged"]
    ]
    lines = [vars(line) | {"at": str(line.at)} for line in records.audit()]
    assert [{name: line[name] for name in EXPECTED["audit"][0]} for line in lines] == EXPECTED["audit"]


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
