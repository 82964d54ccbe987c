from __future__ import annotations

import keras
import numpy as np
import pytest

from model.architecture import PRESETS, build
from model.errors import InputRangeError
from model.overlay import colour_scale, draw_overlay, enlarge
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


def test_colour_scale_grows_lighter() -> None:
    scale = colour_scale()
    assert scale.shape == (256, 3)
    luminance = scale.astype(float) @ [0.299, 0.587, 0.114]
    assert luminance[0] < luminance[128] < luminance[255]


def test_opacity_out_of_range_is_refused() -> None:
    with pytest.raises(InputRangeError, match="opacity"):
        draw_overlay(np.zeros((9, 9), np.uint8), np.zeros((2, 2), np.float32), opacity=1.5)
