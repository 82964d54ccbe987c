"""How long the Performance page's Accuracy tab takes, with the shipped model.

    python -m tests.benchmarks.performance_page [--browser] [--root FOLDER]

Server: what a move of the threshold, or of the prevalence, makes the server do, from reading the slider to the last
figure written, in processor time, which other programs on the machine stretch little, and by the clock. Browser:
processor time of a move, the time from the message that the slider sends to the last change on the screen, and from
opening the page, warm, to its charts. `--root` measures another checkout in the browser, to compare with.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from tests.browser.serving import CHROMIUM, served

logger = logging.getLogger(__name__)

MOVES = 12
SETTLED_MS = 250
WATCH = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) { window.cxSent = performance.now(); return send.call(this, data); };
window.cxChanged = [];
document.addEventListener("DOMContentLoaded", () => new MutationObserver(
  () => window.cxChanged.push(performance.now())
).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true}));
"""
PAGE = ROOT / "app" / "screens" / "performance" / "page.py"


def main(*, browser: bool, root: Path) -> None:
    """Print the times."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    if root == ROOT:
        _server()
    if browser:
        _browser(root)


def _server() -> None:
    alone = f"import streamlit as st\nst.navigation([st.Page({str(PAGE)!r})]).run()"
    page = AppTest.from_string(alone, default_timeout=60).run()
    for key, values in (("threshold", (0.11, 0.012)), ("prevalence", (3.0, 1.1))):
        processor, clock = [], []
        for move in range(MOVES):
            slider = page.slider(key=key).set_value(round(values[0] + move * values[1], 3))
            begun = time.process_time(), time.perf_counter()
            slider.run()
            processor.append(1e3 * (time.process_time() - begun[0]))
            clock.append(1e3 * (time.perf_counter() - begun[1]))
        logger.info("%s, server, whole page: processor %s; clock %s", key, _in_words(processor), _in_words(clock))


def _browser(root: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1280, "height": 2400})
        page.add_init_script(WATCH)
        with served(Path(folder) / "server.log", root=root) as url:
            opened = [_open(page, f"{url}/performance") for _ in range(6)][1:]
            logger.info("page opened, warm, to its charts: %s", _in_words(opened))
            page.wait_for_timeout(4 * SETTLED_MS)
            slider = page.get_by_role("slider", name="Threshold")
            slider.focus()
            moved, busy = [], []
            devtools = page.context.new_cdp_session(page)
            devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
            for _ in range(MOVES):
                page.evaluate("window.cxChanged = []")
                before = _busy(devtools)
                slider.press("ArrowRight")
                page.wait_for_timeout(8 * SETTLED_MS)
                moved.append(_settled(page))
                busy.append(_busy(devtools) - before)
            logger.info("threshold moved, browser: processor %s", _in_words(busy))
            logger.info("threshold moved, from the slider's message to the last change: %s", _in_words(moved))
        chromium.close()


def _open(page: Page, url: str) -> float:
    """Milliseconds until every chart of the open tab is drawn; before November 2026 the tab had more of them."""
    begun = time.perf_counter()
    page.goto(url)
    last = ".st-key-predictive-values .main-svg, .st-key-accuracy .st-key-score-histogram .main-svg"
    page.wait_for_selector(last, timeout=120_000)
    return 1e3 * (time.perf_counter() - begun)


def _busy(devtools: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has used."""
    found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return 1e3 * float(found["TaskDuration"])


def _settled(page: Page) -> float:
    """Milliseconds from the message to the last change before a pause."""
    sent, changed = page.evaluate("[window.cxSent, window.cxChanged]")
    last = sent
    for at in changed:
        if at < sent:
            continue
        if at - last > SETTLED_MS and last > sent:
            break
        last = at
    return float(last - sent)


def _in_words(times: list[float]) -> str:
    return f"median {statistics.median(times):.0f} ms, {min(times):.0f} to {max(times):.0f}"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    place = Path(arguments[arguments.index("--root") + 1]).resolve() if "--root" in arguments else ROOT
    main(browser="--browser" in arguments, root=place)
