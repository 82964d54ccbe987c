from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields
from typing import Any

import keras
import numpy as np
import pytest

from model.errors import ArtifactError, InputRangeError
from model.saliency import METHODS, Explainer, cams, grad_cam_from_gradients, normalise
from model.saliency.graphs import Graphs
from model.saliency.methods import OCCLUSION_CELLS

Array = np.ndarray[Any, np.dtype[np.float32]]

KEYS = ["grad_cam", "grad_cam_plus_plus", "score_cam", "layer_cam", "smooth_grad", "integrated_gradients", "occlusion"]


@pytest.fixture(scope="module")
def explainer(network: keras.Model) -> Explainer:
    return Explainer(network)


def state(network: keras.Model) -> list[object]:
    """All that could be changed about a network but its weights' values."""
    layers = [
        (layer.name, id(layer), str(layer.get_config()), len(layer._inbound_nodes), len(layer._outbound_nodes))
        for layer in network.layers
    ]
    outputs = {name: (id(tensor), tensor.shape) for name, tensor in network.output.items()}
    return [layers, outputs, [id(weight) for weight in network.weights], len(network._nodes)]


def test_the_methods_in_their_order_and_in_words() -> None:
    assert list(METHODS) == KEYS
    assert [key for key in KEYS if METHODS[key].slow] == [KEYS[2], *KEYS[4:]]
    for key, method in METHODS.items():
        assert method.key == key
        assert all(getattr(method, field.name) for field in fields(method) if field.name != "slow")
        assert (method.description[-1], "\n" in method.description) == (".", False)
        assert method.paper[-4:].isdigit()
    with pytest.raises(FrozenInstanceError):
        METHODS["grad_cam"].title = "other"  # type: ignore[misc]


def test_every_method_gives_a_raw_map_and_leaves_the_network_alone(network: keras.Model, scan: Array) -> None:
    weights, before = [weight.copy() for weight in network.get_weights()], state(network)
    copy, logits = scan.copy(), np.asarray(network(scan[np.newaxis], training=False)["logits"])
    explainer = Explainer(network)
    explainer.warm()
    for key in METHODS:
        for index in (0, 1):
            saliency_map = explainer.explain(key, scan, index)
            assert (saliency_map.dtype, saliency_map.ndim) == (np.float32, 2), key
            assert np.isfinite(saliency_map).all(), key
            assert saliency_map.min() >= 0, key
            assert np.array_equal(saliency_map, explainer.explain(key, scan, index)), key
    assert state(network) == before
    assert all(np.array_equal(a, b) for a, b in zip(weights, network.get_weights(), strict=True))
    assert np.array_equal(np.asarray(network(scan[np.newaxis], training=False)["logits"]), logits)
    assert np.array_equal(scan, copy)


@pytest.mark.parametrize("preset", ["residual", "plain"])
def test_maps_have_the_promised_size_at_224_pixels(
    made_network: Callable[[str, int], keras.Model], preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SCORE_CAM_CHANNELS", "SMOOTH_GRAD_SAMPLES", "INTEGRATED_GRADIENTS_STEPS"):
        monkeypatch.setattr(f"model.saliency.explainer.{name}", 4)
    explainer, scan = Explainer(made_network(preset, 224)), np.random.default_rng(1).random((224, 224, 1), np.float32)
    promised = {"layer_cam": 28, "smooth_grad": 224, "integrated_gradients": 224, "occlusion": OCCLUSION_CELLS}
    for key in METHODS:
        side = promised.get(key, 14)
        assert explainer.explain(key, scan, 1).shape == (side, side), key


def test_grad_cam_is_that_of_tf_keras_vis(network: keras.Model, explainer: Explainer, scan: Array) -> None:
    before = [weight.copy() for weight in network.get_weights()]
    for index in (0, 1):
        ours, theirs = explainer.explain("grad_cam", scan, index), grad_cam_from_gradients(network, scan, index)
        # tf-keras-vis takes the least value off.
        assert np.abs(normalise(ours - ours.min()) - normalise(theirs - theirs.min())).max() < 1e-3
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
    # The pooled head's short cut gives what the gradients give, its scale included.
    by_gradients = cams.grad_cam(*Graphs(network).last_stage(scan, 1))
    assert np.allclose(explainer.explain("grad_cam", scan, 1), by_gradients, rtol=1e-3, atol=1e-7)


def test_it_reads_the_weights_as_they_are(made_network: Callable[[str, int], keras.Model], scan: Array) -> None:
    """Sanity checks randomise a network of their own between two maps."""
    network = made_network("residual", 64)
    explainer = Explainer(network)
    before = {key: explainer.explain(key, scan, 1) for key in ("grad_cam", "layer_cam")}
    network.set_weights([-weight if weight.ndim == 2 else weight for weight in network.get_weights()])
    assert not any(np.array_equal(before[key], explainer.explain(key, scan, 1)) for key in before)


def test_progress_rises_to_1(explainer: Explainer, scan: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.saliency.explainer.FORWARD_BATCH", 16)
    for key in METHODS:
        told: list[float] = []
        explainer.explain(key, scan, 1, progress=told.append)
        assert told[-1] == 1.0, key
        assert told == sorted(told), key
        assert len(told) > 1 or not METHODS[key].slow, key


def test_many_threads_get_the_same_maps(network: keras.Model, scan: Array) -> None:
    """From the first use on, when the graphs are not compiled yet."""
    explainer = Explainer(network)
    keys = ["grad_cam_plus_plus", "layer_cam", "grad_cam", "smooth_grad"] * 3
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda key: explainer.explain(key, scan, 1), keys))
    for key, saliency_map in zip(keys, drawn, strict=True):
        assert np.allclose(saliency_map, explainer.explain(key, scan, 1), rtol=1e-4, atol=1e-7), key


def test_a_network_that_reads_one_quarter_only() -> None:
    picture = keras.Input((28, 28, 1))
    finer = keras.layers.ReLU()(picture)
    quarters = keras.layers.AveragePooling2D(14)(finer)
    head = keras.layers.Dense(2, use_bias=False)
    logits = head(keras.layers.Flatten()(quarters))
    head.set_weights([np.array([[0, 0], [0, 9], [0, 0], [0, 0]], dtype=np.float32)])
    network = keras.Model(picture, {"logits": logits, "feature_maps": quarters})
    scan = np.full((28, 28, 1), 0.2, dtype=np.float32)
    scan[2:12, 16:26] = 1.0
    explainer = Explainer(network)
    for key in ("layer_cam", "smooth_grad", "integrated_gradients", "occlusion"):
        saliency_map = explainer.explain(key, scan, 1)
        height, width = saliency_map.shape
        assert saliency_map[: height // 2, width // 2 :].sum() > 0.8 * saliency_map.sum(), key
        assert not explainer.explain(key, scan, 0).any(), key


@pytest.mark.parametrize(
    ("key", "changed", "index", "expected"),
    [
        ("eigen_cam", lambda scan: scan, 1, "grad_cam, grad_cam_plus_plus"),
        ("grad_cam", lambda scan: scan[:32, :32], 1, r"\(64, 64, 1\)"),
        ("grad_cam", lambda scan: scan[np.newaxis], 1, r"\(64, 64, 1\)"),
        ("grad_cam", lambda scan: scan.astype(np.float64), 1, "float32"),
        ("occlusion", lambda scan: scan * 255, 1, "0 to 1"),
        ("occlusion", lambda scan: scan - 0.5, 1, "0 to 1"),
        ("occlusion", lambda scan: scan * np.float32(np.nan), 1, "finite"),
        ("grad_cam", lambda scan: scan, 2, "0 to 1, got 2"),
        ("grad_cam", lambda scan: scan, -1, "0 to 1, got -1"),
    ],
)
def test_what_the_network_does_not_read_is_refused(
    explainer: Explainer, scan: Array, key: str, changed: Callable[[Array], Array], index: int, *, expected: str
) -> None:
    with pytest.raises(InputRangeError, match=expected):
        explainer.explain(key, changed(scan), index)


def test_a_network_without_a_finer_stage_is_refused() -> None:
    picture = keras.Input((8, 8, 1))
    logits = keras.layers.Dense(2)(keras.layers.Flatten()(picture))
    with pytest.raises(ArtifactError, match="finer"):
        Explainer(keras.Model(picture, {"logits": logits, "feature_maps": picture}))
