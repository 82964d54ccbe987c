"""The Performance page in a real Chromium: every control moves every chart, and what is shown can be downloaded."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from model.artifact import PRETRAINED
from tests.browser.walking import MODEL_MS, box, download, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RING = """(chart) => {
  const found = chart.querySelector(".js-plotly-plot").data.filter((one) => one.name === "threshold");
  return JSON.stringify(found.map((one) => [one.x, one.y]));
}"""
DRIVEN = ("roc", "precision-recall", "score-histogram")
CHARTS = {
    "ROC and precision-recall": ("confusion-matrix", "score-histogram", "roc", "precision-recall"),
    "Predictive values": ("predictive-values",),
}


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """The Accuracy tab of the shipped model."""
    with watched(browser, f"{server}/performance") as opened:
        expect(opened.locator(".st-key-score-histogram .main-svg").first).to_be_visible(timeout=MODEL_MS)
        yield opened


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}").first


def rings(page: Page) -> dict[str, str]:
    return {key: str(chart(page, key).evaluate(RING)) for key in DRIVEN}


def test_one_key_moves_every_chart_and_the_threshold_stays_in_view(page: Page) -> None:
    page.get_by_role("tab", name="ROC and precision-recall").click()
    expect(chart(page, "precision-recall").locator(".main-svg").first).to_be_visible()
    slider = page.get_by_role("slider", name="Threshold")
    tiles, children = page.locator(".st-key-tiles"), page.locator(".cx-icons [role=img]")
    matrix = page.get_by_role("figure", name=re.compile("^Confusion matrix"))
    before = rings(page), tiles.inner_text(), children.get_attribute("aria-label"), matrix.get_attribute("aria-label")
    slider.press("Home")
    expect(page.get_by_text("Moved by hand")).to_be_visible()
    expect(children).not_to_have_attribute("aria-label", str(before[2]))
    # The curves come last.
    for key in ("roc", "precision-recall"):
        page.wait_for_function(
            f"([at, was]) => ({RING})(document.querySelector(at)) !== was", arg=[f".st-key-{key}", before[0][key]]
        )
    after = rings(page)
    assert all(after[key] != before[0][key] for key in DRIVEN), (before[0], after)
    assert tiles.inner_text() != before[1]
    expect(matrix).not_to_have_attribute("aria-label", str(before[3]))
    expect(page).to_have_url(re.compile(r"threshold=0(\.0+)?(&|$)"))
    page.locator(".st-key-threshold-point").get_by_text("Rule-in", exact=True).click()
    expect(page.get_by_text("Moved by hand")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 600)")
    expect(page.locator(".st-key-threshold-bar")).to_be_in_viewport(ratio=1)


def test_all_that_matters_is_on_the_first_screen(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    for part in (".st-key-question", ".st-key-threshold-bar", ".st-key-tiles"):
        assert box(page.locator(part).first)["y"] + box(page.locator(part).first)["height"] < 900, part
    for part in (".st-key-confusion-matrix", ".st-key-score-histogram", ".cx-icons > div"):
        expect(page.locator(part).first).to_be_in_viewport(ratio=0.8)


def test_the_prevalence_moves_the_children_and_stays_in_the_address(page: Page) -> None:
    children = page.locator(".cx-icons [role=img]")
    page.get_by_role("slider", name="Prevalence").press("Home")
    expect(children).to_have_attribute("aria-label", re.compile("1 has pneumonia"))
    expect(page).to_have_url(re.compile(r"prevalence=0\.1"))
    assert box(children)["height"] > 100
    page.reload()
    expect(children).to_have_attribute("aria-label", re.compile("1 has pneumonia"))


def test_every_chart_comes_as_a_picture_and_as_a_table(page: Page) -> None:
    for tab, key in ((tab, key) for tab, keys in CHARTS.items() for key in keys):
        page.get_by_role("tab", name=tab).click()
        expect(chart(page, key).get_by_role("figure")).to_have_attribute("aria-label", re.compile(".{40}"))
        plot = download(chart(page, key).get_by_role("button", name="Download plot as a PNG"))
        assert plot.suggested_filename == f"{key}.png"
        with Image.open(plot.path()) as picture:
            assert min(picture.size) > 500
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 20, f"{key} is blank"
        table = download(page.locator(f".st-key-{key}-data").get_by_role("button"))
        assert table.suggested_filename == f"{key}.csv"
        rows = list(csv.reader(table.path().read_text(encoding="utf-8-sig").splitlines()))
        assert len(rows) > 2
        assert len({len(row) for row in rows}) == 1


def test_a_question_is_one_click_from_its_answer(page: Page) -> None:
    test = json.loads((PRETRAINED / "evaluation.json").read_text(encoding="utf-8"))["test"]
    missed, found = test["confusion_matrix"]["counts"][1]
    shared = test["patient_numbers_in_training"]
    for question, told, tab in (
        ("How many does it miss?", f"misses {missed} of {missed + found}", "Accuracy"),
        ("What if pneumonia is rare here?", "50 have pneumonia", "Accuracy"),
        ("Was it tested on the children it learned from?", f"{shared['shared']} of {shared['of']}", "How measured"),
        ("Where does it look?", "pass every test", "Heatmap"),
        ("When should I not use it?", "not a medical device", "For whom"),
    ):
        page.get_by_role("radio", name=question).click()
        expect(page.locator(".st-key-answer")).to_contain_text(told)
        expect(page.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
