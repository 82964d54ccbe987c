"""The Performance page in a real Chromium: every control moves every chart, and what is shown can be downloaded."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

from model.artifact import PRETRAINED
from tests.browser.serving import CHROMIUM, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAINT_MS = 60_000
RING = """(chart) => {
  const found = chart.querySelector(".js-plotly-plot").data.filter((one) => one.name === "threshold");
  return JSON.stringify(found.map((one) => [one.x, one.y]));
}"""
PREVALENCES = "JSON.stringify(document.querySelector('.st-key-predictive-values .js-plotly-plot').data[0].x)"
DRIVEN = ("roc", "precision-recall", "score-histogram")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The Accuracy tab of the shipped model; what the console complains of fails the test."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.", pytrace=False)
    errors: list[str] = []
    hosts: set[str] = set()
    with served(tmp_path / "server.log") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        found = browser.new_page(viewport={"width": 1280, "height": 2600})
        found.set_default_timeout(PAINT_MS)
        expect.set_options(timeout=PAINT_MS)
        found.on("pageerror", lambda error: errors.append(str(error)))
        found.on("request", lambda request: hosts.add(re.sub(r"^\w+://([^/:]*).*", r"\1", request.url)))
        found.goto(f"{url}/performance")
        expect(found.locator(".st-key-predictive-values .main-svg").first).to_be_visible()
        yield found
        browser.close()
        expect.set_options(timeout=5_000)
    assert errors == []
    assert {host for host in hosts if not host.startswith(("data:", "blob:"))} <= {"127.0.0.1", "localhost", ""}


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}").first


def rings(page: Page) -> dict[str, str]:
    return {key: str(chart(page, key).evaluate(RING)) for key in DRIVEN}


def test_one_key_moves_every_chart_and_figure(page: Page) -> None:
    slider = page.get_by_role("slider", name="Threshold: from this probability on")
    tiles, told = page.locator(".st-key-threshold-tiles"), page.locator(".cx-facts li").first
    children = page.locator(".cx-icons__all")
    matrix = page.get_by_role("figure", name=re.compile("^Confusion matrix"))
    before = rings(page), tiles.inner_text(), children.get_attribute("aria-label"), matrix.get_attribute("aria-label")
    expect(told).to_contain_text("0.500 (balanced)")
    slider.press("Home")
    expect(told).to_contain_text("0.000 (moved by hand)")
    expect(page.locator(".cx-facts").first).to_contain_text("nothing was chosen by it")
    # The figures come one after the other: the last of them last.
    expect(children).not_to_have_attribute("aria-label", str(before[2]))
    page.wait_for_function(f"key => ({RING})(document.querySelector(key)) !== '{before[0]['roc']}'", arg=".st-key-roc")
    after = rings(page)
    assert all(after[key] != before[0][key] for key in DRIVEN), (before[0], after)
    assert tiles.inner_text() != before[1]
    expect(matrix).not_to_have_attribute("aria-label", str(before[3]))
    expect(page).to_have_url(re.compile(r"threshold=0(\.0+)?(&|$)"))
    page.locator(".st-key-threshold-point").get_by_text("Rule-in", exact=True).click()
    expect(told).to_contain_text("(rule-in)")
    slider.press("ArrowRight")
    expect(told).to_contain_text("(moved by hand)")


def test_the_prevalence_moves_the_children_and_stays_in_the_address(page: Page) -> None:
    children = page.locator(".cx-icons__all")
    before = (
        chart(page, "predictive-values").locator(".js-plotly-plot").evaluate("one => JSON.stringify(one.data[0].x)")
    )
    slider = page.get_by_role("slider", name="Share of your children who have pneumonia")
    slider.press("Home")
    expect(children).to_have_attribute("aria-label", re.compile("Of 1,000 children like yours, 1 has pneumonia"))
    page.wait_for_function(f"before => {PREVALENCES} !== before", arg=before)
    expect(page).to_have_url(re.compile(r"prevalence=0\.1"))
    assert children.locator("i").count() >= 2
    box = children.bounding_box()
    assert box is not None
    assert box["height"] > 100
    page.reload()
    expect(children).to_have_attribute("aria-label", re.compile("Of 1,000 children like yours, 1 has pneumonia"))


def test_every_chart_comes_as_a_picture_and_as_a_table(page: Page, tmp_path: Path) -> None:
    for key in ("confusion-matrix", "score-histogram", "roc", "precision-recall", "predictive-values", "reliability"):
        expect(chart(page, key).get_by_role("figure")).to_have_attribute("aria-label", re.compile(".{40}"))
        with page.expect_download() as started:
            chart(page, key).get_by_role("button", name="Download plot as a PNG").click()
        assert started.value.suggested_filename == f"{key}.png"
        started.value.save_as(tmp_path / f"{key}.png")
        with Image.open(tmp_path / f"{key}.png") as picture:
            assert min(picture.size) > 500
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 20, f"{key} is blank"
        with page.expect_download() as started:
            page.locator(f".st-key-{key}-data").get_by_role("button").click()
        assert started.value.suggested_filename == f"{key}.csv"
        started.value.save_as(tmp_path / f"{key}.csv")
        rows = list(csv.reader((tmp_path / f"{key}.csv").read_text(encoding="utf-8-sig").splitlines()))
        assert len(rows) > 2
        assert len({len(row) for row in rows}) == 1


def test_a_question_is_one_click_from_its_answer(page: Page) -> None:
    test = json.loads((PRETRAINED / "evaluation.json").read_text(encoding="utf-8"))["test"]
    missed, found = test["confusion_matrix"]["counts"][1]
    misses = f"the model misses {missed} of {missed + found}"
    shared = "{shared} of {of} patient numbers".format(**test["patient_numbers_in_training"])
    answer = page.get_by_role("status", name="Answer")
    for question, told, heading in (
        (
            "How many sick children does it miss?",
            misses,
            "How often is it right?",
        ),
        ("What if pneumonia is rare here?", "more of its alarms are false", "Of 1,000 children like yours"),
        (
            "Was it tested on the children it learned from?",
            shared,
            "When and on what",
        ),
        ("Where does it look?", "methods fail none of the tests", "Can I trust the heatmap?"),
        ("When should I not use it?", "Never for a diagnosis", "What it refuses to score"),
    ):
        page.get_by_text(question, exact=True).click()
        expect(answer).to_contain_text(told)
        expect(page.get_by_role("heading", name=re.compile(f"^{re.escape(heading)}"))).to_be_visible()
