"""What a user waits for, in a real Chromium, with the shipped model.

    python -m tests.benchmarks.browser

Process start to first paint, first paint to a ready model, and upload to verdict, warm: 20 JPEGs of 1500 x 1200
pixels, made of the sample composites in other exposures.
"""

from __future__ import annotations

import io
import logging
import statistics
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageEnhance
from playwright.sync_api import Page, expect, sync_playwright

from app.settings import SAMPLES
from tests.browser.serving import CHROMIUM, served

logger = logging.getLogger(__name__)

UPLOADS = 20
MODEL_MS = 60_000
SHOWN_OVERLAY = """() => {
    const image = document.querySelector('img[alt*="with colour where it raised"]');
    return image && image.complete && image.naturalWidth ? image.src : null;
}"""


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
    samples = sorted(SAMPLES.glob("*.png"))
    with Image.open(samples[number % len(samples)]) as sample:
        large = sample.resize((1500, 1200), Image.Resampling.BICUBIC)
    ImageEnhance.Brightness(large).enhance(1.0 - 0.01 * number).save(file, "JPEG")
    before = page.evaluate(f"({SHOWN_OVERLAY})()")
    begun = time.perf_counter()
    page.set_input_files(
        "input[type=file]", {"name": f"scan{number}.jpeg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    )
    # Every 10 ms: Playwright's own retries lie up to a second apart.
    changed = f"before => {{ const now = ({SHOWN_OVERLAY})(); return now !== null && now !== before; }}"
    page.wait_for_function(changed, arg=before, polling=10, timeout=MODEL_MS)
    expect(page.locator(".cx-verdict__word")).to_be_visible()
    return time.perf_counter() - begun


def _ends(times: list[float]) -> tuple[float, float]:
    return min(times), max(times)


if __name__ == "__main__":
    main()
