"""The served page in a real Chromium: upload, verdict, opacity, figures; and no request leaves this machine."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from app.settings import SAMPLES
from tests.browser.serving import CHROMIUM, served
from tests.made import made_radiograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = {"127.0.0.1", "localhost"}
MODEL_MS = 60_000
PAINT_MS = 15_000


@dataclass
class Seen:
    """What the browser did.

    Attributes:
        page: the open page.
        url: of the server.
        hosts: to which a request went.
        errors: that the page or its console reported.
    """

    page: Page
    url: str
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def chromium() -> Path:
    """The browser; without it the test fails rather than pass unseen."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.", pytrace=False)
    return CHROMIUM


@pytest.fixture
def server(trained_artifact: Path, tmp_path: Path) -> Iterator[str]:
    """The app with the artifact of the tests."""
    with served(tmp_path / "server.log", model_dir=trained_artifact) as url:
        yield url


@pytest.fixture
def seen(chromium: Path, server: str) -> Iterator[Seen]:
    """A page in Chromium that notes hosts and errors."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1700})
        found = Seen(page, server)
        page.on("request", lambda request: found.hosts.add(urlsplit(request.url).hostname or ""))
        page.on("websocket", lambda socket_: found.hosts.add(urlsplit(socket_.url).hostname or ""))
        page.on("console", lambda line: found.errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        yield found
        browser.close()


def test_upload_verdict_opacity_and_performance(seen: Seen, tmp_path: Path) -> None:
    page = seen.page
    page.goto(seen.url)
    expect(page.locator("h1")).to_be_visible(timeout=PAINT_MS)
    # Dropped at once, while the model is still warming up: the verdict must come by itself.
    page.set_input_files("input[type=file]", {"name": "scan", "mimeType": "", "buffer": _scan()})
    word = page.locator(".cx-verdict__word")
    expect(word).to_have_text(re.compile("^(Normal|Pneumonia|Indeterminate)$"), timeout=MODEL_MS)
    expect(page.locator(".cx-bar")).to_be_visible()
    _other_operating_point(page)
    overlay = page.get_by_role("img", name=re.compile("with colour where it raised"))
    before = overlay.get_attribute("src")
    page.get_by_role("slider", name="Opacity of the overlay").press("End")
    expect(overlay).not_to_have_attribute("src", str(before))
    assert overlay.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300
    _download(page, tmp_path)
    _another_method_and_a_comparison(page)
    page.screenshot(path=tmp_path / "predict.png")
    expect(page).to_have_title(re.compile("^Predict"))
    page.get_by_role("link", name="Performance").click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=PAINT_MS)
    expect(page.locator(".js-plotly-plot")).to_have_count(6)
    expect(page).to_have_title(re.compile("^Performance"))
    page.screenshot(path=tmp_path / "performance.png")
    assert seen.errors == []
    # A "data:" address has no host: an icon within the style sheet.
    assert seen.hosts - {""} <= HERE


def test_the_shipped_model_refuses_a_picture_that_is_upside_down_until_asked(chromium: Path, tmp_path: Path) -> None:
    file = io.BytesIO()
    with Image.open(SAMPLES / "composite_pneumonia_1.png") as sample:
        sample.rotate(180).save(file, "PNG")
    with served(tmp_path / "server.log") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 2400})
        page.goto(url)
        expect(page.locator("h1")).to_be_visible(timeout=PAINT_MS)
        page.set_input_files("input[type=file]", {"name": "scan", "mimeType": "", "buffer": file.getvalue()})
        expect(page.locator(".cx-refusal")).to_contain_text("upside down", timeout=MODEL_MS)
        expect(page.locator(".cx-verdict, .cx-bar, input[type=range]")).to_have_count(0)
        shown = page.get_by_role("img", name="The picture that was refused")
        box = shown.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
        page.get_by_role("button", name="Score it anyway").click()
        expect(page.locator(".cx-verdict__word")).to_have_text(re.compile("^(Normal|Pneumonia|Indeterminate)$"))
        expect(page.locator(".cx-status--warn", has_text="This picture was refused")).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("with colour where it raised.*upside down"))).to_be_visible()
        browser.close()
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "The model is ready" in log
    assert "oneDNN" not in log


def _other_operating_point(page: Page) -> None:
    """With so few validation scans the band of the tests' artifact spans all: the point decides where a scan leans."""
    for title, leans in (("Rule-out", "Pneumonia at the rule-out"), ("Rule-in", "Normal at the rule-in")):
        page.locator(".st-key-operating-point-choice").get_by_text(title, exact=True).click()
        expect(page.locator(".cx-verdict__lean")).to_have_text(f"Leans {leans} operating point")
    expect(page.locator(".cx-bar__band")).to_be_visible()


def _another_method_and_a_comparison(page: Page) -> None:
    """A slow method beside a fast one: progress, then both overlays and a sentence on how far they agree."""
    page.get_by_role("combobox", name=re.compile("Heatmap method")).click()
    page.get_by_role("option", name="Occlusion").click()
    expect(page.get_by_role("img", name=re.compile("The same image.*by Occlusion"))).to_be_visible(timeout=MODEL_MS)
    page.get_by_text("Compare methods", exact=True).click()
    compared = page.get_by_role("img", name=re.compile("^Overlay by"))
    expect(compared).to_have_count(2, timeout=MODEL_MS)
    expect(page.get_by_text(re.compile("agreement between Grad-CAM and Occlusion"))).to_be_visible()
    left, right = (compared.nth(index).bounding_box() for index in range(2))
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]


def _download(page: Page, folder: Path) -> None:
    """The overlay comes at the radiograph's own size."""
    with page.expect_download() as started:
        page.get_by_role("button", name=re.compile("Download the overlay")).click()
    target = folder / "overlay.png"
    started.value.save_as(target)
    with Image.open(target) as picture:
        assert picture.size == (300, 260)


def _scan() -> bytes:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(5, pneumonia=True, size=(260, 300))).save(file, "PNG")
    return file.getvalue()
