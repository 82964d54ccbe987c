"""The viewer in a real Chromium: every key and gesture, and that it draws what the server would draw."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from app.services.radiographs import Greys
from app.settings import SAMPLES
from model.artifact import PRETRAINED
from model.overlay import draw_contours, draw_overlay
from model.predictor import Predictor
from model.radiograph import decode
from tests.browser.walking import MODEL_MS, at_rest, box, download, visit, watched
from tests.model.files import FITTING, dicom_file

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SPACING = 0.5, 0.5
"""Millimetres between the rows and columns of the file."""


@pytest.fixture(scope="module")
def film() -> bytes:
    """A composite with pneumonia as a DICOM file."""
    with Image.open(SAMPLES / "composite_pneumonia_2.png") as sample:
        return dicom_file(np.asarray(sample.convert("L")), PixelSpacing=list(SPACING), **FITTING)


@pytest.fixture
def page(browser: Browser, server: str, film: bytes) -> Iterator[Page]:
    with watched(browser, server, height=950) as opened:
        upload(opened, film)
        yield opened


def upload(page: Page, film: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": "film.dcm", "mimeType": "", "buffer": film})
    expect(page.locator(".cx-verdict h2")).to_be_visible(timeout=MODEL_MS)
    expect(page.locator(".viewer[data-drawn]")).to_be_visible()
    at_rest(page)
    page.locator("h1").click()


def drawn(page: Page) -> dict[str, Any]:
    page.wait_for_timeout(60)  # it draws at the next frame
    return json.loads(page.locator(".viewer").get_attribute("data-drawn") or "")  # type: ignore[no-any-return]


def press(page: Page, key: str) -> dict[str, Any]:
    page.keyboard.press(key)
    return drawn(page)


def frame(page: Page) -> Locator:
    return page.locator(".viewer .frame").first


def drag(page: Page, right: float, down: float, *, button: Any = "left") -> dict[str, Any]:
    """From the middle of the film, by shares of its width and height."""
    place = box(frame(page))
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + right * place["width"], y + down * place["height"], steps=4)
    page.mouse.up(button=button)
    return drawn(page)


def pixels(page: Page) -> np.ndarray:
    """What is on the canvas, RGB."""
    url: str = page.locator(".viewer canvas").first.evaluate("canvas => canvas.toDataURL()")
    with Image.open(io.BytesIO(b64decode(url.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.float64)


def test_it_draws_what_the_server_draws(page: Page, film: bytes) -> None:
    radiograph = decode(film)
    heat = Predictor.load(PRETRAINED).predict(radiograph).saliency_map
    assert heat is not None
    greys = Greys(128, 72, inverted=True)
    page.get_by_role("button", name="Adjust").click()
    page.get_by_role("button", name="Dark areas").click()
    press(page, "i")
    for mode, expected in (
        ("Film", np.repeat(greys.apply(radiograph.pixels)[..., None], 3, axis=2)),
        ("Overlay", draw_overlay(greys.apply(radiograph.pixels), heat, opacity=0.45)),
        ("Contours", draw_contours(greys.apply(radiograph.pixels), heat)),
    ):
        page.get_by_role("button", name=mode, exact=True).click()
        assert drawn(page)["mode"] == mode.lower()
        found = pixels(page)
        size = (found.shape[1], found.shape[0])
        whole = np.asarray(Image.fromarray(expected).resize(size, Image.Resampling.BICUBIC), np.float64)
        # Lines are as thick as the screen wants them.
        assert np.abs(found - whole).mean() < (9 if mode == "Contours" else 3), mode


def test_every_key_and_gesture(page: Page, film: bytes) -> None:
    usual = drawn(page)
    assert (usual["mode"], usual["window"], usual["level"], usual["zoom"]) == ("overlay", 256, 128, 1)
    assert [press(page, "h")["mode"] for _ in range(2)] == ["film", "overlay"]
    assert [press(page, "i")["inverted"] for _ in range(2)] == [True, False]
    moved = drag(page, -0.25, 0.1)
    assert moved["window"] == pytest.approx(192, abs=3)
    assert moved["level"] == pytest.approx(154, abs=3)
    assert press(page, "z")["zoom"] == 2
    panned = drag(page, 0.2, -0.1)
    assert (panned["x"], panned["y"]) == (pytest.approx(0.4, abs=0.01), pytest.approx(0.55, abs=0.01))
    assert (panned["window"], panned["level"]) == (moved["window"], moved["level"]), "enlarged, a drag moves the film"
    assert drag(page, 0.1, 0, button="right")["window"] > moved["window"]
    assert drag(page, 9, 9)["x"] == 0.25, "no farther than its edge"
    place = box(frame(page))
    page.mouse.move(place["x"] + 5, place["y"] + 5)
    page.mouse.wheel(0, -400)
    near = drawn(page)
    assert near["zoom"] > 2
    assert near["x"] - 0.5 / near["zoom"] == pytest.approx(0, abs=0.02), "what is below the pointer stays there"
    frame(page).focus()
    assert press(page, "ArrowRight")["x"] > near["x"]
    assert press(page, "-")["zoom"] < near["zoom"]
    assert press(page, "0") == usual
    assert press(page, "+")["zoom"] == 1.25
    frame(page).dblclick()
    assert drawn(page)["zoom"] == 1
    press(page, "r")
    measured = drag(page, 0.25, 0)
    length = f"{0.25 * decode(film).pixels.shape[1] * SPACING[1]:.1f} mm"
    assert measured["length"] == length
    expect(page.get_by_role("status").filter(has_text=length)).to_be_visible()
    assert press(page, "g")["length"] == measured["length"]
    expect(page.get_by_role("slider", name="Window")).to_be_visible()
    press(page, "0")
    press(page, "f")
    page.wait_for_function("document.fullscreenElement !== null")
    assert box(frame(page))["height"] > 800 or box(frame(page))["width"] > 1150
    press(page, "f")
    page.wait_for_function("document.fullscreenElement === null")


def test_what_is_chosen_lasts_and_is_saved_as_it_is_shown(page: Page, film: bytes) -> None:
    page.get_by_role("button", name="Side by side").click()
    press(page, "z")
    canvases = page.locator(".viewer canvas:visible")
    expect(canvases).to_have_count(2)
    assert drawn(page)["shown"] == ["film", "overlay"]
    left, right = (box(canvases.nth(at)) for at in range(2))
    assert left["y"] == right["y"]
    page.get_by_role("button", name="Contours").click()
    press(page, "i")
    page.wait_for_timeout(500)  # told to the page after a pause
    at_rest(page)
    visit(page, "About")
    visit(page, "Predict")
    expect(page.locator(".viewer[data-drawn]")).to_be_visible()
    assert (drawn(page)["mode"], drawn(page)["inverted"]) == ("contours", True)
    page.get_by_text("Heatmap: class", exact=False).click()
    with Image.open(download(page.get_by_role("button", name="Download the overlay")).path()) as picture:
        told = picture.text["Description"]  # type: ignore[attr-defined]
    assert "contour lines" in told
    assert "inverted" in told
    page.get_by_role("button", name="Open another").click()
    before = drawn(page)["subject"]
    upload(page, film[:-1] + bytes([film[-1] ^ 1]))
    expect(page.locator(".viewer")).not_to_have_attribute("data-drawn", re.compile(before))
    assert (drawn(page)["mode"], drawn(page)["inverted"]) == ("contours", False), "grey values belong to one film"
