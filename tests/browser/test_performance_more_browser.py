"""Comparing models and one's own labelled images in a real Chromium, on made images."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.app.driving import png
from tests.app.made_models import made_model
from tests.browser.serving import CHROMIUM, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_MS = 240_000
DRAWN_MS = 40_000


@pytest.fixture
def page(trained_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The Performance page with a second model beside the first; errors of the page fail the test."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.", pytrace=False)
    same = made_model(trained_artifact, tmp_path / "same", lambda rows: rows)
    turned = made_model(
        trained_artifact,
        tmp_path / "turned",
        lambda rows: [row | {"probability": f"{1 - float(row['probability']):.6f}"} for row in rows],
    )
    monkeypatch.setenv("CXR_COMPARE", os.pathsep.join([str(same), str(turned)]))
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    errors: list[str] = []
    with served(tmp_path / "server.log", model_dir=trained_artifact) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 2400})
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto(f"{url}/performance")
        yield opened
        browser.close()
    assert errors == []
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "person-" not in log, "A file's name was logged."
    assert not list((tmp_path / "data").rglob("*")), "Something was written."


def test_compare_and_own_data(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click(timeout=MODEL_MS)
    expect(page.get_by_text("nothing to test")).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=DRAWN_MS)
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option").nth(1).click()
    expect(page.get_by_text("disagreements favour")).to_be_visible(timeout=DRAWN_MS)
    _own_data(page)
    _narrow(page)


def _own_data(page: Page) -> None:
    page.get_by_role("tab", name="Your own data").click()
    # The tab first: before it is drawn, it cannot say that the model is warming up.
    expect(page.get_by_test_id("stFileUploader").get_by_text("100MB per file")).to_be_visible(timeout=DRAWN_MS)
    page.wait_for_timeout(2_000)
    expect(page.get_by_text("warming up")).to_have_count(0, timeout=MODEL_MS)
    page.set_input_files("input[type=file]", {"name": "scans.zip", "mimeType": "application/zip", "buffer": _archive()})
    expect(page.get_by_text("scans.zip")).to_be_visible(timeout=DRAWN_MS)
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Score them").click()
    expect(page.get_by_text("What it got wrong")).to_be_visible(timeout=MODEL_MS)
    expect(page.locator(".js-plotly-plot")).to_have_count(4, timeout=DRAWN_MS)
    with page.expect_download() as started:
        page.locator(".st-key-own-images-data button").first.click()
    rows = Path(started.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 9
    assert sum("person-" in row for row in rows) == 8


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for seed in range(4):
            for folder in ("normal", "opacity"):
                data = png(pneumonia=folder == "opacity", seed=300 + seed)
                archive.writestr(f"mine/{folder}/person-{seed}.png", data)
    return file.getvalue()


def _narrow(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 2400})
    expect(page.get_by_text("What it got wrong")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 2400})
