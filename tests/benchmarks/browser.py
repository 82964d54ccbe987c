"""What a user waits for, in a real Chromium, with the shipped model.

    python -m tests.benchmarks.browser

Process start to first paint, first paint to a ready model, and upload to verdict, warm: 20 made scans of 1500 x 1200
pixels as JPEG.
"""

from __future__ import annotations

import io
import logging
import re
import statistics
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.serving import CHROMIUM, served
from tests.made import made_radiograph

logger = logging.getLogger(__name__)

UPLOADS = 20
MODEL_MS = 60_000


def main() -> None:
    """Print the three times."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1700})
        begun = time.perf_counter()
        with served(Path(folder) / "server.log") as url:
            page.goto(url)
            expect(page.locator("h1")).to_be_visible()
            logger.info("start of the server to first paint: %.1f s", time.perf_counter() - begun)
            _upload(page, 0)
            logger.info("start of the server to first verdict: %.1f s", time.perf_counter() - begun)
            times = [_upload(page, number) for number in range(1, UPLOADS + 1)]
        browser.close()
    logger.info("upload to verdict, warm: median %.2f s, %.2f to %.2f s", statistics.median(times), *_ends(times))


def _upload(page: Page, number: int) -> float:
    """Seconds from handing the file over to its own verdict and overlay being there."""
    file = io.BytesIO()
    Image.fromarray(made_radiograph(number, pneumonia=bool(number % 2), size=(1200, 1500))).save(file, "JPEG")
    images = page.get_by_role("img", name=re.compile("with colour where it raised"))
    before = images.get_attribute("src") if number else None
    begun = time.perf_counter()
    page.set_input_files(
        "input[type=file]", {"name": f"scan{number}.jpeg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    )
    if before is not None:
        expect(images).not_to_have_attribute("src", before, timeout=MODEL_MS)
    expect(page.locator(".cx-verdict__word")).to_be_visible(timeout=MODEL_MS)
    expect(images).to_be_visible(timeout=MODEL_MS)
    return time.perf_counter() - begun


def _ends(times: list[float]) -> tuple[float, float]:
    return min(times), max(times)


if __name__ == "__main__":
    main()
