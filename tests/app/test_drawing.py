"""How the viewer draws: grey values by hand, colours, and files for the browser."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.services.drawing import Greys, Look, as_jpeg, as_png, fit
from model.errors import InputRangeError
from model.overlay import COLOUR_MAPS, draw_contours, draw_overlay
from tests.made import made_radiograph

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


@pytest.mark.parametrize("colours", COLOUR_MAPS)
@pytest.mark.parametrize("contours", [False, True])
def test_the_legend_shows_the_colours_that_are_drawn_from_dark_to_light(colours: str, *, contours: bool) -> None:
    legend = Look(contours=contours, colours=colours).legend()
    light = [sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) for colour in legend]
    assert light == sorted(light)
    assert len(legend) == (3 if contours else 18)


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
