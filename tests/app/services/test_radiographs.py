"""Films on a page: decoded, drawn with grey values and colours, and saved as files."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from app.services import radiographs
from app.services.radiographs import (
    DISPLAY_SIDE,
    ZOOM_SIDE,
    Greys,
    Look,
    as_jpeg,
    as_png,
    fit,
    keep_uploads_in_memory,
    open_film,
    overlay_file,
    overlay_picture,
)
from model.errors import InputRangeError, RadiographError
from model.overlay import draw_contours, draw_overlay
from tests.app.driving import png
from tests.app.services.predicted import BECAUSE, prediction
from tests.made import made_radiograph

PEAK = np.zeros((7, 7), dtype=np.float32)
PEAK[3, 3] = 2.0
EVERY_GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_as_read_gives_the_pixels_themselves() -> None:
    assert Greys().apply(EVERY_GREY) is EVERY_GREY
    # The formula itself leaves them alone, too: black and white are exchanged and nothing else.
    assert (Greys(inverted=True).apply(EVERY_GREY) == 255 - EVERY_GREY).all()


def test_a_window_is_that_of_the_dicom_standard() -> None:
    shown = Greys(window=101, level=100).apply(EVERY_GREY).ravel()
    # PS3.3 C.11.2.1.2: black up to c - 0.5 - (w-1)/2 = 49.5, white from c - 0.5 + (w-1)/2 = 149.5 on.
    assert (shown[:50] == np.clip(np.round(255 * ((np.arange(50) - 99.5) / 100 + 0.5)), 0, 255)).all()
    assert shown[49] == 0
    assert shown[51] == round(255 * 0.015)
    assert shown[149] == round(255 * 0.995)
    assert (shown[150:] == 255).all()
    assert (np.diff(shown.astype(int)) >= 0).all()


@pytest.mark.parametrize(("window", "level"), [(1, 128), (257, 128), (100, -1), (100, 256)])
def test_a_window_out_of_range_is_refused(window: int, level: int) -> None:
    with pytest.raises(InputRangeError, match="window from 2 to 256"):
        Greys(window, level)


def test_a_look_draws_on_the_grey_values_that_are_shown() -> None:
    scan, influence = made_radiograph(1, pneumonia=True), np.eye(7, dtype=np.float32)
    greys = Greys(window=90, level=150, inverted=True)
    drawn = Look(colours="viridis", greys=greys).draw(scan, influence, 0.6)
    assert (drawn == draw_overlay(greys.apply(scan), influence, opacity=0.6, colours="viridis")).all()
    lines = Look(contours=True, colours="cividis", greys=greys).draw(scan, influence, 0.6)
    assert (lines == draw_contours(greys.apply(scan), influence, colours="cividis")).all()


def test_a_large_picture_is_shrunk_and_a_small_one_left_alone() -> None:
    scan = made_radiograph(1, pneumonia=True, size=(300, 600))
    assert fit(scan, 200).shape == (100, 200)
    assert fit(scan, 600) is scan


def test_files_for_the_browser_keep_colours_in_order() -> None:
    red = np.zeros((64, 64, 3), dtype=np.uint8)
    red[..., 0] = 250
    for file in (as_png(red), as_jpeg(red)):
        with Image.open(io.BytesIO(file)) as picture:
            pixel = picture.convert("RGB").getpixel((30, 30))
        assert isinstance(pixel, tuple)
        assert pixel[0] > 240
        assert max(pixel[1:]) < 12


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


def test_a_large_radiograph_is_shown_small_and_saved_at_full_size() -> None:
    film = open_film(png(pneumonia=True, size=(1500, 2100)))
    assert film.shown.shape == (731, DISPLAY_SIDE)
    assert opened(overlay_picture(film, PEAK, 0.5)).size == (DISPLAY_SIDE, 731)
    full = opened(overlay_file(film, prediction(), PEAK, 0.5))
    assert (full.size, full.mode) == ((2100, 1500), "RGB")
    assert opened(film.large).size == (ZOOM_SIDE, 1143)


def test_a_small_radiograph_is_shown_as_it_is() -> None:
    film = open_film(png(pneumonia=False))
    assert film.shown is film.radiograph.pixels
    assert np.array_equal(np.asarray(opened(film.shown_png)), film.radiograph.pixels)
    assert film.large is film.shown_png


def test_the_pictures_keep_the_order_of_the_colours() -> None:
    film = open_film(png(pneumonia=True))
    shown = np.asarray(opened(overlay_picture(film, PEAK, 0.7)))
    assert np.array_equal(shown, np.asarray(opened(overlay_file(film, prediction(), PEAK, 0.7))))
    peak = shown[112, 112].astype(int)
    assert peak[0] > peak[2], "The strongest influence is yellow, not blue."


@pytest.mark.parametrize(
    ("made", "verdict", "warnings"),
    [
        (prediction(), r"Pneumonia; score 0\.9700, balanced threshold 0\.", 0),
        (
            prediction(indeterminate=True, operating_point="rule_out", threshold=0.22),
            "Indeterminate; .*rule-out .*0.22",
            0,
        ),
        (prediction(accepted=False), "Pneumonia", 1),
    ],
)
def test_a_saved_overlay_says_what_it_is_and_names_no_patient(made: object, verdict: str, warnings: int) -> None:
    film = open_film(png(pneumonia=True), file_name="Doe^Jane.png")
    look = Look(colours="viridis", greys=Greys(window=90))
    text = opened(overlay_file(film, made, PEAK, 0.4, method="Occlusion", look=look)).text  # type: ignore[arg-type]
    assert re.match(verdict, text["Verdict"])
    assert text["Description"] == "Occlusion for Pneumonia, opacity 0.40, viridis, window 90, level 128 for viewing"
    assert "residual" in text["Software"]
    assert BECAUSE in text.get("Warning", BECAUSE)
    assert len({"Warning", "Header warning"} & set(text)) == warnings
    assert "Jane" not in str(text)


def test_a_header_that_does_not_match_is_mentioned_without_what_it_says() -> None:
    film = open_film(png(pneumonia=True))
    assert "Header warning" in opened(overlay_file(film, prediction(), PEAK, 0.4, header_mismatch=True)).text


def test_a_file_that_is_no_radiograph_is_refused_without_its_name() -> None:
    with pytest.raises(RadiographError, match="this file"):
        open_film(b"hello")


def test_the_file_name_stays_out_of_what_is_printed() -> None:
    film = open_film(png(pneumonia=True), file_name="Doe^Jane.png")
    assert film.file_name == "Doe^Jane.png"
    assert "Jane" not in repr(film)


def test_uploads_are_not_spooled_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radiographs.MultiPartParser, "spool_max_size", 1)
    monkeypatch.setattr(radiographs.st, "get_option", lambda _: 100)
    keep_uploads_in_memory()
    assert radiographs.MultiPartParser.spool_max_size > 100 * 1024**2
