"""How long Performance and How it works take, with the shipped model.

    python -m tests.benchmarks.performance_page [--browser] [--root FOLDER]

Server: processor time of a run of the whole page after a move of the threshold or of the prevalence. Browser: processor
time of a move, the time from the message that the slider sends to the last change on the screen, and from opening a
page, warm, to its last chart. `--root` measures another checkout in the browser, to compare with: on a machine that
does other things as well, only the ratio of two runs says something.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from playwright.sync_api import CDPSession, Page
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from tests.benchmarks.timing import PATIENCE_MS, begin, browser, tell, timed
from tests.browser.serving import served

MOVES, VISITS = 12, 5
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
CHARTS = ".st-key-predictive-values .main-svg, .st-key-accuracy .st-key-score-histogram .main-svg"
DRAWN = f"() => document.querySelector({CHARTS!r})"
"""Before November 2026 the tab had more charts, of which predictive values came last."""

READ = """() => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    && document.querySelector("[id^=term-]")
    && [...document.querySelectorAll(".stPlotlyChart")].every(one => one.querySelector(".main-svg"))"""


def main() -> None:
    """Print the times."""
    begin()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout that is served to the browser")
    asked = parser.parse_args()
    if asked.root == ROOT:
        _server()
    if asked.browser:
        _browser(asked.root.resolve())


def _server() -> None:
    alone = f"import streamlit as st\nst.navigation([st.Page({str(PAGE)!r})]).run()"
    page = AppTest.from_string(alone, default_timeout=60).run()
    for key, first, step in (("threshold", 0.11, 0.012), ("prevalence", 3.0, 1.1)):
        sliders = (page.slider(key=key).set_value(round(first + move * step, 3)) for move in range(MOVES))
        tell(f"{key} moved, server, processor time", [timed(slider.run, time.process_time) for slider in sliders])


def _browser(root: Path) -> None:
    with browser() as (chromium, folder), served(folder / "server.log", root=root) as url:
        page = chromium.new_page(viewport={"width": 1280, "height": 2400})
        page.add_init_script(WATCH)
        for name, drawn in (("how_it_works", READ), ("performance", DRAWN)):
            times = [_open(page, f"{url}/{name}", drawn) for _ in range(VISITS + 1)][1:]
            tell(f"/{name} opened, warm, to its last chart", times, 1500)
        page.wait_for_timeout(4 * SETTLED_MS)
        slider = page.get_by_role("slider", name="Threshold")
        slider.focus()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        moved, busy = [], []
        for _ in range(MOVES):
            page.evaluate("window.cxChanged = []")
            before = _busy(devtools)
            slider.press("ArrowRight")
            page.wait_for_timeout(8 * SETTLED_MS)
            moved.append(_settled(page))
            busy.append(_busy(devtools) - before)
        tell("threshold moved, browser, processor time", busy)
        tell("threshold moved, from the slider's message to the last change", moved, 150)


def _open(page: Page, url: str, drawn: str) -> float:
    page.goto("about:blank")

    def run() -> None:
        page.goto(url)
        page.wait_for_function(drawn, polling=10, timeout=PATIENCE_MS)

    return timed(run)


def _busy(devtools: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has used."""
    found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return 1e3 * float(found["TaskDuration"])


def _settled(page: Page) -> float:
    """Milliseconds from the message to the last change before a pause."""
    sent, changed = page.evaluate("[window.cxSent, window.cxChanged]")
    last = sent
    for at in changed:
        if at >= sent:
            if at - last > SETTLED_MS and last > sent:
                break
            last = at
    return float(last - sent)


if __name__ == "__main__":
    main()
