"""What a user waits for on Predict, with the shipped model: `python -m tests.benchmarks.browser`.

Start of the server to first paint and to first verdict; then upload to verdict, warm, of 1,000 to 1,500 pixels.
"""

from __future__ import annotations

import json
import time

from playwright.sync_api import FilePayload, Page, expect

from tests.benchmarks.timing import PATIENCE_MS, answer, begin, browser, logger, made_jpegs, tell
from tests.browser.serving import served

UPLOADS = 20
FILM = """() => {
    const host = [...document.querySelectorAll(".st-key-film *")].find(one => one.shadowRoot);
    const drawn = host?.shadowRoot.querySelector(".viewer")?.dataset.drawn;
    return drawn && document.querySelector(".cx-verdict h2") ? JSON.parse(drawn).subject : null;
}"""


def main() -> None:
    """Print the times."""
    begin()
    with browser() as (chromium, folder):
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        begun = time.perf_counter()
        with served(folder / "server.log") as url:
            page.goto(url)
            expect(page.locator("h1")).to_be_visible(timeout=PATIENCE_MS)
            logger.info("start of the server to first paint: %.1f s", time.perf_counter() - begun)
            first, *others = made_jpegs(UPLOADS + 1)
            _upload(page, "0", first)
            logger.info("start of the server to first verdict: %.1f s", time.perf_counter() - begun)
            tell("upload to verdict, warm", [_upload(page, str(at), data) for at, data in enumerate(others, 1)], 1000)


def _upload(page: Page, name: str, data: bytes) -> float:
    file: FilePayload = {"name": f"{name}.jpeg", "mimeType": "image/jpeg", "buffer": data}
    before = page.evaluate(FILM)
    changed = f"() => {{ const film = ({FILM})(); return film !== null && film !== {json.dumps(before)}; }}"
    if not page.locator("input[type=file]").count():
        page.get_by_role("button", name="Open another").click()
        page.locator("input[type=file]").wait_for(state="attached")
    return answer(page, lambda: page.set_input_files("input[type=file]", file), changed)


if __name__ == "__main__":
    main()
