"""How it works in a real Chromium: links, controls by keyboard, what lasts for a session, and a phone's width."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.ui.glossary import GLOSSARY
from tests.browser.walking import MODEL_MS, NARROW, WIDE, at_rest, box, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(browser: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page as wide as the test's parameter says."""
    with watched(browser, f"{server}/how_it_works", width=request.param, height=1200) as opened:
        expect(opened.locator("#how-play")).to_be_attached(timeout=MODEL_MS)
        at_rest(opened)
        yield opened


@pytest.mark.parametrize("page", [WIDE], indirect=True)
def test_controls_work_by_keyboard_and_sliders_survive_a_visit_to_another_page(page: Page) -> None:
    answer, changed = page.locator(".cx-answer strong"), page.get_by_role("img", name="The radiograph as changed")
    score, read = answer.inner_text(), changed.get_attribute("src") or ""
    page.get_by_role("slider", name="Rotate").press("End")
    expect(page.get_by_text("Outside the range of training: rotate")).to_be_visible()
    expect(answer).not_to_have_text(score)
    expect(changed).not_to_have_attribute("src", read)
    page.get_by_role("slider", name="Filter").press("ArrowRight")
    expect(page.get_by_role("img", name="The weights of filter 2", exact=True)).to_be_visible()
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="When not to use it")).to_be_visible()
    page.get_by_role("link", name="How it works").click()
    expect(page.get_by_text("Outside the range of training: rotate")).to_be_visible()
    expect(page.get_by_role("img", name="The weights of filter 2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Reset to the original").click()
    expect(answer).to_have_text(score)
    variant = page.get_by_role("img", name=re.compile("^Variant 1 of"))
    before = variant.get_attribute("src") or ""
    page.get_by_role("button", name="Draw six new variants").click()
    expect(variant).not_to_have_attribute("src", before)
    page.get_by_role("radio", name="Blur").or_(page.get_by_role("button", name="Blur", exact=True)).first.click()
    expect(page.get_by_role("figure", name=re.compile("^Score from"))).to_be_visible()
    page.get_by_role("tab", name="Downhill, step by step").click()
    page.get_by_role("slider", name="Steps").press("Home")
    expect(page.get_by_text("Loss after 1 step:")).to_be_visible()
    page.get_by_role("link", name="Glossary", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Glossary")).to_be_in_viewport()
    page.evaluate(f"location.hash = '#{GLOSSARY['softmax'].anchor}'")
    expect(page.locator(f"#{GLOSSARY['softmax'].anchor}")).to_be_in_viewport()


@pytest.mark.parametrize("page", [NARROW], indirect=True)
def test_a_phone_shows_all_of_it_without_scrolling_sideways(page: Page) -> None:
    page.get_by_role("radio", name="Pneumonia 2").or_(page.get_by_role("button", name="Pneumonia 2")).first.click()
    expect(page.get_by_text("Shown below: Sample “Pneumonia 2”")).to_be_visible()
    at_rest(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first, second = (page.get_by_role("img", name=re.compile(f"^Variant {number} of")) for number in (1, 2))
    second.scroll_into_view_if_needed()
    assert abs(box(first)["y"] - box(second)["y"]) < 3, "two pictures beside each other"
    assert box(second)["x"] + box(second)["width"] <= 391
    assert box(first)["width"] > 150
