"""The guided demo: three samples, two sentences each, and what was on the page comes back."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import wording
from app.settings import SAMPLES
from tests.app.driving import png, settle, text_of

OpenApp = Callable[[Path], AppTest]


def said(page: AppTest) -> str:
    return unescape(text_of(page))


def press(page: AppTest, name: str) -> AppTest:
    page = page.button(key=f"demo-{name}").click().run()
    assert not page.exception
    return page


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


@pytest.mark.parametrize("has_gate", [False, True])
def test_every_step_has_its_sample_and_two_sentences(*, has_gate: bool) -> None:
    steps = wording.demo_steps(has_gate=has_gate)
    assert len(steps) == 3
    for step in steps:
        assert (SAMPLES / step.file).is_file()
        assert len(step.sentences) == 2
        assert all(sentence.endswith(".") for sentence in step.sentences)
    assert ("refused" in " ".join(steps[-1].sentences)) is has_gate


def test_the_demo_walks_forth_and_back_and_leaves(warm_app: AppTest) -> None:
    steps = wording.demo_steps(has_gate=warm_has_gate(warm_app))
    page = press(warm_app, "start")
    for number, step in enumerate(steps, start=1):
        assert wording.step_line(number, 3) in said(page)
        assert step.title in said(page)
        assert all(sentence in said(page) for sentence in step.sentences)
        assert f"Sample “{step.sample}”" in said(page)
        assert len(page.file_uploader) == 0, "no file name beside another picture's verdict"
        if number < 3:
            page = press(page, "next")
    assert "demo-next" not in keys(page)
    page = press(page, "back")
    assert wording.step_line(2, 3) in said(page)
    page = press(page, "leave")
    assert "No radiograph yet" in said(page)
    assert "cx-verdict__word" not in said(page)


def test_the_last_step_is_refused_by_a_model_with_a_gate(open_app: OpenApp, gated_artifact: Path) -> None:
    page = press(press(press(settle(open_app(gated_artifact)), "start"), "next"), "next")
    assert wording.demo_steps(has_gate=True)[-1].sentences[0] in said(page)
    if wording.NOT_SCORED in said(page):
        page = page.button(key="anyway-button").click().run()
        assert "cx-verdict__word" in said(page)
    page = press(page, "back")
    assert "This picture was refused" not in said(page), "the wish for a verdict was for the other picture"


def test_an_upload_and_what_was_chosen_for_it_come_back(warm_app: AppTest) -> None:
    page = warm_app
    page.file_uploader[0].upload("mine.png", png(pneumonia=True, size=(260, 300)), "image/png")
    page = page.run()
    page = next(one for one in page.slider if str(one.key).startswith("view-window")).set_value(77).run()
    before = said(page).partition("cx-verdict__word")[2].partition("</section>")[0]
    page = press(press(page, "start"), "next")
    assert "mine.png" not in said(page)
    assert "window 77" not in said(page)
    page = page.switch_page("screens/performance/page.py").run().switch_page("app_pages/predict.py").run()
    assert wording.step_line(2, 3) in said(page), "a visit to another page does not end it"
    page = press(page, "leave")
    assert "Shown below: mine.png" in said(page)
    assert said(page).partition("cx-verdict__word")[2].partition("</section>")[0] == before
    assert "window 77" in said(page)


def test_a_problem_comes_back_too(warm_app: AppTest) -> None:
    page = warm_app
    page.file_uploader[0].upload("note", b"hello", "text/plain")
    page = press(page.run(), "start")
    assert "cannot be scored" not in said(page)
    page = press(page, "leave")
    assert "cannot be scored" in said(page)


def test_a_missing_sample_is_named(warm_app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.demo.SAMPLES", tmp_path)
    page = press(warm_app, "start")
    assert "The sample composite_normal_1.png is missing." in said(page)
    assert "cx-verdict__word" not in said(page)


def warm_has_gate(page: AppTest) -> bool:
    return "it has no input check" not in said(page) and "It does not check that a picture" not in said(page)
