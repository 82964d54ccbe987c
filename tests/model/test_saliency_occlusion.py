from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model.saliency.occlusion import occlusion

Array = np.ndarray[Any, np.dtype[np.float32]]


def test_by_hand() -> None:
    picture = np.array([[1.0, 0.0], [0.0, 0.0]], dtype=np.float32)[..., np.newaxis]
    told: list[float] = []
    # The network reads 4 times the first pixel; the mean grey is 1/4, so covering that pixel costs 4 - 1 = 3.
    # All four patches over the first cell cover it, two of those over its neighbours, one of those over the last.
    falls = occlusion(picture, lambda x: 4 * x[:, 0, 0, 0], cells=2, batch=4, progress=told.append)
    assert (falls.dtype, falls.tolist()) == (np.float32, [[3.0, 1.5], [1.5, 0.75]])
    assert told == pytest.approx([4 / 9, 8 / 9, 1.0])


@pytest.mark.parametrize("size", [56, 64])
def test_a_network_that_reads_one_patch_only(size: int) -> None:
    picture = np.random.default_rng(0).random((size, size, 1), dtype=np.float32)
    edges = np.linspace(0, size, 15).round().astype(int)
    rows, columns = slice(edges[3], edges[5]), slice(edges[9], edges[11])
    picture[rows, columns] = 1.0

    def reads_the_patch(inputs: Array) -> Array:
        return inputs[:, rows, columns].mean(axis=(1, 2, 3))

    falls = occlusion(picture, reads_the_patch, cells=14, batch=32, progress=lambda _: None)
    assert falls.shape == (14, 14)
    # Cells of 64 pixels are not all of one size, so that patches do not all cost the same.
    assert falls[3:5, 9:11].min() > 0.8 * falls.max()
    assert falls.max() > 0.1
    # A patch reaches one cell further than the cells it is counted for.
    falls[2:6, 8:12] = 0.0
    assert np.abs(falls).max() < 1e-6


def test_covering_what_speaks_against_is_negative_and_an_even_picture_costs_nothing() -> None:
    picture = np.zeros((4, 4, 1), dtype=np.float32)
    picture[:2] = 1.0
    options = {"cells": 2, "batch": 9, "progress": lambda _: None}
    assert (occlusion(picture, lambda x: -x[:, :2].sum(axis=(1, 2, 3)), **options) < 0).all()
    even = np.full((8, 8, 1), 0.5, dtype=np.float32)
    assert np.abs(occlusion(even, lambda x: x.sum(axis=(1, 2, 3)), **options)).max() < 1e-6
