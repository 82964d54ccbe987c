"""The list of cases: order, filters, pages, exports, old cases, our own figures, and a database that breaks."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.records.connection import FILE
from app.records.repository import Records, open_records
from app.records.values import Opinion
from app.settings import Settings
from model.artifact import PRETRAINED
from model.records.measured import read_measured
from tests.app.records.entries import save
from tests.app.screens.performance.reading import cells
from tests.app.screens.worklist.driving import everything, has, ids, name, opened, press, words
from tests.app.services.predicted import MANIFEST


def view(page: AppTest, name_: str) -> AppTest:
    return page.segmented_control(key="worklist-view").set_value(name_).run()


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.get("download_button")]


def test_the_list_is_sorted_filtered_and_exported(filled: AppTest, records: Records) -> None:
    page, by_score = filled, ids(filled)
    scores = [records.case(one).summary.scoring.prediction.probability for one in by_score]
    assert scores == [0.99, 0.8, 0.6, 0.1]
    assert "4 cases, 4 not reviewed." in words(page)
    records.review(by_score[0], Opinion("agree"), reader="Bo", seen=records.case(by_score[0]).summary.scoring)
    page = page.selectbox(key="worklist-order").set_value("Lowest score first").run()
    assert ids(page) == by_score[::-1]
    assert "4 cases, 3 not reviewed." in words(page)
    for decision, expected in (("Pneumonia", by_score[:2]), ("Indeterminate", by_score[2:3]), ("Normal", by_score[3:])):
        page = page.selectbox(key="worklist-decision").set_value(decision).run()
        assert set(ids(page)) == set(expected)
    page = page.selectbox(key="worklist-status").set_value("Rejected, scored anyway").run()
    assert "No case fits these filters" in words(page)
    page = press(page, "clear-filters")
    assert len(ids(page)) == 4
    page = page.selectbox(key="worklist-reviewed").set_value("Not reviewed").run()
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
    assert len(ids(page.run())) == 25
    page = page.get("pagination")[0].set_value(2).run()
    assert len(ids(page)) == 5
    assert "26 to 30 shown" in words(page)
    page = page.selectbox(key="worklist-order").set_value("Oldest first").run()
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
    assert "The cases cannot be read" in words(page.run())
    assert "a newer one made it" in words(page)
    for one in settings.data_dir.glob(f"{FILE}*"):
        one.unlink()
    file.write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    assert "is damaged" in words(page.run())
    file.unlink()
    assert "No case yet" in words(press(page, "try-again"))


def test_old_cases_are_deleted_with_their_number(
    page: AppTest, settings: Settings, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long_ago() -> datetime:
        return datetime.now(UTC) - timedelta(days=100)

    with open_records(settings, clock=long_ago) as past:
        for seed in range(3):
            save(past, seed)
    save(records, 9)
    page = press(view(page, "Delete old cases"), "delete-older")
    assert page.button(key="confirm-delete").label == "Delete 3 cases for good"
    page.number_input[0].set_value(101).run()
    assert not has(page, "confirm-delete"), "Another number of days is another question."
    page.number_input[0].set_value(90).run()
    assert "Enter your name first" in words(press(page, "confirm-delete"))
    counted = Records.count_older_than
    monkeypatch.setattr(Records, "count_older_than", lambda *_: 2)
    assert "number of cases has changed" in words(press(name(page), "confirm-delete"))
    assert records.page(*everything()).total == 4
    monkeypatch.setattr(Records, "count_older_than", counted)
    page = press(page.run(), "confirm-delete")
    assert "3 cases were deleted" in words(page)
    assert records.page(*everything()).total == 1


def test_our_own_figures_are_counted_and_compared(page: AppTest, records: Records) -> None:
    page = view(page, "Our own figures")
    assert "No case was reviewed yet" in words(page)
    same = {
        "model_version": MANIFEST.model_version,
        "weights_sha256": MANIFEST.weights_sha256,
        "threshold": MANIFEST.point().threshold,
    }
    for seed in range(25):
        case_id = save(records, seed, 0.99, **same).case_id
        opinion = Opinion("disagree", "Normal") if seed < 22 else Opinion("agree")
        records.review(case_id, opinion, reader="Bo", seen=records.case(case_id).summary.scoring)
    text = words(page.run())
    assert "25 cases reviewed" in text
    assert "Specificity is outside the expected range" in text
    evaluation = read_measured(PRETRAINED).evaluation
    assert evaluation is not None
    test = evaluation.test.at("balanced") or evaluation.test
    ours, published = cells(page, "Specificity")
    assert ours.startswith("0.0 %")
    assert "0 of 22" in ours
    assert published.startswith(f"{100 * test.metrics['specificity'].value:.1f} %")
    assert "3 of 3" in cells(page, "Sensitivity (recall)")[0]
    # Reviews of another model's results are counted apart, and compared with nothing.
    case_id = save(records, 40, 0.99, model_version="residual-1").case_id
    records.review(case_id, Opinion("agree"), reader="Bo", seen=records.case(case_id).summary.scoring)
    assert len(page.run().selectbox(key="running-setup").options) == 2
