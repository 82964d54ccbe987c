"""How it works in a real Chromium: links, controls by keyboard, what lasts for a session, and a phone's width."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.ui.glossary import GLOSSARY
from tests.browser.serving import settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_MS = 180_000
PAINT_MS = 30_000


def opened(browser: Browser, url: str, width: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 1200}, reduced_motion="reduce")
    page.goto(f"{url}/how_it_works")
    expect(page.locator("#how-play")).to_be_attached(timeout=MODEL_MS)
    expect(page.locator("#how-glossary")).to_be_attached(timeout=PAINT_MS)
    settled(page)
    return page


def test_controls_work_by_keyboard_and_sliders_survive_a_visit_to_another_page(browser: Browser, server: str) -> None:
    page = opened(browser, server, 1280)
    answer, changed = page.locator(".cx-answer strong"), page.get_by_role("img", name="The radiograph as changed")
    score, read = answer.inner_text(), changed.get_attribute("src") or ""
    page.get_by_role("slider", name="Rotate").press("End")
    expect(page.get_by_text("Outside the range of training: rotate")).to_be_visible(timeout=PAINT_MS)
    expect(answer).not_to_have_text(score)
    expect(changed).not_to_have_attribute("src", read)
    page.get_by_role("slider", name="Filter").press("ArrowRight")
    expect(page.get_by_role("img", name="The weights of filter 2", exact=True)).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="When not to use it")).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("link", name="How it works").click()
    expect(page.get_by_text("Outside the range of training: rotate")).to_be_visible(timeout=PAINT_MS)
    expect(page.get_by_role("img", name="The weights of filter 2", exact=True)).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("button", name="Reset to the original").click()
    expect(answer).to_have_text(score, timeout=PAINT_MS)
    variant = page.get_by_role("img", name=re.compile("^Variant 1 of"))
    before = variant.get_attribute("src") or ""
    page.get_by_role("button", name="Draw six new variants").click()
    expect(variant).not_to_have_attribute("src", before, timeout=PAINT_MS)
    page.get_by_role("radio", name="Blur").or_(page.get_by_role("button", name="Blur", exact=True)).first.click()
    expect(page.get_by_role("figure", name=re.compile("^Score from"))).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("tab", name="Downhill, step by step").click()
    page.get_by_role("slider", name="Steps").press("Home", timeout=PAINT_MS)
    expect(page.get_by_text("Loss after 1 step:")).to_be_visible(timeout=PAINT_MS)
    page.get_by_role("link", name="Glossary", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Glossary")).to_be_in_viewport(timeout=PAINT_MS)
    page.evaluate(f"location.hash = '#{GLOSSARY['softmax'].anchor}'")
    expect(page.locator(f"#{GLOSSARY['softmax'].anchor}")).to_be_in_viewport(timeout=PAINT_MS)
    page.close()


def test_a_phone_shows_all_of_it_without_scrolling_sideways(browser: Browser, server: str) -> None:
    page = opened(browser, server, 390)
    page.get_by_role("radio", name="Pneumonia 2").or_(page.get_by_role("button", name="Pneumonia 2")).first.click()
    expect(page.get_by_text("Shown below: Sample “Pneumonia 2”")).to_be_visible(timeout=PAINT_MS)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first, second = (page.get_by_role("img", name=re.compile(f"^Variant {number} of")) for number in (1, 2))
    second.scroll_into_view_if_needed()
    boxes = first.bounding_box(), second.bounding_box()
    assert boxes[0]
    assert boxes[1]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 3, "two pictures beside each other"
    assert boxes[1]["x"] + boxes[1]["width"] <= 391
    assert boxes[0]["width"] > 150
    page.close()
