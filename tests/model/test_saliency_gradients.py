from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import pytest
from tf_keras_vis.saliency import Saliency

from model.saliency import gradients
from model.saliency.graphs import Graphs

Array = np.ndarray[Any, np.dtype[np.float32]]


def nobody(_: float) -> None:
    pass


def test_noise_is_the_same_for_the_same_seed() -> None:
    first, again, other = (gradients.noise((9, 9, 1), samples=50, deviation=0.1, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() == pytest.approx(0.1, rel=0.05)
    assert np.abs(first.mean()) < 0.01


def test_smooth_grad_of_a_square_by_hand() -> None:
    # y = x²: the gradient is 2 x, and over copies 1 + 0.1 and 1 - 0.3 its mean is 1.8.
    disturbances = np.array([0.1, -0.3], dtype=np.float32).reshape(2, 1, 1, 1)
    told: list[float] = []
    one = np.ones((1, 1, 1), np.float32)
    drawn = gradients.smooth_grad(one, lambda x: 2 * x, disturbances, batch=1, progress=told.append)
    assert drawn.tolist() == [pytest.approx([1.8])]
    assert told == [0.5, 1.0]


def test_smooth_grad_equals_tf_keras_vis(network: keras.Model, scan: Array) -> None:
    graphs = Graphs(network)
    disturbances = gradients.noise(scan.shape, samples=5, deviation=0.2 * float(np.ptp(scan)), seed=0)
    options = {"smooth_samples": 5, "smooth_noise": 0.2, "gradient_modifier": None, "normalize_map": False}
    with patch("numpy.random.normal", lambda _mean, _sigma, shape: disturbances.reshape(shape)):
        visualiser = Saliency(keras.Model(network.inputs, network.output["logits"]))
        theirs = visualiser(lambda out: out[:, 1], scan[np.newaxis], **options)[0]
    ours = gradients.smooth_grad(scan, lambda x: graphs.input_gradients(x, 1), disturbances, batch=2, progress=nobody)
    # A unit at the very kink of its ReLU may fall on either side of it, which changes one copy's gradient.
    assert np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs)


def test_integrated_gradients_of_a_square_by_hand() -> None:
    # y = x² from 1 to 3: 9 - 1 = 8, exact with the midpoint rule for a straight gradient.
    one = np.ones((1, 1, 1), np.float32)
    drawn = gradients.integrated_gradients(3 * one, one, lambda x: 2 * x, steps=5, batch=2, progress=nobody)
    assert drawn.tolist() == [pytest.approx([8.0])]


def test_integrated_gradients_add_up_to_the_difference_of_the_logits(network: keras.Model, scan: Array) -> None:
    graphs = Graphs(network)
    baseline = np.full_like(scan, scan.mean())
    options = {"steps": 64, "batch": 16, "progress": nobody}
    for index in (0, 1):
        steepness = partial(graphs.input_gradients, class_index=index)
        drawn = gradients.integrated_gradients(scan, baseline, steepness, **options)
        whole, empty = graphs.logits(np.stack([scan, baseline]), index)
        assert drawn.sum() == pytest.approx(whole - empty, rel=0.03)


def test_adding_up_over_a_neighbourhood_keeps_the_total_and_signs_can_be_dropped() -> None:
    signed = np.random.default_rng(0).standard_normal((40, 40)).astype(np.float32)
    pooled = gradients.pooled(signed, 2.0)
    assert pooled.sum() == pytest.approx(signed.sum(), rel=1e-3)
    assert pooled.std() < 0.3 * signed.std()
    signed = np.array([[-2.0, 0.0, 3.0]], dtype=np.float32)
    assert gradients.magnitude(signed).tolist() == [[2.0, 0.0, 3.0]]
    assert gradients.in_favour(signed).tolist() == [[0.0, 0.0, 3.0]]
