"""The guided demo over an upload: forth and back, figures and children at its end, and what was there comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.predict import demo
from app.settings import SAMPLES
from model.records.measured import read_measured
from tests.app.driving import html, keys, missing, png, press, ran, upload, words
from tests.app.screens.predict.conftest import OpenPage
from tests.app.screens.predict.reading import verdict

LAST = len(demo.STEPS)


def test_the_demo_walks_and_gives_back_what_was_open(page: AppTest, sure_artifact: Path) -> None:
    assert all(not step.sample or (SAMPLES / step.sample).is_file() for step in demo.STEPS)
    page = upload(page, png(pneumonia=True), "mine.png")
    before = verdict(page)
    page = press(page, "demo-start")
    for number, step in enumerate(demo.STEPS, start=1):
        assert missing(words(page), f"step {number} of {LAST}", step.title, "mine.png") == ["mine.png"]
        assert len(page.file_uploader) == 0, "No file name beside another picture's verdict."
        assert bool(verdict(page)) == bool(step.sample)
        if step.title == demo.WRONG:
            assert read_measured(sure_artifact).evaluation is not None
            assert [one.label for one in page.metric][:2] == ["Sensitivity (recall)", "Specificity"]
        if number < LAST:
            page = press(page, "demo-next")
    assert "cx-icons" in html(page)
    assert "demo-next" not in keys(page)
    page = press(press(page, "demo-back"), "demo-leave")
    assert "mine.png" in words(page)
    assert verdict(page) == before


def test_a_problem_comes_back_and_a_missing_sample_is_named(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = upload(page, b"hello", "note.txt")
    monkeypatch.setattr(demo, "SAMPLES", tmp_path)
    page = press(page, "demo-start")
    assert "composite_normal_1.png" in words(page)
    assert verdict(page) == ""
    page = press(page, "demo-leave")
    assert len(page.error) == 1
    assert "composite" not in page.error[0].value


def test_the_rejected_sample_is_for_the_input_check(open_page: OpenPage, gated_artifact: Path) -> None:
    page = press(open_page(gated_artifact), "demo-start")
    for _ in range(3):
        page = press(page, "demo-next")
    if verdict(page) == "":
        page = press(page, "anyway-button")
        assert verdict(page)
    page = press(page, "demo-back")
    assert "cx-verdict--refused" not in html(page), "The wish was for the other picture."


def test_without_an_evaluation_the_figures_are_not_made_up(open_page: OpenPage, artifact: Path) -> None:
    (artifact / "evaluation.json").unlink()
    page = press(open_page(artifact), "demo-start")
    page.session_state["demo-step"] = LAST - 1
    page = ran(page)
    assert "cx-icons" not in html(page)
    assert "not evaluated" in words(page)
