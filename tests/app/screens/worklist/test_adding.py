"""What is dropped on the Worklist, and what becomes of each file."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from app.records.repository import Records
from app.records.values import RecordsError
from app.services import model
from app.services.queue import Saving
from app.settings import Settings
from tests.app.driving import film, halves, keys, missing, png, press, ran, upload, wait, words, zipped
from tests.app.screens.worklist.conftest import OpenPage
from tests.app.screens.worklist.driving import drop, everything, finish, ids, name, opened
from tests.model.files import made_dicom


def test_what_is_missing_is_asked_for_and_the_choice_about_pixels_is_explicit(
    open_page: OpenPage, records: Records
) -> None:
    page = open_page()
    assert "No case yet" in words(page)
    assert page.button(key="score-and-save").label == "Score and save"
    assert "Choose files first" in words(press(page, "score-and-save"))
    assert "not accepted" not in words(upload(page, png(pneumonia=True), "Doe^Jane.png"))
    assert page.button(key="score-and-save").label.endswith("1 file")
    assert "your name first" in words(press(page, "score-and-save"))
    assert "Choose first" in words(press(name(page), "score-and-save"))
    page.segmented_control(key="worklist-keep").set_value(False).run()
    page = finish(press(page, "score-and-save"))
    (case_id,) = ids(page)
    assert records.picture(case_id) is None
    # Who dropped it sees film and file name; another session sees neither.
    assert "Doe^Jane.png" in words(page)
    page, other = opened(page, case_id), open_page(case_id)
    assert [bool(film(one)) for one in (page, other)] == [True, False]
    assert "Doe^Jane.png" in words(page)
    assert "No radiograph" in words(other)
    assert "Doe^Jane" not in words(other)


def test_a_list_wanted_while_the_model_loads_starts_by_itself(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = model.state
    monkeypatch.setattr(model, "state", lambda _: model.Warming())
    page = drop(name(open_page(CXR_KEEP_PIXELS="on")), {"a.png": png(pneumonia=True)})
    assert (ids(page), "Not started yet" in words(page)) == ([], True)
    monkeypatch.setattr(model, "state", ready)
    assert len(ids(finish(ran(page)))) == 1


def test_a_zip_beside_files_is_taken_and_every_file_is_told(page: AppTest, records: Records) -> None:
    one, two = png(pneumonia=True, seed=1), png(pneumonia=False, seed=2)
    archive = zipped({"b.png": two, "../c.png": one, "inner.zip": zipped({"x": b"x"}), "__MACOSX/._b.png": b"x"})
    files = {"a.png": one, "scans.zip": archive, "again.png": one, "low.png": halves(bright_above=False)}
    page = finish(drop(name(page), files | {"notes.txt": b"hello"}))
    counts = ("2 cases saved", "1 the same", "1 rejected", "3 could not")
    assert not missing(words(page), "All files", *counts, "as a.png: one case", "archive itself", "1 system file")
    assert {one.case_id for one in records.page(*everything()).cases} == set(ids(page))
    assert all(records.picture(case_id) for case_id in ids(page))
    # A case's id opens it; what needs a look stands outside the folded part.
    (expander,) = [one for one in page.expander if "Which file" in one.label]
    assert expander.label.endswith("(3)")
    link = next(one for one in expander.button if one.label in ids(page))
    assert f"Case {link.label}" in words(link.click().run())
    page = press(page, "back")
    page = finish(drop(press(page, "clear-list"), {"later.png": one}))
    assert "1 case saved, 0 of them" in words(page)
    assert len(ids(page)) == 2


def test_nothing_became_a_case(page: AppTest) -> None:
    page = finish(drop(name(page), {"notes.txt": b"hello", "empty.png": b""}))
    assert "None of" in words(page)
    many = zipped({f"{number}.png": b"x" for number in range(201)})
    page = drop(press(page, "clear-list"), {"many.zip": many})
    assert not missing(words(page), "201 files", "limit is 200")


def test_a_running_list_can_be_cancelled_while_cases_are_read(
    page: AppTest, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_one = Saving.__call__

    def late(self: Saving, *arguments: object) -> None:
        time.sleep(0.3)
        save_one(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Saving, "__call__", late)
    page = drop(name(page), {f"{seed}.png": png(pneumonia=False, seed=seed) for seed in range(8)})
    wait(lambda: ids(page), lambda: ran(page))
    page = opened(page, ids(page)[0])
    assert "in the background" in str([one.proto.text for one in page.get("progress")])
    page = finish(press(press(page, "back"), "cancel-list"))
    assert not missing(words(page), "Cancelled", "not scored")
    assert 0 < records.page(*everything()).total < 8


def test_results_that_cannot_be_saved_are_told(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr(Records, "save", full)
    text = words(finish(drop(name(page), {"a.png": png(pneumonia=True)})))
    assert not missing(text, "disk is full", "No cases saved", "1 scored but not saved")


def test_warnings_of_a_header_reach_row_and_case_and_no_file_name_is_stored(
    page: AppTest, records: Records, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page = finish(drop(name(page), {"Doe^Jane.dcm": made_dicom(PatientAge="062Y")}))
    (case_id,) = ids(page)
    assert "1 warning" in words(page)
    (warning,) = records.case(case_id).summary.scoring.warnings
    assert "62" in warning
    assert warning in words(opened(page, case_id))
    assert f"open-{case_id}" not in keys(page)
    assert "Jane" not in caplog.text
    assert not any(b"Jane" in file.read_bytes() for file in settings.data_dir.iterdir())
