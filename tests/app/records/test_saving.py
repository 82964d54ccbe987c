"""A saved case: what is kept, what is not, and the same pixels saved again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from app.records.repository import Records, open_records
from app.records.schema import metadata
from app.records.values import CaseFilter, CaseNotFoundError, InvalidEntryError, Order, RecordsError, Saved
from app.records.writing import ALPHABET, fingerprint, new_case_id
from app.settings import Settings
from model.predictor import Prediction
from model.radiograph import Radiograph, decode
from tests.app.records.entries import NOON, Clock, at_once, prediction, radiograph, review, saliency_map, save


def test_a_case_is_given_back_as_it_was_saved_with_times_in_utc(records: Records) -> None:
    beijing = datetime(2026, 11, 23, 20, 0, 1, 234567, tzinfo=timezone(timedelta(hours=8)))
    scan, said = radiograph(), prediction(0.7512345678901234, scored_at=beijing)
    saved = records.save(scan, said, reader="  Ann Ärztin ", warnings=("62 years", "ä"))
    assert saved.outcome == "created"
    case = records.case(saved.case_id)
    scoring, found = case.summary.scoring, case.summary.scoring.prediction
    assert without_pictures(found) == without_pictures(said)
    assert found.scored_at.tzinfo is UTC
    assert (scoring.warnings, scoring.review, case.earlier) == (("62 years", "ä"), None, ())
    assert (case.summary.height, case.summary.width) == (96, 80)
    assert (case.summary.created_at, case.summary.created_by) == (NOON, "Ann Ärztin")
    assert (case.pixel_sha256, case.pixel_spacing_mm) == (scan.pixel_sha256, (0.14, 0.15))
    np.testing.assert_array_equal(found.saliency_map, saliency_map(), strict=True)
    (listed,) = records.page(CaseFilter(), Order()).cases
    assert (listed.scoring.prediction.saliency_map, listed.scoring.warnings) == (None, ("62 years", "ä"))


def without_pictures(found: Prediction) -> dict[str, Any]:
    """What of a prediction a list gives back."""
    return vars(found) | {"saliency_map": None, "gate": found.gate and (found.gate.accepted, found.gate.reason)}


def test_a_case_without_spacing_or_gate(records: Records) -> None:
    saved = records.save(Radiograph(radiograph().pixels, "JPEG"), prediction(refused=None), reader="Ann")
    case = records.case(saved.case_id)
    found = case.summary.scoring.prediction
    assert (case.pixel_spacing_mm, found.gate, found.status) == (None, None, "decided")


def test_ids_are_short_random_unambiguous_and_never_given_twice_even_after_deletion(
    records: Records, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not set("0O1ILU") & set(ALPHABET)
    ids = {save(records, seed).case_id for seed in range(5)}
    assert len([one for one in ids if re.fullmatch(rf"C-[{ALPHABET}]{{6}}", one)]) == 5
    kept, gone = ids.pop(), ids.pop()
    records.delete(gone, who="Ann")
    drawn = iter(kept[2:] + gone[2:] + "234567")
    monkeypatch.setattr("app.records.writing.secrets.choice", lambda _: next(drawn))
    with engine.connect() as connection:
        assert new_case_id(connection) == "C-234567"


def test_pixels_are_kept_only_when_asked(settings: Settings) -> None:
    with open_records(settings) as records:
        case_id = save(records).case_id
        assert not records.keeps_pixels
        assert (records.case(case_id).has_picture, records.picture(case_id)) == (False, None)
    with open_records(settings.model_copy(update={"keep_pixels": True})) as records:
        assert save(records).outcome == "already there"
        assert records.case(case_id).has_picture, "Saved again, with pixels, it has them."
        png = records.picture(case_id) or b""
        assert png.startswith(b"\x89PNG")
        np.testing.assert_array_equal(decode(png).pixels, radiograph().pixels)
        assert save(records).outcome == "already there"


def test_no_column_could_hold_a_name_of_patient_or_file() -> None:
    columns = [column.name for table in metadata.tables.values() for column in table.columns]
    assert not [name for name in columns if re.search("file|patient|birth|path", name)]


def test_the_same_pixels_are_one_case(records: Records) -> None:
    case_id = save(records).case_id
    assert save(records, reader="Bob") == Saved(case_id, "already there")
    assert records.page(CaseFilter(), Order()).total == 1
    assert records.case(case_id).summary.created_by == "Ann"
    assert [records.find(radiograph(seed).pixel_sha256) for seed in (0, 1)] == [case_id, None]
    assert [line.action for line in records.audit()] == ["case created"], "Nothing was written."


def test_warnings_are_part_of_a_result_and_are_never_taken_back(records: Records) -> None:
    plain = save(records)
    assert save(records, warnings=("62 years",)).outcome == "scored again"
    assert save(records, warnings=("62 years",)).outcome == "already there"
    assert save(records).outcome == "already there", "A file that says nothing of the age takes nothing back."
    assert records.case(plain.case_id).summary.scoring.warnings == ("62 years",)
    assert save(records, warnings=("62 years", "raw")).outcome == "scored again"
    assert [one.warnings for one in records.case(plain.case_id).earlier] == [("62 years",), ()]


def test_what_makes_a_result_another() -> None:
    same = [prediction(), prediction(0.75 + 1e-9), prediction(saliency_map=saliency_map(7))]
    model, point = [{"model_version": "x"}, {"weights_sha256": "b"}], [{"operating_point": "x"}, {"threshold": 0.6}]
    changes: list[dict[str, Any]] = [*model, *point, {"probability": 0.8}, {"indeterminate": True}, {"refused": "x"}]
    assert len({fingerprint(one) for one in same}) == 1
    assert len({fingerprint(one) for one in (*same, *(prediction(**changed) for changed in changes))}) == 8


def test_another_result_becomes_the_current_one_and_the_first_one_comes_back_with_its_review(
    records: Records, clock: Clock
) -> None:
    case_id = save(records, probability=0.75).case_id
    first = review(records, case_id)
    clock.forward(days=1)
    changed = {"model_version": "residual-2", "weights_sha256": "b" * 64, "saliency_map": saliency_map(7)}
    assert save(records, probability=0.25, reader="Bob", **changed) == Saved(case_id, "scored again")
    case = records.case(case_id)
    scoring = case.summary.scoring
    assert (case.summary.created_at, scoring.saved_at, scoring.saved_by) == (NOON, clock.now, "Bob")
    assert (scoring.prediction.model_version, scoring.review) == ("residual-2", None)
    np.testing.assert_array_equal(scoring.prediction.saliency_map, saliency_map(7))
    assert [(one.prediction.model_version, one.review) for one in case.earlier] == [("residual-1", first)]
    page = records.page(CaseFilter(), Order("probability"))
    assert [one.scoring.prediction.probability for one in page.cases] == [0.25]
    assert save(records).outcome == "scored again"
    case = records.case(case_id)
    assert (case.summary.scoring.prediction.model_version, case.summary.scoring.review) == ("residual-1", first)
    assert len(case.earlier) == 1, "No result is stored twice."
    actions = [line.action for line in records.audit(case_id)]
    assert actions == ["case scored again", "case scored again", "review created", "case created"]


BROKEN_MAPS = (np.full((4, 4), np.nan), np.zeros(4), np.zeros((0, 4)), None)


@pytest.mark.parametrize(
    ("changed", "reader", "message"),
    [
        ({"probability": 1.5, "decision": "Pneumonia"}, "Ann", "0 to 1"),
        ({"probability": float("nan"), "decision": "Normal"}, "Ann", "0 to 1"),
        ({"decision": "Normal"}, "Ann", r"0\.75 .* 0\.5 is Pneumonia"),
        ({"decision": "COVID"}, "Ann", r"0\.75 .* 0\.5 is Pneumonia"),
        ({"scored_at": datetime(2026, 11, 23)}, "Ann", "scored_at has no time zone"),
        *(({"saliency_map": broken}, "Ann", "saliency map") for broken in BROKEN_MAPS),
        *(({}, reader, "reader's name") for reader in ("", "  ", "x" * 81, "Ann\nBob", "Ann\x00", "Ann\ud800")),
    ],
)
def test_what_contradicts_itself_or_cannot_be_kept_is_refused(
    records: Records, changed: dict[str, Any], reader: str, message: str
) -> None:
    with pytest.raises(InvalidEntryError, match=message):
        records.save(radiograph(), replace(prediction(), **changed), reader=reader)
    assert records.page(CaseFilter(), Order()).total == 0


def test_a_time_without_a_zone_never_reaches_the_database(records: Records, clock: Clock) -> None:
    clock.now = NOON.replace(tzinfo=None)
    with pytest.raises(RecordsError, match="without a zone"):
        save(records)


def test_a_case_that_is_not_there(records: Records) -> None:
    for ask in (records.case, lambda one: records.neighbours(one, CaseFilter(), Order())):
        with pytest.raises(CaseNotFoundError, match="C-222222"):
            ask("C-222222")
    assert records.picture("C-222222") is None


def test_many_writers_at_once_lose_nothing_and_make_no_case_twice(records: Records) -> None:
    def write(number: int) -> list[str]:
        return [save(records, seed, reader=f"reader {number}").case_id for seed in (0, 100 + number, 200 + number, 0)]

    ids = at_once(6, write)
    assert len({one for many in ids for one in (many[0], many[3])}) == 1
    assert len({one for many in ids for one in many}) == records.page(CaseFilter(), Order()).total == 13
    assert [line.action for line in records.audit()].count("case created") == 13


def test_models_that_score_one_case_at_once_leave_one_current(records: Records, engine: sa.Engine) -> None:
    (case_id,) = set(at_once(6, lambda number: save(records, model_version=f"model {number}").case_id))
    assert len(records.case(case_id).earlier) == 5
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM scorings WHERE current")).scalar_one() == 1
