from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import pytest
from scipy.ndimage import zoom
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.layercam import Layercam
from tf_keras_vis.scorecam import Scorecam

from model.saliency import cams, grad_cam_from_features, normalise
from model.saliency.graphs import Graphs, finer_stage

Array = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def graphs(network: keras.Model) -> Graphs:
    return Graphs(network)


def theirs(method: type[Any], network: keras.Model, scan: Array, layer: Any, score: Any, **options: Any) -> Array:
    """What tf-keras-vis draws, scaled to a maximum of 1."""
    visualiser = method(keras.Model(network.inputs, network.output["logits"]))
    options |= {"seek_penultimate_conv_layer": False, "expand_cam": False, "normalize_cam": False}
    penultimate = layer._keras_history.operation.name
    drawn = visualiser(score, scan[np.newaxis], penultimate_layer=penultimate, **options)
    return normalise(np.asarray(drawn, dtype=np.float32)[0])


def test_by_hand() -> None:
    features = np.array([[[1.0, 2.0], [3.0, 0.0]]], dtype=np.float32)
    gradients = np.array([[[1.0, -1.0], [3.0, -1.0]]], dtype=np.float32)
    # Mean gradients 2 and -1: 2 * 1 - 2 = 0 and 2 * 3 - 0 = 6.
    assert cams.grad_cam(features, gradients).tolist() == [[0.0, 6.0]]
    # Only the first channel rises: 1 * 1 and 3 * 3.
    assert cams.layer_cam(features, gradients).tolist() == [[1.0, 9.0]]
    pooled_head = np.array([[[1.0, 2.0], [0.0, 1.0]], [[3.0, 0.0], [1.0, 1.0]]], dtype=np.float32)
    weights = np.array([1.0, -1.0], dtype=np.float32)
    assert grad_cam_from_features(pooled_head, weights).tolist() == [[0.0, 0.0], [0.75, 0.0]]


def test_grad_cam_plus_plus_by_hand() -> None:
    features = np.array([[[1.0, 5.0], [3.0, 5.0]]], dtype=np.float32)
    gradients = np.array([[[1.0, -1.0], [3.0, 0.0]]], dtype=np.float32)
    # Channel 1, sum 4: alpha = 1 / (2 + 4) and 9 / (18 + 108), that is 1/6 and 1/14, scaled to 0.7 and 0.3;
    # weight 0.7 * 1 + 0.3 * 3 = 1.6. Channel 2 has no gradient above 0 and no weight.
    assert cams.grad_cam_plus_plus(features, gradients).tolist() == [pytest.approx([1.6, 4.8])]
    # Where the denominator is zero: 2 g² + 2 g³ is 0 at the first place and 4 at the second, which gets all the weight.
    even, opposite = np.ones((1, 2, 1), np.float32), np.array([[[-1.0], [1.0]]], dtype=np.float32)
    assert cams.grad_cam_plus_plus(even, opposite).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize(
    ("ours", "method"), [(cams.grad_cam, Gradcam), (cams.grad_cam_plus_plus, GradcamPlusPlus)], ids=["cam", "plus plus"]
)
def test_grad_cams_equal_tf_keras_vis(
    network: keras.Model, graphs: Graphs, scan: Array, ours: Callable[..., Array], method: type[Any]
) -> None:
    for index in (0, 1):
        drawn, layer = normalise(ours(*graphs.last_stage(scan, index))), network.output["feature_maps"]
        expected = theirs(method, network, scan, layer, lambda out, index=index: out[:, index])
        assert drawn.max() == 1.0
        assert np.abs(drawn - expected).max() < 1e-3


def test_layer_cam_equals_tf_keras_vis(network: keras.Model, graphs: Graphs, scan: Array) -> None:
    ours = normalise(cams.layer_cam(*graphs.finer_stage(scan, 1)))
    assert ours.shape[0] > network.output["feature_maps"].shape[1]
    expected = theirs(Layercam, network, scan, finer_stage(network), lambda out: out[:, 1])
    assert np.abs(ours - expected).max() < 1e-3


def test_the_filter_takes_out_the_stride_and_keeps_a_plain() -> None:
    rows, columns = np.mgrid[:6, :6]
    dots = ((rows % 2 == 0) & (columns % 2 == 0)).astype(np.float32)[..., np.newaxis]
    smooth = cams.without_stride_pattern(dots)
    assert np.allclose(smooth[1:-1, 1:-1], 0.25)
    assert np.allclose(cams.without_stride_pattern(np.ones((4, 5, 2), np.float32)), 1.0)


def test_channel_masks_run_from_0_to_1_and_a_flat_channel_is_zero() -> None:
    features = np.stack([[[2.0, 4.0], [6.0, 4.0]], [[3.0, 3.0], [3.0, 3.0]]], axis=-1).astype(np.float32)
    masks = cams.channel_masks(features, 4)
    assert masks.shape == (2, 4, 4)
    assert (masks[0, 0, 0], masks[0, 3, 0], masks[0, 0, 3]) == (0.0, 1.0, 0.5)
    assert not masks[1].any()


def test_score_cam_by_hand() -> None:
    left, right = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    features = np.stack([left, right, np.zeros((1, 2))], axis=-1).astype(np.float32).repeat(2, axis=0)
    told: list[float] = []

    def reads_the_left(inputs: Array) -> Array:
        return np.asarray(inputs[:, :, 0].sum(axis=(1, 2)) * np.log(3.0) / 2, dtype=np.float32)

    white = np.ones((2, 2, 1), np.float32)
    drawn = cams.score_cam(features, white, reads_the_left, channels=2, batch=1, progress=told.append)
    # The left channel scores log 3, the right one 0: softmax 3/4 and 1/4. The third varies least and is not tried.
    assert drawn.tolist() == [pytest.approx([0.75, 0.25])] * 2
    assert told == [0.5, 1.0]


def test_score_cam_equals_tf_keras_vis(network: keras.Model, graphs: Graphs, scan: Array) -> None:
    def as_scipy_enlarges(features: Array, size: int) -> Array:
        masks = zoom(features, (size / features.shape[0], size / features.shape[1], 1), order=1, mode="nearest")
        low, high = masks.min(axis=(0, 1)), masks.max(axis=(0, 1))
        return np.moveaxis((masks - low) / (high - low + 1e-7), -1, 0).astype(np.float32)

    features = graphs.forward(scan[np.newaxis])["feature_maps"][0]

    def log_odds(inputs: Array) -> Array:
        return graphs.logits(inputs, 1) - graphs.logits(inputs, 0)

    with patch.object(cams, "channel_masks", as_scipy_enlarges):
        ours = normalise(cams.score_cam(features, scan, log_odds, channels=24, batch=10, progress=lambda _: None))
    # tf-keras-vis hands softmax outputs to the score; their quotient is exp(log-odds), what our softmax weights by.
    layer = network.output["feature_maps"]
    expected = theirs(Scorecam, network, scan, layer, lambda out: out[:, 1] / out[:, 0], max_N=24)
    assert ours.max() == 1.0
    assert np.abs(ours - expected).max() < 1e-3
