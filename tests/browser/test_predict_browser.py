"""Predict in a real Chromium: what is on the first screen, keys, zoom, downloads, a phone, the keyboard alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from app.settings import SAMPLES
from model.artifact import PRETRAINED, read_manifest
from tests.app.reports.reading import text_of, told
from tests.browser.walking import MODEL_MS, NARROW, at_rest, box, download, watched
from tests.made import made_radiograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = re.compile(r"^(Normal|Pneumonia|Indeterminate)$")
MOST_WORDS = 250
FOCUS = """() => {
    const one = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
    return one.ariaLabel || one.textContent.trim();
}"""


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """The page at a desk."""
    with watched(browser, server, height=900) as opened:
        expect(opened.locator("h1")).to_be_visible()
        yield opened


def heading(page: Page) -> Locator:
    return page.locator(".cx-verdict h2")


def film(page: Page) -> Locator:
    return page.locator(".st-key-film canvas").first


def scan() -> FilePayload:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(5, pneumonia=True, size=(260, 300))).save(file, "PNG")
    return {"name": "Doe^Jane.png", "mimeType": "", "buffer": file.getvalue()}


def take(page: Page, sample: str) -> None:
    page.get_by_role("button", name=sample).click()
    expect(heading(page)).to_be_visible(timeout=MODEL_MS)
    at_rest(page)


def test_the_first_screen_a_slow_method_and_the_overlay_to_keep(page: Page) -> None:
    # At once, while the model is perhaps still loading: the verdict comes by itself.
    page.set_input_files("input[type=file]", SAMPLES / "composite_pneumonia_2.png")
    expect(heading(page)).to_have_text("Pneumonia", timeout=MODEL_MS)
    at_rest(page)
    for part in (film(page), page.locator(".cx-verdict"), page.locator(".cx-bar")):
        assert box(part)["y"] + box(part)["height"] <= 900
    assert max(box(film(page))["width"], box(film(page))["height"]) >= 560
    assert len(page.get_by_test_id("stMain").inner_text().split()) <= MOST_WORDS
    page.get_by_text("Heatmap: class", exact=False).click()
    with (
        Image.open(download(page.get_by_role("button", name="Download the overlay")).path()) as picture,
        Image.open(SAMPLES / "composite_pneumonia_2.png") as sample,
    ):
        assert picture.size == sample.size
    at_rest(page)
    page.get_by_role("combobox", name=re.compile("Heatmap method")).click()
    page.get_by_role("option", name="SmoothGrad").click()
    expect(page.get_by_role("img", name=re.compile("by SmoothGrad"))).to_be_visible(timeout=MODEL_MS)
    at_rest(page)
    page.get_by_text("Compare methods", exact=True).click()
    compared = page.get_by_role("img", name=re.compile("^(SmoothGrad|Grad-CAM)[^:]*:"))
    expect(compared).to_have_count(2, timeout=MODEL_MS)
    at_rest(page)
    left, right = (box(compared.nth(index)) for index in range(2))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]


def test_a_phone_shows_film_and_verdict_first_and_a_wrong_picture_is_one_click(browser: Browser, server: str) -> None:
    page = browser.new_page(viewport={"width": NARROW, "height": 844}, reduced_motion="reduce", has_touch=True)
    page.goto(server)
    expect(page.locator("h1")).to_be_visible()
    page.set_input_files("input[type=file]", SAMPLES / "refused" / "upside_down.png")
    expect(page.get_by_role("alert").filter(has_text="upside down")).to_be_visible(timeout=MODEL_MS)
    expect(page.locator(".cx-verdict, .cx-bar")).to_have_count(0)
    page.get_by_role("button", name="Turn upright and score").click()
    expect(heading(page)).to_have_text("Normal")
    expect(page.get_by_role("alert").filter(has_text="upright")).to_be_visible()
    page.get_by_role("button", name="Open another").click()
    take(page, "Pneumonia 2")
    expect(page.get_by_role("button", name="Normal 1")).to_have_count(0)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    assert box(film(page))["y"] + box(film(page))["height"] <= 844
    order = [box(part)["y"] for part in (page.locator(".cx-verdict"), page.locator(".st-key-heatmap-detail"))]
    assert order[0] < min(844, order[1])
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.close()


def on_paper(film: Image.Image) -> Image.Image:
    """On a page whose grain keeps it from being cut off as an even border."""
    grain = np.random.default_rng(0).normal(200, 4, (film.height + 320, film.width + 320))
    page = Image.fromarray(grain.astype(np.uint8))
    page.paste(film, (160, 160))
    return page


@pytest.mark.parametrize(
    ("button", "recorded", "wrong"),
    [
        ("Invert and score", "inverted black and white", ImageOps.invert),
        ("Crop to the film and score", "cut off the border", on_paper),
    ],
)
def test_a_correction_is_one_click_and_is_recorded(
    page: Page, button: str, recorded: str, wrong: Callable[[Image.Image], Image.Image]
) -> None:
    file = io.BytesIO()
    with Image.open(SAMPLES / "composite_normal_1.png") as sample:
        wrong(sample.convert("L")).save(file, "PNG")
    page.set_input_files("input[type=file]", {"name": "film.png", "mimeType": "image/png", "buffer": file.getvalue()})
    page.get_by_role("button", name=button).click(timeout=MODEL_MS)
    expect(heading(page)).to_have_text("Normal", timeout=MODEL_MS)
    expect(page.get_by_role("alert").filter(has_text=recorded)).to_be_visible()


def test_the_demo_over_an_upload_and_the_report(page: Page) -> None:
    page.set_input_files("input[type=file]", scan())
    expect(page.get_by_role("button", name=re.compile("Score it anyway|Open another")).first).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Open another").click()
    page.get_by_role("button", name="Guided demo").click()
    large, size = page.get_by_role("button", name="Large"), "getComputedStyle(document.documentElement).fontSize"
    large.click()
    page.wait_for_function("document.fullscreenElement !== null")
    assert page.evaluate(size) == "22px"
    at_rest(page)
    large.click()
    page.wait_for_function("document.fullscreenElement === null")
    assert page.evaluate(size) == "16px"
    at_rest(page)
    for word in ("Normal", "Pneumonia", "Indeterminate"):
        expect(heading(page)).to_have_text(word, timeout=MODEL_MS)
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert").filter(has_text="upside down")).to_be_visible()
    expect(page.locator(".cx-verdict")).to_have_count(0)
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
        at_rest(page)
    expect(page.locator(".cx-icons")).to_be_visible()
    page.get_by_role("button", name="Leave the demo").click()
    expect(page.get_by_text("Doe^Jane.png", exact=True).first).to_be_visible()
    at_rest(page)
    if page.locator(".cx-verdict").count() == 0:
        page.get_by_role("button", name="Score it anyway").click()
    expect(heading(page)).to_have_text(WORDS)
    word = heading(page).inner_text()
    page.get_by_text("Report and saving", exact=True).click()
    # The reference typed last and the click that makes the report reach the server together.
    page.get_by_role("textbox", name="Case reference (optional)").fill("ward-3_17")
    page.get_by_role("button", name="Make the PDF report").click()
    report = download(page.get_by_role("button", name="Download report ward-3_17")).path()
    assert re.search(r"Pages:\s+1\b", told("pdfinfo", report))
    text, manifest = text_of(report), read_manifest(PRETRAINED)
    for part in (word, "ward-3_17", manifest.model_version, manifest.weights_sha256):
        assert part in text
    assert "Doe" not in text


def test_the_main_job_by_keyboard_alone(page: Page) -> None:
    at_rest(page)
    _tab_to(page, "Pneumonia 2")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Pneumonia", timeout=MODEL_MS)
    at_rest(page)
    _choose(page, "Film", "Contours")
    expect(page.get_by_role("img", name=re.compile("with lines that mark evidence for Pneumonia"))).to_be_visible()
    _choose(page, "Rule-out", "Rule-in")
    expect(page.locator(".cx-bar")).to_contain_text("rule-in")
    _tab_to(page, "What the score means")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("operating point"), exact=False).first).to_be_visible()


def _tab_to(page: Page, name: str, *, most: int = 60) -> None:
    _press_until(page, "Tab", name, most)


def _choose(page: Page, first: str, name: str) -> None:
    """Choose one of several: Tab to the first, then arrows and the space bar."""
    page.locator("h1").click()
    _tab_to(page, first)
    _press_until(page, "ArrowRight", name, 5)
    page.keyboard.press("Space")
    at_rest(page)


def _press_until(page: Page, key: str, name: str, most: int) -> None:
    for _ in range(most):
        page.keyboard.press(key)
        # A folded part's heading begins with the name of its icon; the viewer keeps its own focus.
        if page.evaluate(FOCUS).endswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with the {key} key.")
