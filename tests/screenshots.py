"""Pictures of every page for README, with the composites of `assets/samples` only.

    python -m tests.screenshots [--output assets/screenshots]

Starts the app on a free port with a data folder of its own. Pages are found by the navigation; what is done on a page
before its picture is taken stands in `SCENES`, and a page that is not named there is taken as it opens. Needs Debian's
Chromium, as the browser tests do. The same app gives the same names, so that old pictures are replaced.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.settings import ROOT, SAMPLES
from tests.browser.serving import CHROMIUM, served
from tests.browser.walking import MODEL_MS, WIDE, at_rest, hand_over, page_links, visit

logger = logging.getLogger(__name__)

FOLDER = ROOT / "assets" / "screenshots"
MOST_BYTES, MOST_BYTES_TOGETHER = 200_000, 1_500_000
"""Of one picture, and of all."""


@dataclass(frozen=True)
class Scene:
    """One picture of a page.

    Attributes:
        name: of the file, without its ending.
        prepare: what is done on the page first.
        height: of the window, pixels.
        scheme: "light" or "dark".
    """

    name: str
    prepare: Callable[[Page], None] = lambda _: None
    height: int = 1000
    scheme: str = "light"


def _verdict(page: Page) -> None:
    page.get_by_role("button", name="Pneumonia 2").click()
    expect(page.locator(".cx-verdict")).to_be_visible(timeout=MODEL_MS)


def _refusal(page: Page) -> None:
    page.set_input_files("[class*=st-key-upload-] input[type=file]", SAMPLES / "refused" / "upside_down.png")
    expect(page.get_by_role("button", name="Score it anyway")).to_be_visible(timeout=MODEL_MS)


def _list(page: Page) -> None:
    """Every composite scored and saved, three of them reviewed; nothing is done where that was done before."""
    if page.locator(".cx-case").count():
        return
    hand_over(page, sorted(SAMPLES.glob("*.png")), "Dr Example").click()
    expect(page.get_by_role("button", name="Clear and add more")).to_be_visible(timeout=MODEL_MS)
    page.get_by_role("button", name="Clear and add more").click()
    at_rest(page)
    _open_first(page)
    for verdict in ("Agree", "Agree", "Disagree"):
        _review(page, verdict)
    page.get_by_role("button", name="Back to the list").click()


def _review(page: Page, verdict: str) -> None:
    """Judge the case that is open and go on; an indeterminate one decides nothing, so it is given a label."""
    answer = page.get_by_role("button", name=re.compile(f"^{verdict}"))
    label = page.get_by_role("button", name=re.compile("^Normal"))
    (answer if answer.count() else label).first.click()
    at_rest(page)
    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_text(re.compile("Review of case .* saved"))).to_be_visible()
    at_rest(page)


def _case(page: Page) -> None:
    _list(page)
    at_rest(page)
    _open_first(page)


def _open_first(page: Page) -> None:
    page.locator("[class*=st-key-open-C-] button").first.click()
    expect(page.get_by_role("heading", name=re.compile("^Case C-"))).to_be_visible()
    at_rest(page)


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    at_rest(page)


SCENES: dict[str, tuple[Scene, ...]] = {
    "Predict": (
        Scene("predict", _verdict, height=950),
        Scene("predict-dark", _verdict, height=950, scheme="dark"),
        Scene("predict-refused", _refusal, height=850),
    ),
    "Worklist": (
        Scene("worklist", _list, height=1150),
        Scene("worklist-case", _case, height=1150),
    ),
    "Performance": (
        Scene("performance", height=1200),
        Scene("performance-compare", lambda page: _tab(page, "Compare"), height=1200, scheme="dark"),
        Scene("performance-heatmap", lambda page: _tab(page, "Heatmap"), height=1200),
    ),
    "How it works": (Scene("how-it-works", height=1200),),
    "About": (Scene("about", height=1000),),
}
"""What is taken of the pages that are known, by their titles."""


def scenes(title: str) -> tuple[Scene, ...]:
    """What is taken of a page.

    Args:
        title: of the page's link.
    """
    return SCENES.get(title) or (Scene(re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")),)


def compact(png: bytes) -> bytes:
    """A screenshot in as few bytes as it stays readable in.

    Args:
        png: a PNG file.

    Returns:
        A WebP file: without loss where that is small enough, which a page without radiographs is. Never a palette,
        which would cut a colour map into steps.

    Raises:
        ValueError: if it cannot be made small enough; take less of the page.
    """
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    tried = [_webp(picture, lossless=True), *(_webp(picture, quality=quality) for quality in (92, 80))]
    small = [one for one in tried if len(one) <= MOST_BYTES]
    if not small:
        raise ValueError(f"A screenshot of {picture.size} takes {len(tried[-1]):,} bytes; at most {MOST_BYTES:,} fit.")
    return small[0]


def _webp(picture: Image.Image, **options: int | bool) -> bytes:
    file = io.BytesIO()
    picture.save(file, "WEBP", method=6, **options)
    return file.getvalue()


def take(browser: Browser, url: str, output: Path) -> list[Path]:
    """Take every page.

    Args:
        browser: to take them in.
        url: of the app, on an empty database.
        output: folder that the pictures go to.

    Returns:
        The files, in the order of the navigation.

    Raises:
        ValueError: if a picture cannot be made small enough.
    """
    page = browser.new_page(viewport={"width": WIDE, "height": 1000})
    titles = list(page_links(page, url))
    page.close()
    written: list[Path] = []
    for title, scene in [(known, scene) for known in titles for scene in scenes(known)]:
        page = browser.new_page(
            viewport={"width": WIDE, "height": scene.height},
            color_scheme="dark" if scene.scheme == "dark" else "light",
            reduced_motion="reduce",
            timezone_id="UTC",
            locale="en-GB",
        )
        page.goto(url)
        visit(page, title)
        scene.prepare(page)
        at_rest(page)
        page.mouse.move(0, 0)
        page.evaluate("() => document.activeElement?.blur()")
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        page.wait_for_timeout(400)
        file = compact(page.screenshot(animations="disabled", caret="hide"))
        page.close()
        written.append(output / f"{scene.name}.webp")
        written[-1].write_bytes(file)
        logger.info("%s: %d kB", written[-1].name, len(file) // 1000)
    return written


def main() -> None:
    """Take the pictures into the folder that is named."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder that the pictures go to")
    output: Path = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"CXR_DATA_DIR": str(Path(folder) / "data"), "CXR_KEEP_PIXELS": "on"}
        os.environ.pop("DATABASE_URL", None)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        with served(Path(folder) / "server.log") as url:
            written = take(browser, url, output)
        browser.close()
    together = sum(file.stat().st_size for file in written)
    most = MOST_BYTES_TOGETHER // 1000
    logger.info("%d pictures, %d kB together; at most %d kB fit.", len(written), together // 1000, most)


if __name__ == "__main__":
    main()
