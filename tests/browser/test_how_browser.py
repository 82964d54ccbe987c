"""The How it works page in a real Chromium: links, sliders by keyboard, the button, and a phone's width."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.wording.glossary import anchor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_MS = 180_000
PAINT_MS = 30_000

TWO_VARIANTS = """() => {
    const tiles = [0, 1].map(number => document.querySelector(`.st-key-how-tile-variants-${number}`));
    const boxes = tiles.map(tile => tile?.querySelector("img")?.complete && tile.getBoundingClientRect().toJSON());
    return boxes.every(box => box && box.width) && boxes;
}"""
"""Where the first two variants lie, once they are drawn."""


def opened(browser: Browser, url: str, width: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 1200})
    page.goto(f"{url}/how_it_works")
    expect(page.locator("#how-play")).to_be_attached(timeout=MODEL_MS)
    expect(page.locator("#how-glossary")).to_be_attached(timeout=PAINT_MS)
    return page


def picture(page: Page, name: str) -> str:
    return page.get_by_role("img", name=name).get_attribute("src") or ""


def test_every_control_changes_what_it_should(browser: Browser, server: str) -> None:
    page = opened(browser, server, 1280)
    answer = page.locator(".how-answer strong")
    as_it_is, read = answer.inner_text(), picture(page, "The radiograph as changed")
    page.get_by_role("slider", name="Rotate").press("End")
    expect(page.get_by_text("Beyond what training showed: rotate")).to_be_visible(timeout=PAINT_MS)
    assert picture(page, "The radiograph as changed") != read
    assert answer.inner_text() != as_it_is
    page.get_by_role("button", name="Back to the scan as it is").click()
    expect(page.get_by_text("This is the scan as it is.")).to_be_visible(timeout=PAINT_MS)
    expect(answer).to_have_text(as_it_is)
    page.get_by_role("radio", name="Blur").or_(page.get_by_role("button", name="Blur", exact=True)).first.click()
    expect(page.get_by_role("figure", name=re.compile("Probability of pneumonia from"))).to_be_visible(timeout=PAINT_MS)
    variant = page.get_by_role("img", name=re.compile("^Variant 1 of"))
    before = variant.get_attribute("src") or ""
    page.get_by_role("button", name="Draw six new ones").click()
    expect(variant).not_to_have_attribute("src", before, timeout=PAINT_MS)
    page.get_by_role("slider", name="Filter").press("ArrowRight")
    expect(page.get_by_role("img", name="The weights of filter 2", exact=True)).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("slider", name="Probability given to the truth").press("Home")
    expect(page.get_by_text("−ln(0.01) = 4.61")).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("slider", name="Steps").press("Home")
    expect(page.get_by_text("After 1 step:")).to_be_visible(timeout=PAINT_MS)
    page.close()


def test_links_and_anchors_lead_to_their_place(browser: Browser, server: str) -> None:
    page = opened(browser, server, 1280)
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Glossary").press("Enter")
    expect(page.get_by_role("heading", name="Glossary")).to_be_in_viewport(timeout=PAINT_MS)
    page.evaluate(f"location.hash = '#{anchor('softmax')}'")
    expect(page.locator(f"#{anchor('softmax')}")).to_be_in_viewport(timeout=PAINT_MS)
    page.close()


def test_a_phone_shows_all_of_it_without_scrolling_sideways(browser: Browser, server: str) -> None:
    page = opened(browser, server, 390)
    page.get_by_role("button", name="Pneumonia 2", exact=True).click()
    expect(page.get_by_text("Shown below: sample “Pneumonia 2”")).to_be_visible(timeout=PAINT_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Asked in one go: what is drawn anew for the sample is put in the old one's place between two questions.
    first, second = page.wait_for_function(TWO_VARIANTS, timeout=PAINT_MS).json_value()
    assert abs(first["y"] - second["y"]) < 3, "two pictures beside each other"
    assert second["x"] + second["width"] <= 391
    assert first["width"] > 150
    page.close()
