"""The viewer in a real Chromium: linked zoom, stacking on a phone, the keyboard alone, and the demo over an upload."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app import wording
from tests.made import made_radiograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_MS = 120_000
PAINT_MS = 15_000

RANGES = """name => {
    // While Streamlit draws the figure anew there is none.
    const layout = document.querySelector(`.st-key-zoom-${name} .js-plotly-plot`)?.layout;
    if (!layout?.xaxis2) return null;
    return [layout.xaxis.range, layout.yaxis.range, layout.xaxis2.range, layout.yaxis2.range];
}"""


def opened(browser: Browser, url: str, width: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 2600})
    page.goto(url)
    expect(page.locator("h1")).to_be_visible(timeout=PAINT_MS)
    return page


def take_sample(page: Page) -> None:
    page.get_by_role("button", name="Pneumonia 2").click()
    expect(page.locator(".cx-verdict__word")).to_have_text("Pneumonia", timeout=MODEL_MS)


def zoom(page: Page) -> None:
    page.get_by_text(wording.GREYS_TITLE, exact=True).click()
    page.get_by_text("Zoom and move", exact=True).click()


def ranges(page: Page, name: str) -> list[list[float]]:
    found: Any = page.wait_for_function(RANGES, arg=name).json_value()
    return [[float(end) for end in one] for one in found]


def test_both_pictures_zoom_together_and_keep_the_part_while_colours_change(browser: Browser, server: str) -> None:
    page = opened(browser, server, 1280)
    take_sample(page)
    zoom(page)
    figure = page.locator(".st-key-zoom-wide .js-plotly-plot")
    expect(figure).to_be_visible(timeout=PAINT_MS)
    expect(page.locator(".st-key-zoom-narrow .js-plotly-plot")).to_be_hidden()
    expect(page.get_by_role("figure", name=re.compile("The same image with colour where it raised"))).to_have_count(1)
    whole = ranges(page, "wide")
    box = figure.bounding_box()
    assert box is not None
    # The wheel over the left picture.
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.55)
    page.mouse.wheel(0, -400)
    page.wait_for_function(
        f"before => {{ const now = ({RANGES})('wide'); return now && now[0][1] - now[0][0] < before; }}",
        arg=whole[0][1] - whole[0][0],
    )
    near = ranges(page, "wide")
    assert near[0] == pytest.approx(near[2])
    assert near[1] == pytest.approx(near[3])
    page.get_by_text("Lower left", exact=True).click()
    expect(figure).to_have_count(1, timeout=PAINT_MS)  # the old one may stay for a moment beside the new
    near_ends = "Math.abs(x[0]) < 1 && Math.abs(y[1] - 0.45 * 224) < 1"
    lower_left = f"() => {{ const [x, y] = ({RANGES})('wide') ?? []; return x && {near_ends}; }}"
    page.wait_for_function(lower_left)
    source = "() => document.querySelector('.st-key-zoom-wide .js-plotly-plot')?.data?.[1]?.source"
    before = page.evaluate(source)
    page.get_by_role("slider", name="Opacity of the overlay").press("End")
    page.wait_for_function(f"before => {{ const now = ({source})(); return now && now !== before; }}", arg=before)
    page.wait_for_function(lower_left)
    page.close()


def test_on_a_phone_the_two_stack(browser: Browser, server: str) -> None:
    page = opened(browser, server, 390)
    take_sample(page)
    zoom(page)
    figure = page.locator(".st-key-zoom-narrow .js-plotly-plot")
    expect(figure).to_be_visible(timeout=PAINT_MS)
    expect(page.locator(".st-key-zoom-wide .js-plotly-plot")).to_be_hidden()
    first, second = (figure.locator(f".{name} image").first.bounding_box() for name in ("xy", "x2y2"))
    assert first is not None
    assert second is not None
    assert second["y"] > first["y"] + first["height"] / 2
    assert abs(first["x"] - second["x"]) < 3
    assert first["x"] + first["width"] <= 391
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_the_main_job_by_keyboard_alone(browser: Browser, server: str) -> None:
    page = opened(browser, server, 1280)
    expect(page.get_by_role("button", name="Pneumonia 2")).to_be_visible(timeout=PAINT_MS)
    _tab_to(page, "Pneumonia 2")
    page.keyboard.press("Enter")
    expect(page.locator(".cx-verdict__word")).to_have_text("Pneumonia", timeout=MODEL_MS)
    _choose(page, "Operating point", "Rule-in")
    expect(page.locator(".cx-verdict")).to_contain_text("the rule-in operating point")
    _choose(page, "View", "Contours")
    expect(page.get_by_role("img", name=re.compile("with lines around places where it raised"))).to_be_visible()
    _tab_to(page, wording.GREYS_TITLE)
    page.keyboard.press("Enter")
    _tab_to(page, "Zoom and move")
    page.keyboard.press("Space")
    expect(page.locator(".st-key-zoom-wide .js-plotly-plot")).to_be_visible(timeout=PAINT_MS)
    width = (
        "() => { const [a, b] = document.querySelector('.st-key-zoom-wide .js-plotly-plot')?.layout?.xaxis?.range"
        " ?? [0, Infinity];"
    )
    before = page.evaluate(f"{width} return b - a; }}")
    _tab_to(page, "Zoom in")
    page.keyboard.press("Enter")
    page.wait_for_function(
        f"before => {{ const now = ({width} return b - a; }})(); return now < before; }}", arg=before
    )
    page.close()


def test_the_demo_over_an_upload(browser: Browser, server: str) -> None:
    page = opened(browser, server, 1280)
    file = io.BytesIO()
    Image.fromarray(made_radiograph(5, pneumonia=True, size=(260, 300))).save(file, "PNG")
    page.set_input_files("input[type=file]", {"name": "mine.png", "mimeType": "", "buffer": file.getvalue()})
    expect(page.get_by_text("Shown below: mine.png")).to_be_visible(timeout=MODEL_MS)
    page.get_by_role("button", name="Guided demo").click()
    words = ("Normal", "Pneumonia")
    for number, word in enumerate(words, start=1):
        expect(page.locator(".cx-demo")).to_contain_text(wording.step_line(number, 3))
        expect(page.locator(".cx-verdict__word")).to_have_text(word, timeout=MODEL_MS)
        page.get_by_role("button", name="Next").click()
    expect(page.locator(".cx-refusal")).to_contain_text("upside down")
    expect(page.locator(".cx-verdict")).to_have_count(0)
    page.get_by_role("button", name="Leave the demo").click()
    expect(page.get_by_text("Shown below: mine.png")).to_be_visible()
    expect(page.locator(".cx-demo")).to_have_count(0)
    # The uploader stays empty, and that does not take the radiograph away.
    page.wait_for_timeout(1000)
    expect(page.get_by_text("Shown below: mine.png")).to_be_visible()
    page.close()


def _tab_to(page: Page, name: str, *, most: int = 90) -> None:
    """Press Tab until the control of a name has the focus."""
    _press_until(page, "Tab", name, most)


def _choose(page: Page, group: str, name: str) -> None:
    """Choose one of several: Tab to the group, past its help, then arrows and the space bar."""
    _tab_to(page, f"Help for {group}")
    page.keyboard.press("Tab")
    _press_until(page, "ArrowRight", name, 5)
    page.keyboard.press("Space")


def _press_until(page: Page, key: str, name: str, most: int) -> None:
    for _ in range(most):
        page.keyboard.press(key)
        focus = "const one = document.activeElement; return one.ariaLabel || one.textContent.trim();"
        # A folded part's heading begins with the name of its icon.
        if page.evaluate(f"() => {{ {focus} }}").endswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with the {key} key.")
