from __future__ import annotations

import keras
import numpy as np
import pytest

from model.architecture import PRESETS, build
from model.errors import InputRangeError
from model.overlay import COLOUR_MAPS, colour_scale, contour_colours, draw_contours, draw_overlay, enlarge
from model.saliency import class_weights, grad_cam_from_features, grad_cam_from_gradients, normalise


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    return build(PRESETS["residual"], 64)


@pytest.fixture(scope="module")
def scan() -> np.ndarray:
    return np.random.default_rng(0).random((64, 64, 1), dtype=np.float32)


def test_by_hand() -> None:
    maps = np.array([[[1.0, 2.0], [0.0, 1.0]], [[3.0, 0.0], [1.0, 1.0]]], dtype=np.float32)
    weights = np.array([1.0, -1.0], dtype=np.float32)
    assert grad_cam_from_features(maps, weights).tolist() == [[0.0, 0.0], [0.75, 0.0]]


@pytest.mark.parametrize("class_index", [0, 1])
def test_equals_tf_keras_vis_after_normalising(network: keras.Model, scan: np.ndarray, class_index: int) -> None:
    weights = class_weights(network)
    assert weights is not None
    outputs = network(scan[np.newaxis], training=False)
    feature_maps = np.asarray(outputs["feature_maps"], dtype=np.float32)[0]
    ours = normalise(grad_cam_from_features(feature_maps, weights[:, class_index]))
    theirs = normalise(grad_cam_from_gradients(network, scan, class_index))
    assert ours.max() == 1.0
    assert np.abs(ours - theirs).max() < 1e-4


def test_textbook_head_takes_the_gradient_way_and_leaves_the_network_alone(scan: np.ndarray) -> None:
    keras.utils.set_random_seed(1)
    plain = build(PRESETS["plain"], 64)
    before = [w.copy() for w in plain.get_weights()]
    assert class_weights(plain) is None
    saliency_map = grad_cam_from_gradients(plain, scan, 1)
    assert saliency_map.shape == tuple(plain.output["feature_maps"].shape[1:3])
    assert np.isfinite(saliency_map).all()
    assert all(np.array_equal(a, b) for a, b in zip(before, plain.get_weights(), strict=True))


def test_a_map_of_zeros_stays_zeros() -> None:
    zeros = np.zeros((7, 7), dtype=np.float32)
    assert normalise(zeros).tolist() == zeros.tolist()
    assert enlarge(zeros, 90, 70).max() == 0.0
    scan = np.full((90, 70), 80, np.uint8)
    assert (draw_overlay(scan, zeros, opacity=1.0) == 80).all()


def test_overlay_is_mapped_onto_the_whole_scan() -> None:
    saliency_map = np.zeros((4, 4), dtype=np.float32)
    saliency_map[0, 3] = 2.0
    enlarged = enlarge(saliency_map, 200, 400)
    assert enlarged.shape == (200, 400)
    y, x = np.unravel_index(enlarged.argmax(), enlarged.shape)
    assert y < 50
    assert x >= 300
    overlay = draw_overlay(np.full((200, 400), 128, np.uint8), saliency_map, opacity=0.5)
    assert overlay.shape == (200, 400, 3)
    assert overlay.dtype == np.uint8
    assert (overlay[150, 50] == 128).all()
    assert (overlay[10, 390] != 128).any()


def test_weak_places_keep_their_grey_and_the_colour_fades_in() -> None:
    weak = np.ones((4, 4), dtype=np.float32)
    weak[:, :2] = 0.04
    overlay = draw_overlay(np.full((100, 400), 128, np.uint8), weak, opacity=0.6)
    assert (overlay[:, :40] == 128).all()
    assert (overlay[:, -40:] != 128).any(axis=2).all()
    steps = np.abs(np.diff(overlay[50].astype(int), axis=0)).max()
    assert steps <= 8, "no edge where there is none in the map"


def test_one_bright_pixel_of_a_fine_map_does_not_dim_the_rest() -> None:
    fine = np.full((56, 56), 0.2, dtype=np.float32)
    fine[3, 3] = 1.0
    scan = np.full((56, 56), 128, np.uint8)
    even = draw_overlay(scan, np.full((56, 56), 0.2, dtype=np.float32), opacity=0.6)
    assert np.abs(draw_overlay(scan, fine, opacity=0.6)[20:].astype(int) - even[20:]).max() <= 1
    coarse = fine[:14, :14]
    assert (draw_overlay(scan, coarse, opacity=0.6)[40:, 40:].astype(int) - even[40:, 40:]).min() < -20


def test_strips_leave_no_seam() -> None:
    scan = np.full((700, 90), 128, np.uint8)
    rising = np.tile(np.linspace(0.1, 1, 8, dtype=np.float32)[:, np.newaxis], (1, 8))
    overlay = draw_overlay(scan, rising, opacity=0.8).astype(int)
    assert np.abs(np.diff(overlay[:, 40], axis=0)).max() <= 8


def test_no_opacity_shows_the_scan() -> None:
    scan = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    overlay = draw_overlay(scan, np.ones((7, 7), np.float32), opacity=0.0)
    assert np.array_equal(overlay, np.repeat(scan[..., np.newaxis], 3, axis=2))


@pytest.mark.parametrize("colours", COLOUR_MAPS)
def test_every_colour_scale_grows_lighter_all_the_way(colours: str) -> None:
    scale = colour_scale(colours)
    assert scale.shape == (256, 3)
    luminance = scale.astype(float) @ [0.2126, 0.7152, 0.0722]
    # By 16 steps: neighbours may differ by rounding alone.
    assert (np.diff(luminance[::16]) > 0).all()
    assert luminance[-1] - luminance[0] > 120


def test_an_unknown_colour_map_is_refused() -> None:
    scan, influence = np.zeros((9, 9), np.uint8), np.ones((2, 2), np.float32)
    for draw in (draw_overlay, draw_contours):
        with pytest.raises(InputRangeError, match="no colour map 'jet'; expected one of inferno, viridis, cividis"):
            draw(scan, influence, colours="jet")


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


def test_a_map_of_zeros_has_no_contour() -> None:
    scan = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    assert np.array_equal(draw_contours(scan, np.zeros((7, 7), np.float32)), np.repeat(scan[..., np.newaxis], 3, 2))


@pytest.mark.parametrize("level", [0.0, -0.1, 1.1])
def test_a_contour_level_out_of_range_is_refused(level: float) -> None:
    with pytest.raises(InputRangeError, match="levels above 0"):
        draw_contours(np.zeros((9, 9), np.uint8), np.ones((2, 2), np.float32), levels=(level,))


def test_opacity_out_of_range_is_refused() -> None:
    with pytest.raises(InputRangeError, match="opacity"):
        draw_overlay(np.zeros((9, 9), np.uint8), np.zeros((2, 2), np.float32), opacity=1.5)
