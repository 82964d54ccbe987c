"""Going through the app's pages, whichever there are: the navigation names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Download,
    FloatRect,
    Locator,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.serving import CHROMIUM

WIDE, NARROW = 1280, 390
"""Widths of a desk's screen and of a phone's, in pixels."""

TALL = 2600
"""Streamlit scrolls within the page, so that only a tall window shows and checks all of it."""

MODEL_MS = 300_000
expect.set_options(timeout=30_000)  # of each step: a busy machine takes its time
HERE = frozenset({"127.0.0.1", "localhost", ""})
"""Where a request may go; a "data:" address has no host."""

_LINKS = """() => Object.fromEntries(
    [...document.querySelectorAll('nav[aria-label="App pages"] a')].map(link => [link.textContent.trim(), link.href])
)"""

_STILL = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const waits = document.querySelector(".cx-spin, [data-testid=stSkeleton], [data-testid=stSpinner]");
    const moves = document.getAnimations().some(one => one.playState === "running"
        && Number.isFinite(one.effect.getComputedTiming().endTime));
    const pictures = [...document.images].every(image => image.complete);
    const figures = [...document.querySelectorAll(".stPlotlyChart")].every(
        one => one.offsetParent === null || one.querySelector(".main-svg"));
    return app?.dataset.testScriptState === "notRunning" && document.querySelector("h1") && !waits && !moves
        && pictures && figures;
}"""


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """A browser with further options of its command line; without it a test fails rather than pass unseen."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", *options])
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, url: str = "", *, width: int = WIDE, height: int = TALL) -> Iterator[Page]:
    """A page, opened unless `url` is empty, that must ask no other host and report no error."""
    screen: ViewportSize = {"width": width, "height": height}
    opened = browser.new_page(viewport=screen, color_scheme="light", reduced_motion="reduce")
    hosts, errors = note_hosts(opened), list[str]()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if _is_fault(line) else None)
    if url:
        opened.goto(url)
    yield opened
    opened.close()
    assert not errors, errors
    assert "127.0.0.1" in hosts
    assert hosts <= HERE, hosts


def _is_fault(line: ConsoleMessage) -> bool:
    """An error; not a picture replaced before it was fetched, nor that Streamlit looks for its server in vain."""
    where = f"{line.text} {line.location.get('url', '')}"
    return line.type == "error" and "/media/" not in where and "/_stcore/" not in where


def box(part: Locator) -> FloatRect:
    """Where something visible lies on the screen, in pixels."""
    found = part.bounding_box()
    assert found is not None
    return found


def download(button: Locator) -> Download:
    """What a click on a button of a page at rest hands out."""
    at_rest(button.page)
    with button.page.expect_download(timeout=MODEL_MS) as started:
        button.click()
    return started.value


def hand_over(page: Page, files: Sequence[Path], reader: str = "Ann") -> Locator:
    """Drop files on the Worklist; the button that scores them, once the server has them all."""
    page.set_input_files("[class*=st-key-worklist-upload-] input[type=file]", files)
    page.get_by_role("textbox", name="Your name").fill(reader)
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name=f"Score and save {len(files):,} file")
    expect(button).to_be_visible(timeout=MODEL_MS)
    at_rest(page)
    return button


def page_links(page: Page, url: str) -> dict[str, str]:
    """The pages of the navigation, with their addresses.

    Args:
        page: on a wide screen; it is led to the first page.
        url: of the server.
    """
    page.goto(url)
    expect(page.locator("h1")).to_be_visible()
    found: dict[str, str] = page.evaluate(_LINKS)
    assert found, "The navigation has no link."
    return found


def visit(page: Page, title: str) -> None:
    """Go to a page by its link, and wait until it is drawn.

    Args:
        page: of the app, on a wide screen.
        title: of the link.
    """
    page.get_by_test_id("stTopNavLink").get_by_text(title, exact=True).click()
    page.wait_for_url(lambda _: True)
    expect(page).to_have_title(f"{title} · Paediatric chest X-ray")
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until nothing is drawn, loaded, scored or moving any more, twice in a row."""
    for _ in range(2):
        page.wait_for_function(_STILL, timeout=MODEL_MS, polling=100)
        page.wait_for_timeout(150)


def note_hosts(page: Page) -> set[str]:
    """Hosts that the page asks for anything, from now on.

    Args:
        page: not yet led anywhere.

    Returns:
        A set that grows while the page is used.
    """
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.on("websocket", lambda opened: hosts.add(urlsplit(opened.url).hostname or ""))
    return hosts
