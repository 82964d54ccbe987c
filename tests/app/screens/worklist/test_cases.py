"""The list of cases: order, filters, pages, exports, old cases, and a database that breaks."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.records.connection import FILE
from app.records.repository import Records, open_records
from app.settings import Settings
from tests.app.driving import choose, keys, missing, press, ran, words
from tests.app.records.entries import save
from tests.app.screens.worklist.driving import everything, ids, name, opened, review_as_bo


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.get("download_button")]


def test_the_list_is_sorted_filtered_and_exported(filled: AppTest, records: Records) -> None:
    page, by_score = filled, ids(filled)
    scores = [records.case(one).summary.scoring.prediction.probability for one in by_score]
    assert scores == [0.99, 0.8, 0.6, 0.1]
    assert "4 cases, 4 not" in words(page)
    review_as_bo(records, by_score[0])
    page = choose(page, "worklist-order", "Lowest score first")
    assert ids(page) == by_score[::-1]
    assert "4 cases, 3 not" in words(page)
    for decision, expected in (("Pneumonia", by_score[:2]), ("Indeterminate", by_score[2:3]), ("Normal", by_score[3:])):
        page = choose(page, "worklist-decision", decision)
        assert set(ids(page)) == set(expected)
    page = choose(page, "worklist-status", "Rejected, scored anyway")
    assert "No case fits" in words(page)
    page = press(page, "clear-filters")
    assert len(ids(page)) == 4
    page = choose(page, "worklist-reviewed", "Not reviewed")
    assert labels(page) == ["Export 3 cases (CSV)"]
    page = press(page, "prepare-overlays")
    assert "Download 3 overlays (ZIP)" in labels(page)
    # Cases among them may be gone.
    page = press(opened(page, ids(page)[0]), "delete-case")
    page = press(name(page), "confirm-delete")
    assert labels(page) == ["Export 2 cases (CSV)"]
    before = (datetime.now(UTC) - timedelta(days=2)).date()
    assert ids(page.date_input(key="worklist-to").set_value(before).run()) == []


def test_a_long_list_has_pages(page: AppTest, records: Records) -> None:
    for seed in range(30):
        save(records, seed, 0.5 + seed / 100)
    assert len(ids(ran(page))) == 25
    page = page.get("pagination")[0].set_value(2).run()
    assert len(ids(page)) == 5
    assert "26 to 30 shown" in words(page)
    page = choose(page, "worklist-order", "Oldest first")
    assert "1 to 25 shown" in words(page)


def test_a_database_that_breaks_is_named_and_is_found_again(
    page: AppTest, records: Records, settings: Settings
) -> None:
    records.close()
    file = settings.data_dir / FILE
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE records_version SET version_num = '9999'")
    connection.close()
    # A copy is another file: the server meets it as one that was put there.
    newer = file.read_bytes()
    file.rename(settings.data_dir / "moved")
    file.write_bytes(newer)
    assert not missing(words(ran(page)), "cannot be read", "newer one")
    for one in settings.data_dir.glob(f"{FILE}*"):
        one.unlink()
    file.write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    assert "is damaged" in words(ran(page))
    file.unlink()
    assert "No case yet" in words(press(page, "try-again"))


def test_old_cases_are_deleted_with_their_number(
    page: AppTest, settings: Settings, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_records(settings, clock=lambda: datetime.now(UTC) - timedelta(days=100)) as past:
        for seed in range(3):
            save(past, seed)
    save(records, 9)
    page = press(choose(page, "worklist-view", "Delete old cases"), "delete-older")
    assert page.button(key="confirm-delete").label == "Delete 3 cases for good"
    page.number_input[0].set_value(101).run()
    assert "confirm-delete" not in keys(page), "Another number of days is another question."
    page.number_input[0].set_value(90).run()
    assert "your name first" in words(press(page, "confirm-delete"))
    counted = Records.count_older_than
    monkeypatch.setattr(Records, "count_older_than", lambda *_: 2)
    assert "has changed" in words(press(name(page), "confirm-delete"))
    assert records.page(*everything()).total == 4
    monkeypatch.setattr(Records, "count_older_than", counted)
    page = press(ran(page), "confirm-delete")
    assert "3 cases were deleted" in words(page)
    assert records.page(*everything()).total == 1
