from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from scipy.stats import spearmanr

from model.errors import InputRangeError
from model.saliency import agreement, where
from model.saliency.regions import GRID, Regions


def parts(found: Regions) -> tuple[float | None, ...]:
    """Upper, middle, lower, left, right and outside the box, rounded; then what is outside the lungs."""
    *inside, outside_lungs = astuple(found)
    return (*np.round(inside, 9).tolist(), outside_lungs)


def test_thirds_and_halves_of_the_image() -> None:
    found = where(np.array([[6, 0], [1, 1], [0, 2]], dtype=np.float32))
    assert parts(found) == (0.6, 0.2, 0.2, 0.7, 0.3, 0.0, None)


def test_a_cell_that_a_line_crosses_counts_on_both_sides() -> None:
    third = round(1 / 3, 9)
    assert parts(where(np.ones((2, 1), dtype=np.float32))) == (third, third, third, 0.5, 0.5, 0.0, None)


def test_thirds_of_the_lungs() -> None:
    lungs = np.zeros((8, 6), dtype=bool)
    lungs[1:7, 1:3] = True
    lungs[1:7, 4] = True
    saliency_map = np.zeros((8, 6), dtype=np.float32)
    saliency_map[0, 0] = 2.0  # outside everything
    saliency_map[1, 1] = 1.0  # upper left
    saliency_map[4, 2] = 1.0  # middle, left of the centre line between columns 1 and 4
    saliency_map[6, 4] = 4.0  # lower right
    saliency_map[6, 3] = 2.0  # between the lungs: in the box, not in the lungs
    assert parts(where(saliency_map, lungs)) == (0.1, 0.1, 0.6, 0.2, 0.6, 0.2, pytest.approx(0.4))


@pytest.mark.parametrize("shape", [(4, 4), (14, 14), (7, 9), (224, 224)])
def test_map_and_outline_may_differ_in_size(shape: tuple[int, int]) -> None:
    lungs = np.zeros((112, 112), dtype=np.float32)
    lungs[28:84, :56] = 0.9
    lungs[28:84, 56:] = 0.4
    found = where(np.ones(shape, dtype=np.float32), lungs)
    assert (found.outside_lungs, found.outside_box) == pytest.approx((0.75, 0.75))
    assert (found.upper, found.left_of_image) == pytest.approx((0.25 / 3, 0.125))


def test_shares_add_up_and_a_map_of_zeros_is_nowhere() -> None:
    zeros = np.zeros((7, 7), dtype=np.float32)
    assert not any(astuple(where(zeros, np.ones((7, 7), dtype=bool))))
    assert where(zeros).outside_lungs is None
    generator = np.random.default_rng(0)
    for _ in range(20):
        lungs = generator.random((23, 31)) > 0.97
        found = where(generator.random((14, 14), dtype=np.float32), lungs)
        assert found.upper + found.middle + found.lower + found.outside_box == pytest.approx(1.0)
        assert found.left_of_image + found.right_of_image + found.outside_box == pytest.approx(1.0)
        assert found.outside_box - 1e-9 <= found.outside_lungs <= 1.0


@pytest.mark.parametrize(
    ("saliency_map", "lungs"),
    [
        (np.zeros((2, 2, 1), np.float32), None),
        (np.full((2, 2), np.nan, np.float32), None),
        (np.full((2, 2), -1.0, np.float32), None),
        (np.zeros((0, 2), np.float32), None),
        (np.ones((2, 2), np.float32), np.zeros((2, 2), bool)),
        (np.ones((2, 2), np.float32), np.ones((2, 2, 1), bool)),
    ],
)
def test_what_is_no_map_or_outline_is_refused(saliency_map: np.ndarray, lungs: np.ndarray | None) -> None:
    with pytest.raises(InputRangeError):
        where(saliency_map, lungs)


def test_agreement_by_hand() -> None:
    rising = np.arange(GRID * GRID, dtype=np.float32).reshape(GRID, GRID)
    with pytest.raises(InputRangeError, match="two"):
        agreement([rising])
    assert agreement([rising, rising**2]) == pytest.approx(1.0)
    assert agreement([rising, rising.max() - rising]) == pytest.approx(-1.0)
    # Pairs: 1, -1, -1.
    assert agreement([rising, 2 * rising, rising.max() - rising]) == pytest.approx(-1 / 3)


def test_agreement_equals_scipy_with_ties() -> None:
    a, b = np.random.default_rng(3).integers(0, 5, (2, GRID, GRID)).astype(np.float32)
    assert agreement([a, b]) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)


def test_agreement_of_maps_of_different_size() -> None:
    coarse = np.random.default_rng(1).random((GRID, GRID), dtype=np.float32)
    assert agreement([coarse, np.kron(coarse, np.ones((16, 16), np.float32))]) == pytest.approx(1.0)
    assert agreement([coarse[:7, :7], np.kron(coarse[:7, :7], np.ones((2, 2), np.float32))]) == pytest.approx(1.0)


def test_maps_of_one_value_agree_with_nothing() -> None:
    rising = np.arange(196, dtype=np.float32).reshape(14, 14)
    flat, zeros = np.full((28, 28), 0.3, np.float32), np.zeros((14, 14), np.float32)
    assert agreement([rising, flat]) == agreement([flat, zeros]) == 0.0
    assert agreement([rising, rising, flat]) == pytest.approx(1 / 3)
