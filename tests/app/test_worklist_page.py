"""The Worklist page through AppTest: lists, cases, reviews, exports, deletion, and what it says when things break."""

from __future__ import annotations

import io
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.measured import read_evaluation
from app.records import CaseFilter, Opinion, Order, Records, RecordsError, open_records
from app.records.connection import FILE
from app.services import worklist as worklist_service
from app.settings import ROOT, Settings
from model.artifact import read_manifest
from tests.app.driving import png, settle, text_of
from tests.app.records.entries import save

OpenApp = Callable[..., AppTest]
PATIENCE_S = 30.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", keep_pixels=True)


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    with open_records(settings) as opened:
        yield opened


@pytest.fixture
def page(open_app: OpenApp, sure_artifact: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page on an empty database, the model ready; pictures are kept."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    app = open_app(sure_artifact, CXR_DATA_DIR=str(settings.data_dir), CXR_KEEP_PIXELS="on")
    return settle(visit(app))


def visit(app: AppTest) -> AppTest:
    return app.switch_page("app_pages/worklist.py").run()


def words(page: AppTest) -> str:
    assert not page.exception, page.exception
    return unescape(text_of(page))


def ids(page: AppTest) -> list[str]:
    return [button.label for button in page.button if str(button.key).startswith("open-C-")]


def name(page: AppTest, place: str, text: str = "Ann") -> AppTest:
    page.text_input(key=f"reader-name-{place}").set_value(text)
    return page


def has_button(page: AppTest, key: str) -> bool:
    return key in {one.key for one in page.button}


def drop(page: AppTest, files: list[tuple[str, bytes]], *, reader: str = "Ann") -> AppTest:
    if reader:
        name(page, "dropping", reader)
    for file_name, data in files:
        page.file_uploader[0].upload(file_name, data, "application/octet-stream")
    page.run()
    return page.button(key="score-and-save").click().run()


def finish(page: AppTest) -> AppTest:
    deadline = time.monotonic() + PATIENCE_S
    while has_button(page, "cancel-list"):
        assert time.monotonic() < deadline, "The list did not end."
        time.sleep(0.1)
        page.run()
    return page


def opened(page: AppTest, case_id: str) -> AppTest:
    return page.button(key=f"open-{case_id}").click().run()


def choose(page: AppTest, prefix: str, value: str) -> AppTest:
    return next(one for one in page.segmented_control if str(one.key).startswith(prefix)).set_value(value).run()


def agree(page: AppTest, answer: str = "agree") -> AppTest:
    return choose(page, "review-verdict-", answer)


def test_an_empty_page_says_what_to_do_and_what_is_kept(page: AppTest) -> None:
    text = words(page)
    assert "No case yet" in text
    assert "press “Score and save”" in text
    assert "the picture is kept in the review database" in text
    page = page.button(key="score-and-save").click().run()
    assert "Choose the files first" in words(page)


def test_without_kept_pixels_the_drop_zone_says_so(
    open_app: OpenApp, sure_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXR_KEEP_PIXELS", raising=False)
    page = settle(visit(open_app(sure_artifact, CXR_DATA_DIR=str(tmp_path / "data"))))
    assert "The picture, the file’s name and the DICOM header are not kept" in words(page)
    page = finish(drop(page, [("one.png", png(pneumonia=True, seed=1))]))
    page = opened(page, ids(page)[0])
    text = words(page)
    assert "The picture was not kept" in text
    assert not page.image
    page = page.button(key="back").click().run()
    page = page.button(key="prepare-overlays").click().run()
    assert "No case of this list has a kept picture" in words(page)


def test_a_list_is_scored_saved_and_told_file_by_file(page: AppTest, records: Records) -> None:
    one, two = png(pneumonia=True, seed=1), png(pneumonia=False, seed=2)
    page = finish(drop(page, [("a.png", one), ("b.png", two), ("again.png", one), ("notes.txt", b"hello")]))
    text = words(page)
    assert "The list is done" in text
    assert "The same picture as a.png: one case." in text
    assert "2 cases saved, 1 the same picture again, 1 could not be read." in text
    assert "text file" in text
    assert len(ids(page)) == 2
    every = records.page(*_everything())
    assert {case.case_id for case in every.cases} == set(ids(page))
    assert all(case.created_by == "Ann" for case in every.cases)
    assert all(records.picture(case_id) for case_id in ids(page))
    page = page.button(key="clear-list").click().run()
    assert "a.png" not in words(page)
    page = finish(drop(page, [("later.png", one)], reader=""))
    assert "was a case already, with this result: nothing was added" in words(page)
    assert "1 case saved, 0 of them new" in words(page)
    assert len(ids(page)) == 2


def test_a_zip_archive_is_taken_and_its_bad_entries_are_listed(page: AppTest) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("one.png", png(pneumonia=True, seed=3))
        archive.writestr("../two.png", png(pneumonia=False, seed=4))
        archive.writestr("inner.zip", file_of({"x.png": b"x"}))
    page = finish(drop(page, [("scans.zip", file.getvalue())]))
    text = words(page)
    assert len(ids(page)) == 1
    assert "It is an archive itself" in text
    assert "1 case saved, 2 could not be read." in text


def file_of(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_list_without_a_name_is_not_taken(page: AppTest) -> None:
    page = drop(page, [("a.png", png(pneumonia=True))], reader="")
    assert "Enter your name first" in words(page)
    assert not ids(page)
    page = finish(name(page, "dropping").button(key="score-and-save").click().run())
    assert len(ids(page)) == 1


def test_too_many_files_are_refused_with_both_numbers(page: AppTest) -> None:
    data = file_of({f"{number}.png": b"x" for number in range(201)})
    page = drop(page, [("scans.zip", data)])
    assert "201 files were given, and at most 200 are taken at once" in words(page)


def test_a_list_that_runs_can_be_cancelled_while_the_page_stays_usable(
    page: AppTest, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = _slowed(monkeypatch)
    page = drop(page, [(f"{seed}.png", png(pneumonia=False, seed=seed)) for seed in range(8)])
    assert "The page stays usable" in words(page)
    deadline = time.monotonic() + PATIENCE_S
    while not ids(page):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        page.run()
    page = opened(page, ids(page)[0])
    assert "The model’s verdict" in words(page)
    page = page.button(key="back").click().run()
    page = finish(page.button(key="cancel-list").click().run())
    text = words(page)
    assert "The list was cancelled" in text
    assert re.search(r"\d cases? saved, \d not scored", text)
    assert 0 < records.page(*_everything()).total < 8
    assert slow


def _slowed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each saving takes a while, as on a slow disk."""
    calls: list[int] = []
    save_one = worklist_service.Saving.__call__

    def late(self: worklist_service.Saving, *arguments: object) -> None:
        calls.append(1)
        time.sleep(0.4)
        save_one(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(worklist_service.Saving, "__call__", late)
    return calls


def test_results_that_cannot_be_saved_are_told(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RecordsError("The disk is full. Nothing was written.")

    monkeypatch.setattr(Records, "save", full)
    page = finish(drop(page, [("a.png", png(pneumonia=True))]))
    text = words(page)
    assert "Some results could not be saved" in text
    assert "The disk is full" in text
    assert "0 cases saved, 1 scored but not saved" in text


def _everything() -> tuple[CaseFilter, Order]:
    return CaseFilter(), Order()


@pytest.fixture
def filled(page: AppTest, records: Records) -> AppTest:
    """Four cases: certain, likely, open, and one below the threshold."""
    for seed, probability in enumerate((0.99, 0.8, 0.6, 0.1)):
        save(records, seed, probability, indeterminate=probability == 0.6)
    return page.run()


def test_the_list_is_sorted_by_probability_and_filtered(filled: AppTest, records: Records) -> None:
    by_probability = ids(filled)
    assert [records.case(one).summary.scoring.result.probability for one in by_probability] == [0.99, 0.8, 0.6, 0.1]
    page = filled.selectbox(key="worklist-order").set_value("Lowest probability first").run()
    assert ids(page) == by_probability[::-1]
    page = page.selectbox(key="worklist-decision").set_value("Pneumonia").run()
    assert set(ids(page)) == set(by_probability[:2])
    page = page.selectbox(key="worklist-status").set_value("Indeterminate").run()
    assert "No case fits these filters" in words(page)
    page = page.button(key="clear-filters").click().run()
    assert len(ids(page)) == 4
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()
    page = page.date_input(key="worklist-to").set_value(yesterday).run()
    assert ids(page) == []


def test_a_long_list_has_pages(page: AppTest, records: Records) -> None:
    for seed in range(30):
        save(records, seed, 0.5 + seed / 100)
    page.run()
    assert len(ids(page)) == 25
    page = page.get("pagination")[0].set_value(2).run()
    assert len(ids(page)) == 5
    assert "26 to 30 shown" in words(page)
    page = page.selectbox(key="worklist-order").set_value("Oldest first").run()
    assert "1 to 25 shown" in words(page)


def test_next_and_previous_follow_the_list(filled: AppTest) -> None:
    first, second, *_, last = ids(filled)
    page = opened(filled, first)
    assert page.button(key="step-previous").disabled
    page = page.button(key="step-next").click().run()
    assert f"Case {second}" in words(page)
    page = page.button(key="back").click().run()
    page = opened(page, last)
    assert page.button(key="step-next").disabled


def test_an_opened_case_shows_what_is_known(filled: AppTest) -> None:
    page = opened(filled, ids(filled)[1])
    text = words(page)
    assert "Probability of pneumonia 80" in text
    assert "balanced operating point, threshold 0.5000; model residual-1" in text
    assert "80 × 96 pixels of 0.15 × 0.14 mm; picture kept" in text
    assert len(page.image) == 2
    assert "Case created" in text


def test_a_review_is_saved_edited_and_kept_in_the_history(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    assert page.button(key="save-review").disabled
    page = agree(page, "disagree")
    page.text_area[0].set_value("Clear lungs.").run()
    page = page.button(key="save-review").click().run()
    assert "Enter your name first" in words(page)
    # The name and the click reach the server together.
    page = name(page, "reviewing").button(key="save-review").click().run()
    assert f"The review of case {case_id} was saved" in words(page)
    review = records.case(case_id).summary.scoring.review
    assert review is not None
    assert (review.verdict, review.label, review.comment, review.reader) == (
        "disagree",
        "Normal",
        "Clear lungs.",
        "Ann",
    )
    page = agree(page, "agree")
    page = page.button(key="save-and-next").click().run()
    assert f"The review of case {case_id} was saved" in words(page)
    assert f"Case {case_id}" not in words(page).replace(f"case {case_id}", "")
    page = page.button(key="step-previous").click().run()
    text = words(page)
    assert "Ann agrees: Pneumonia" in text
    assert "verdict: disagree → agree" in text


def test_an_indeterminate_case_is_labelled(filled: AppTest) -> None:
    case_id = ids(filled)[2]
    page = opened(filled, case_id)
    assert 'cx-verdict__word">Indeterminate<' in text_of(page)
    name(page, "reviewing").run()
    page = choose(page, "review-label-", "Normal")
    page = page.button(key="save-review").click().run()
    assert "Ann labels it Normal" in words(page)


def test_a_stale_review_is_refused_and_the_draft_is_kept(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    name(page, "reviewing").run()
    page = agree(page, "disagree")
    page.text_area[0].set_value("My draft.").run()
    records.review(case_id, Opinion("agree"), reader="Bo", seen=records.case(case_id).summary.scoring)
    page = page.button(key="save-review").click().run()
    text = words(page)
    assert "The review was not saved" in text
    assert "changed by Bo" in text
    assert page.text_area[0].value == "My draft."
    page = page.button(key="see-anew").click().run()
    assert "not saved" not in words(page)
    assert page.text_area[0].value == "My draft."
    page = page.button(key="save-review").click().run()
    review = records.case(case_id).summary.scoring.review
    assert review is not None
    assert (review.reader, review.comment, review.version) == ("Ann", "My draft.", 2)


def test_a_form_nobody_touched_begins_with_what_another_reader_wrote(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    page = page.button(key="back").click().run()
    seen = records.case(case_id).summary.scoring
    records.review(case_id, Opinion("disagree", "Normal", "Bo’s words."), reader="Bo", seen=seen)
    page = opened(page.run(), case_id)
    assert page.text_area[0].value == "Bo’s words."
    assert "Bo disagrees: it is Normal" in words(page)


def test_a_case_scored_again_lists_its_earlier_scoring(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    save(records, 0, 0.2, model_version="residual-2")
    page = opened(filled.run(), case_id)
    text = words(page)
    assert "model residual-2" in text
    assert [one.label for one in page.expander if "other scoring" in one.label] == [
        "1 other scoring of the same picture"
    ]
    assert "Pneumonia, probability 99.0 %" in text.replace("\xa0", " ")


def test_a_refused_case_says_so_everywhere(page: AppTest, records: Records) -> None:
    save(records, 7, 0.9, gate_accepted=False, gate_reason="it looks upside down")
    page.run()
    assert "refused, scored anyway" in words(page)
    page = opened(page, ids(page)[0])
    assert "It looks upside down. The verdict may mean nothing." in words(page)


def test_one_case_is_deleted_after_a_second_question(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    page = page.button(key="delete-case").click().run()
    assert f"1 case, {case_id}, would be deleted" in words(page)
    page = page.button(key="keep").click().run()
    assert has_button(page, "delete-case")
    page = page.button(key="delete-case").click().run()
    page = name(page, "deleting").button(key="confirm-delete").click().run()
    assert f"Case {case_id} was deleted" in words(page)
    assert case_id not in ids(page)
    assert len(ids(page)) == 3
    assert next((line.action, line.who) for line in records.audit(case_id)) == ("case deleted", "Ann")


def test_old_cases_are_deleted_with_their_number(page: AppTest, settings: Settings) -> None:
    def long_ago() -> datetime:
        return datetime.now(UTC) - timedelta(days=100)

    with open_records(settings, clock=long_ago) as past:
        for seed in range(3):
            save(past, seed)
    with open_records(settings) as present:
        save(present, 9)
    page = choose(page, "worklist-view", "Delete old cases")
    assert "3 cases were first saved more than 90 days ago" in words(page)
    page = page.button(key="delete-older").click().run()
    assert page.button(key="confirm-delete").label == "Delete 3 cases for good"
    page.number_input[0].set_value(101).run()
    assert not has_button(page, "confirm-delete"), "Another number of days is another question."
    page.number_input[0].set_value(90).run()
    page = page.button(key="confirm-delete").click().run()
    assert "Enter your name first" in words(page)
    page = name(page, "deleting").button(key="confirm-delete").click().run()
    assert "3 cases were deleted" in words(page)
    assert "No case was first saved more than 90 days ago" in words(page)


def test_our_own_figures_are_counted_and_compared(page: AppTest, records: Records, sure_artifact: Path) -> None:
    page = choose(page, "worklist-view", "Our own figures")
    assert "No case was reviewed yet" in words(page)
    manifest = read_manifest(sure_artifact)
    assert read_evaluation(sure_artifact, manifest) is not None
    point = next(one for one in manifest.operating_points if one.name == "balanced")
    same = {
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "threshold": point.threshold,
    }
    for seed in range(25):
        case_id = save(records, seed, 0.99, **same).case_id
        seen = records.case(case_id).summary.scoring
        opinion = Opinion("disagree", "Normal") if seed < 22 else Opinion("agree")
        records.review(case_id, opinion, reader="Bo", seen=seen)
    text = words(page.run()).replace("\xa0", " ")
    assert "25 cases reviewed" in text
    assert "Specificity is outside what was expected" in text
    assert "one time in twenty or more" in text
    assert "3 of 3" in text
    assert "0 of 22" in text


def test_the_csv_holds_the_filtered_list_and_overlays_are_counted(filled: AppTest) -> None:
    page = filled.selectbox(key="worklist-decision").set_value("Pneumonia").run()
    assert [one.label for one in page.get("download_button")] == ["Export 2 cases (CSV)"]
    page = page.button(key="prepare-overlays").click().run()
    assert "2 overlays at full size." in words(page)
    assert "Download 2 overlays (ZIP)" in [one.label for one in page.get("download_button")]


def test_a_broken_database_is_named_and_the_other_pages_work(
    page: AppTest, records: Records, settings: Settings
) -> None:
    records.close()
    for file in settings.data_dir.iterdir():
        file.unlink()
    (settings.data_dir / FILE).write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    page = visit(page)
    text = words(page)
    assert "The cases cannot be read" in text
    assert "is damaged" in text
    assert "Restore it from a backup" in text
    page = page.switch_page("app_pages/predict.py").run()
    assert "No radiograph yet" in words(page)
    (settings.data_dir / FILE).unlink()
    page = visit(page)
    assert "No case yet" in words(page)


def test_a_newer_database_is_left_as_it_is(page: AppTest, records: Records, settings: Settings) -> None:
    records.close()
    with sqlite3.connect(settings.data_dir / FILE) as connection:
        connection.execute("UPDATE records_version SET version_num = '9999'")
    connection.close()
    moved = settings.data_dir / "moved"
    (settings.data_dir / FILE).rename(moved)
    # A copy is another file: the server meets it as one that was put there.
    (settings.data_dir / FILE).write_bytes(moved.read_bytes())
    assert "a newer one made it" in words(page.run())


def test_no_file_name_is_logged_or_stored(page: AppTest, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    page = finish(drop(page, [("Doe^Jane_1990.png", png(pneumonia=True, seed=8))]))
    assert "Doe^Jane_1990.png" in words(page)
    assert "Jane" not in caplog.text
    assert not any(b"Jane" in file.read_bytes() for file in settings.data_dir.iterdir())


def test_importing_the_page_imports_neither_tensorflow_nor_keras() -> None:
    code = (
        "import sys, app.app_pages.worklist\n"
        "slow = {'tensorflow', 'keras', 'scipy', 'sklearn', 'tf_keras_vis'} & set(sys.modules)\n"
        "assert not slow, slow\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
