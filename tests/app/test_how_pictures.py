"""Pictures, figures and ways downhill of the How it works page: arithmetic on arrays made by hand."""

from __future__ import annotations

import cv2
import keras
import numpy as np
import pytest

from app.how_page import descent, figures, pictures
from model.inspection import Stripes, Votes
from model.records.manifest import Calibration


def opened(file: bytes) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA)


def test_signed_values_have_the_colours_of_the_legend() -> None:
    drawn = pictures.signed(np.array([[-2.0, 0.0, 2.0, 4.0]]), 2.0)
    assert drawn[0].tolist() == [list(one) for one in (pictures.AGAINST, pictures.NEITHER, pictures.FOR, pictures.FOR)]


def test_brightness_goes_from_black_to_the_limit() -> None:
    assert pictures.bright(np.array([[0.0, 1.0, 2.0]]), 2.0)[0, :, 0].tolist() == [0, 128, 255]
    assert pictures.limit_of(np.zeros((2, 2))) == 1.0


def test_a_sheet_is_transparent_between_its_pictures() -> None:
    tiles = [np.full((2, 2, 3), value, np.uint8) for value in (10, 200, 90)]
    found = opened(pictures.sheet(tiles, columns=2, side=20))
    assert found.shape == (46, 46, 4)
    assert found[10, 10].tolist() == [10, 10, 10, 255]
    assert found[10, 36].tolist() == [200, 200, 200, 255]
    assert found[36, 10].tolist() == [90, 90, 90, 255]
    assert found[36, 36, 3] == found[10, 22, 3] == 0


def test_maps_stand_at_their_true_size_on_one_line() -> None:
    found = opened(pictures.shrinking([np.ones((8, 8)), np.ones((2, 2))], gap=3))
    assert found.shape == (8, 13, 4)
    assert found[0, 11, 3] == 0
    assert found[7, 12].tolist() == [255, 255, 255, 255]


def test_votes_colour_only_where_somebody_voted() -> None:
    scan = np.full((4, 4), 100, np.uint8)
    drawn = pictures.voting(scan, np.array([[1.0, 0.0], [-0.5, 0.0]]), side=4)
    assert drawn[0, 3].tolist() == [100, 100, 100]
    assert drawn[0, 0, 0] > drawn[0, 0, 2], "orange"
    assert drawn[3, 0, 2] > drawn[3, 0, 0], "blue"


@pytest.mark.parametrize(("degrees", "same"), [(0.0, 1), (90.0, 0)])
def test_stripes_lie_as_they_are_told(degrees: float, same: int) -> None:
    drawn = pictures.stripes(Stripes(6.0, degrees), 24)[..., 0].astype(int)
    assert np.ptp(drawn, axis=same).max() <= 1
    assert np.ptp(drawn, axis=1 - same).min() > 200


@pytest.mark.parametrize("rate", [0.01, 0.04])
def test_adam_goes_the_way_that_keras_goes(rate: float) -> None:
    place = keras.Variable(np.array(descent.START, np.float32))
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([place])
    for expected in descent.adam(rate, 15)[1:]:
        gradient = descent.STEEPNESS * keras.ops.convert_to_numpy(place)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")])
        assert keras.ops.convert_to_numpy(place) == pytest.approx(expected, abs=1e-4)


def test_gradient_descent_by_hand_and_too_long_a_step() -> None:
    first = descent.gradient_descent(0.01, 1)[1]
    assert first.tolist() == pytest.approx([-0.99, 0.1])
    heights = [float(descent.bowl(*descent.gradient_descent(rate, 60)[-1])) for rate in (0.01, 0.05)]
    start = float(descent.bowl(*map(np.asarray, descent.START)))
    assert heights[0] < start < heights[1]


def test_the_figures_hold_the_numbers_given() -> None:
    cells = np.array([[0.5, -0.25]])
    grid = figures.vote_grid(Votes(cells, 0.0, 0.25)).data[0]
    assert (grid.zmin, grid.zmax) == (-0.5, 0.5)
    assert np.array_equal(grid.z, cells)
    curve = figures.calibration_curve(Calibration(2.0, 1.0), 0.5, 0.88)
    assert curve.data[0].y[60] == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert curve.data[2].y[60] == pytest.approx(0.5)
    assert (curve.data[1].x[0], curve.data[1].y[0]) == (0.5, 0.88)
    assert figures.one_loss(0.5).data[1].y[0] == pytest.approx(np.log(2))
