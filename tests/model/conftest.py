"""A narrow network of either kind, and a scan that it reads, for the tests of heatmaps."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest

from model.architecture import PRESETS, build
from tests.narrow import narrow_networks


@pytest.fixture(scope="session")
def made_network() -> Callable[[str, int], keras.Model]:
    """Builds a network of a preset and an input size, with the same weights each time."""

    def made(preset: str, size: int) -> keras.Model:
        keras.utils.set_random_seed(3)  # with which no map is all zeros
        with narrow_networks():
            return build(PRESETS[preset], size)

    return made


@pytest.fixture(scope="module", params=["residual", "plain"])
def network(request: pytest.FixtureRequest, made_network: Callable[[str, int], keras.Model]) -> keras.Model:
    return made_network(request.param, 64)


@pytest.fixture(scope="session")
def scan() -> np.ndarray:
    return np.random.default_rng(0).random((64, 64, 1), dtype=np.float32)
