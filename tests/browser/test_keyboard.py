"""On every page, Tab leads on, and what has the focus looks other than without it."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page

from tests.browser.walking import at_rest, page_links

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_STOPS = 30


def test_the_focus_is_seen_at_every_stop_of_the_keyboard(page: Page, server: str) -> None:
    unseen: list[str] = []
    for title, address in page_links(page, server).items():
        page.goto(address)
        at_rest(page)
        stops = 0
        while (stop := _next_stop(page)) is not None and stops < MOST_STOPS:
            stops += 1
            if not _is_focus_seen(page):
                unseen.append(f"{title}: {stop}")
        assert stops > 3, f"{title}: the keyboard reaches {stops} controls only."
    assert unseen == []


_FOCUS = """() => {
    const one = document.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    // The page's own scrolling, whose text is all there is.
    if (one.tagName === "MAIN") return "the page";
    return one.ariaLabel || one.labels?.[0]?.textContent || one.textContent.trim() || one.outerHTML.slice(0, 120);
}"""


def _next_stop(page: Page) -> str | None:
    """Press Tab; the name of what then has the focus, None at the end of the page."""
    page.keyboard.press("Tab")
    name: str | None = page.evaluate(_FOCUS)
    return name


def _is_focus_seen(page: Page) -> bool:
    """Whether a picture of the page around what has the focus changes once it is taken away."""
    page.wait_for_timeout(40)
    box = page.evaluate(
        """() => {
            // What is hidden, such as the box of a tick, is shown by something around it.
            let one = document.activeElement;
            while (one.getBoundingClientRect().width < 8) one = one.parentElement;
            one.scrollIntoView({block: "center"});
            const {x, y, width, height} = one.getBoundingClientRect();
            return {x: Math.max(0, x - 8), y: Math.max(0, y - 8), width: width + 16, height: height + 16};
        }"""
    )
    focused = _picture(page, box)
    page.evaluate("() => { window.focusWas = document.activeElement; window.focusWas.blur(); }")
    page.wait_for_timeout(40)
    blurred = _picture(page, box)
    page.evaluate("() => window.focusWas.focus()")
    return ImageChops.difference(focused, blurred).getbbox() is not None


def _picture(page: Page, box: dict[str, float]) -> Image.Image:
    taken = page.screenshot(clip=box, animations="disabled", caret="hide")
    return Image.open(io.BytesIO(taken)).convert("RGB")
