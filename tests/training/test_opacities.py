"""Made opacities lie where they say."""

from __future__ import annotations

import numpy as np
import pytest

from tests.made import made_lungs, made_radiograph
from training.errors import DatasetError
from training.opacities import SHAPES, SIZES, STRENGTHS, TAUGHT, Opacity, add_opacity

SCAN, LUNGS = made_radiograph(5, pneumonia=False), made_lungs(5, pneumonia=False)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("size", sorted(SIZES))
def test_opacity_brightens_the_lungs_where_it_says_and_nothing_else(shape: str, size: str) -> None:
    for seed in range(5):
        made = add_opacity(SCAN, LUNGS, shape=shape, radius=SIZES[size], strength=0.8, rng=rng(seed))
        gain = made.pixels.astype(int) - SCAN
        assert gain.min() >= 0
        assert LUNGS[made.centre] > 0
        assert gain[made.mask].mean() > 4 * gain[~made.mask].mean()
        far = np.hypot(*(np.mgrid[:224, :224] - np.array(made.centre)[:, None, None])) > 3 * SIZES[size] * 224
        assert gain[far].max(initial=0) <= 1


def test_stronger_is_brighter_and_larger_is_larger() -> None:
    def made(radius: float, strength: float) -> Opacity:
        return add_opacity(SCAN, LUNGS, shape="soft", radius=radius, strength=strength, rng=rng())

    gains = [(made(0.1, strength).pixels.astype(int) - SCAN).max() for strength in sorted(STRENGTHS.values())]
    assert gains == sorted(gains)
    assert gains[0] < gains[-1]
    areas = [made(radius, 0.5).mask.sum() for radius in sorted(SIZES.values())]
    assert areas == sorted(areas)
    assert set(TAUGHT) < set(SHAPES), "some shapes are kept for measuring"


def test_without_lungs_there_is_no_place_for_it() -> None:
    with pytest.raises(DatasetError, match="outline"):
        add_opacity(SCAN, np.zeros_like(LUNGS), shape="soft", radius=0.1, strength=0.5, rng=rng())
