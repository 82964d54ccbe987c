"""What is dropped on the Worklist page, the list of cases, its exports, and what is said when things break."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.case_list import FileRow
from app.records.connection import FILE
from app.records.repository import Records
from app.records.values import RecordsError
from app.services import worklist as worklist_service
from app.settings import ROOT, Settings
from app.worklist_page import state
from app.worklist_page.dropping import _csv
from tests.app.driving import png, settle
from tests.app.records.entries import save
from tests.app.worklist_page.driving import (
    PATIENCE_S,
    OpenApp,
    drop,
    everything,
    finish,
    ids,
    name,
    opened,
    visit,
    words,
)


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
    every = records.page(*everything())
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
    assert 0 < records.page(*everything()).total < 8
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


def test_the_list_is_sorted_by_probability_and_filtered(filled: AppTest, records: Records) -> None:
    by_probability = ids(filled)
    assert [records.case(one).summary.scoring.prediction.probability for one in by_probability] == [0.99, 0.8, 0.6, 0.1]
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


def test_a_list_of_which_nothing_became_a_case_promises_none(page: AppTest) -> None:
    page = finish(drop(page, [("notes.txt", b"hello"), ("empty.png", b"")]))
    text = words(page)
    assert "No file of the list above became a case" in text
    assert "appear here" not in text
    page = page.button(key="clear-list").click().run()
    assert "press “Score and save”" in words(page)


def test_the_button_says_how_many_files_have_arrived(page: AppTest) -> None:
    assert page.button(key="score-and-save").label == "Score and save"
    for seed in range(2):
        page.file_uploader[0].upload(f"{seed}.png", png(pneumonia=False, seed=seed), "image/png")
    page.run()
    assert page.button(key="score-and-save").label == "Score and save 2 files"


def test_what_was_missing_is_asked_for_only_while_it_is(page: AppTest) -> None:
    page = page.button(key="score-and-save").click().run()
    assert "Choose the files first" in words(page)
    name(page, "dropping").file_uploader[0].upload("a.png", png(pneumonia=False), "image/png")
    assert "not taken" not in words(page.run())


def test_overlays_of_a_deleted_case_are_not_offered_any_longer(filled: AppTest) -> None:
    page = filled.button(key="prepare-overlays").click().run()
    assert "4 overlays at full size." in words(page)
    page = opened(page, ids(page)[0]).button(key="delete-case").click().run()
    page = name(page, "deleting").button(key="confirm-delete").click().run()
    assert "overlays at full size" not in words(page)


def test_what_comes_and_goes_above_moves_nothing_below(filled: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser makes anew whatever moves: a comment in the making would be lost."""

    def places() -> list[str]:
        return [type(one).__name__ for one in filled.main.children.values()]

    opened(filled, ids(filled)[0])
    before = places()
    monkeypatch.setattr(state, "told", lambda: "Said.")
    filled.run()
    assert "Said." in words(filled)
    assert places() == before


def test_a_file_name_is_no_formula_for_a_spreadsheet_however_it_begins() -> None:
    table = _csv([FileRow(" =cmd()", "Scored"), FileRow("\uff1d1+1", "Scored")]).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(table.splitlines())][1:] == ["' =cmd()", "'\uff1d1+1"]
