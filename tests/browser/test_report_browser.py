"""The PDF report of the Predict page, downloaded by a real Chromium and read with poppler's tools."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from model.artifact import PRETRAINED, read_manifest
from tests.app.reports.reading import text_of, told
from tests.browser.serving import CHROMIUM, served
from tests.made import made_radiograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_MS = 240_000
PAINT_MS = 90_000


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The Predict page with the shipped model, whose version and checksum the report must name."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.", pytrace=False)
    with served(tmp_path / "server.log") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 1700})
        opened.goto(url)
        yield opened
        browser.close()
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "Doe" not in log


def test_the_report_of_what_is_on_the_page(page: Page, tmp_path: Path) -> None:
    manifest = read_manifest(PRETRAINED)
    page.get_by_role("button", name="Pneumonia 1").click(timeout=MODEL_MS)
    expect(page.locator(".cx-verdict")).to_be_visible(timeout=MODEL_MS)
    verdict = page.locator(".cx-verdict__word").inner_text()
    text = _made(page, "Download report S-", tmp_path)
    for part in (f"The model’s verdict: {verdict}", f"Model: {manifest.model_version}", manifest.weights_sha256):
        assert part in text
    assert "A composite sample that shows nobody" in text
    assert "Unverified AI result" in text
    # The reference typed last and the click that makes the report reach the server together.
    page.get_by_role("textbox", name="Case reference (optional)").fill("ward-3_17")
    assert "Case: ward-3_17." in _made(page, "Download report ward-3_17", tmp_path)
    page.get_by_role("textbox", name="Case reference (optional)").fill("Doe, Jane")
    page.get_by_role("button", name="Make the PDF report").click()
    expect(page.get_by_text("The report was not made.")).to_be_visible(timeout=PAINT_MS)
    expect(page.get_by_role("button", name="Download report")).to_have_count(0)


def test_a_picture_that_was_scored_anyway_carries_its_warning(page: Page, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(1, pneumonia=True, size=(400, 360))[::-1].copy()).save(file, "PNG")
    chosen = {"name": "Doe^Jane.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.set_input_files(".st-key-upload-0 input[type=file]", chosen)
    page.get_by_role("button", name="Score it anyway").click(timeout=MODEL_MS)
    expect(page.locator(".cx-verdict")).to_be_visible(timeout=PAINT_MS)
    text = _made(page, "Download report S-", tmp_path)
    assert "Warning of the input check" in text
    assert "(on a picture that was refused)" in text
    assert "Doe" not in text


def _made(page: Page, button: str, folder: Path) -> str:
    page.get_by_role("button", name="Make the PDF report").click()
    download = page.get_by_role("button", name=button)
    expect(download).to_be_visible(timeout=PAINT_MS)
    with page.expect_download() as started:
        download.click()
    started.value.save_as(folder / "report.pdf")
    assert "Pages:           1" in told("pdfinfo", folder / "report.pdf")
    return text_of(folder / "report.pdf")
