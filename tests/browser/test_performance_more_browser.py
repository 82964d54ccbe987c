"""Comparing models and one's own labelled images in a real Chromium, on made images."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.driving import png, zipped
from tests.app.made_models import made_model
from tests.browser.serving import served
from tests.browser.walking import MODEL_MS, NARROW, TALL, WIDE, at_rest, download, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(browser: Browser, trained_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The Performance page with a second model beside the first."""
    same = made_model(trained_artifact, tmp_path / "same", lambda rows: rows)
    turned = made_model(
        trained_artifact,
        tmp_path / "turned",
        lambda rows: [row | {"probability": f"{1 - float(row['probability']):.6f}"} for row in rows],
    )
    monkeypatch.setenv("CXR_COMPARE", os.pathsep.join([str(same), str(turned)]))
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with (
        served(tmp_path / "server.log", model_dir=trained_artifact) as url,
        watched(browser, f"{url}/performance") as opened,
    ):
        yield opened
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "person-" not in log, "A file's name was logged."
    assert not list((tmp_path / "data").rglob("*")), "Something was written."


def test_compare_and_own_data(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click(timeout=MODEL_MS)
    expect(page.get_by_text("nothing to test")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option").nth(1).click()
    expect(page.get_by_text("disagreements favour")).to_be_visible()
    _own_data(page)
    _narrow(page)


def _own_data(page: Page) -> None:
    page.get_by_role("tab", name="Your own data").click()
    # The tab first: before it is drawn, it cannot say that the model is warming up.
    expect(page.get_by_test_id("stFileUploader").get_by_text("100MB per file")).to_be_visible()
    at_rest(page)
    expect(page.get_by_text("warming up")).to_have_count(0, timeout=MODEL_MS)
    folders = ("normal", "opacity")
    archive = zipped(
        {
            f"mine/{folder}/person-{seed}.png": png(pneumonia=folder == "opacity", seed=300 + seed)
            for seed, folder in product(range(4), folders)
        }
    )
    page.set_input_files("input[type=file]", {"name": "scans.zip", "mimeType": "application/zip", "buffer": archive})
    expect(page.get_by_test_id("stFileUploader").get_by_text("scans.zip")).to_be_visible()
    expect(page.get_by_test_id("stFileUploader").get_by_role("progressbar")).to_have_count(0)
    at_rest(page)
    page.get_by_role("button", name="Score them").click()
    expect(page.get_by_text("What it got wrong")).to_be_visible(timeout=MODEL_MS)
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    table = download(page.locator(".st-key-own-images-data button").first)
    rows = table.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 9
    assert sum("person-" in row for row in rows) == 8


def _narrow(page: Page) -> None:
    page.set_viewport_size({"width": NARROW, "height": TALL})
    expect(page.get_by_text("What it got wrong")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": WIDE, "height": TALL})
