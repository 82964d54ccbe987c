from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model.errors import InputRangeError
from model.overlay import COLOUR_MAPS, colour_scale, contour_colours, draw_contours, draw_overlay, enlarge
from model.saliency import normalise

NOISE = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)


def test_a_map_of_zeros_or_no_opacity_shows_the_scan() -> None:
    zeros, grey = np.zeros((7, 7), dtype=np.float32), np.repeat(NOISE[..., np.newaxis], 3, axis=2)
    assert not normalise(zeros).any()
    assert not enlarge(zeros, 90, 70).any()
    assert np.array_equal(draw_overlay(NOISE, zeros, opacity=1.0), grey)
    assert np.array_equal(draw_overlay(NOISE, np.ones((7, 7), np.float32), opacity=0.0), grey)
    assert np.array_equal(draw_contours(NOISE, zeros), grey)


def test_overlay_is_mapped_onto_the_whole_scan() -> None:
    saliency_map = np.zeros((4, 4), dtype=np.float32)
    saliency_map[0, 3] = 2.0
    enlarged = enlarge(saliency_map, 200, 400)
    assert enlarged.shape == (200, 400)
    y, x = np.unravel_index(enlarged.argmax(), enlarged.shape)
    assert (y < 50, x >= 300) == (True, True)
    overlay = draw_overlay(np.full((200, 400), 128, np.uint8), saliency_map, opacity=0.5)
    assert (overlay.shape, overlay.dtype) == ((200, 400, 3), np.uint8)
    assert (overlay[150, 50] == 128).all()
    assert (overlay[10, 390] != 128).any()


def test_weak_places_keep_their_grey_and_the_colour_fades_in_without_a_seam() -> None:
    weak = np.ones((4, 4), dtype=np.float32)
    weak[:, :2] = 0.04
    overlay = draw_overlay(np.full((100, 400), 128, np.uint8), weak, opacity=0.6)
    assert (overlay[:, :40] == 128).all()
    assert (overlay[:, -40:] != 128).any(axis=2).all()
    assert np.abs(np.diff(overlay[50].astype(int), axis=0)).max() <= 8, "no edge where there is none in the map"
    scan = np.full((700, 90), 128, np.uint8)
    rising = np.tile(np.linspace(0.1, 1, 8, dtype=np.float32)[:, np.newaxis], (1, 8))
    strips = draw_overlay(scan, rising, opacity=0.8).astype(int)
    assert np.abs(np.diff(strips[:, 40], axis=0)).max() <= 8


def test_one_bright_pixel_of_a_fine_map_does_not_dim_the_rest() -> None:
    fine = np.full((56, 56), 0.2, dtype=np.float32)
    fine[3, 3] = 1.0
    scan = np.full((56, 56), 128, np.uint8)
    even = draw_overlay(scan, np.full((56, 56), 0.2, dtype=np.float32), opacity=0.6)
    assert np.abs(draw_overlay(scan, fine, opacity=0.6)[20:].astype(int) - even[20:]).max() <= 1
    coarse = fine[:14, :14]
    assert (draw_overlay(scan, coarse, opacity=0.6)[40:, 40:].astype(int) - even[40:, 40:]).min() < -20


@pytest.mark.parametrize("colours", COLOUR_MAPS)
def test_every_colour_scale_grows_lighter_all_the_way(colours: str) -> None:
    scale = colour_scale(colours)
    assert scale.shape == (256, 3)
    luminance = scale.astype(float) @ [0.2126, 0.7152, 0.0722]
    # By 16 steps: neighbours may differ by rounding alone.
    assert (np.diff(luminance[::16]) > 0).all()
    assert luminance[-1] - luminance[0] > 120


def test_a_contour_lies_where_the_map_crosses_its_level_and_touches_nothing_else() -> None:
    scan = np.full((200, 400), 90, np.uint8)
    rising = np.tile(np.linspace(0, 1, 8, dtype=np.float32), (8, 1))
    drawn = draw_contours(scan, rising, levels=(0.5,))
    assert drawn.shape == (200, 400, 3)
    touched = (drawn != 90).any(axis=2)
    columns = np.flatnonzero(touched.any(axis=0))
    crossing = np.argmax(enlarge(rising, 200, 400)[100] >= 0.5)
    assert abs(columns.mean() - crossing) < 3
    assert len(columns) < 12, "one line, and none along the picture's edge"
    assert touched.all(axis=0).any(), "it goes on up to the edge"


def test_stronger_lines_are_thicker_and_lighter() -> None:
    y, x = np.mgrid[-1:1:28j, -1:1:28j]
    hill = np.exp(-3 * (x**2 + y**2)).astype(np.float32)
    drawn = draw_contours(np.zeros((1400, 1400), np.uint8), hill)
    colours = contour_colours()
    across = drawn[700]
    widths = [int((across == colour).all(axis=1).sum()) for colour in colours]
    assert widths == sorted(widths)
    assert 0 < widths[0] < widths[-1]
    assert (np.diff(colours.astype(int).sum(axis=1)) > 0).all()


@pytest.mark.parametrize(
    ("draw", "options", "said"),
    [
        (draw_overlay, {"colours": "jet"}, "'jet'; expected one of inferno, viridis, cividis"),
        (draw_contours, {"colours": "jet"}, "'jet'; expected one of inferno, viridis, cividis"),
        *((draw_contours, {"levels": (level,)}, "levels above 0") for level in (0.0, -0.1, 1.1)),
        (draw_overlay, {"opacity": 1.5}, "opacity"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Callable[..., np.ndarray], options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputRangeError, match=said):
        draw(np.zeros((9, 9), np.uint8), np.ones((2, 2), np.float32), **options)
