"""Pictures, charts and ways downhill of How it works: arithmetic on arrays made by hand."""

from __future__ import annotations

import cv2
import keras
import numpy as np
import pytest

from app.screens.how_it_works import evidence, learning, pictures
from model.inspection import Stripes, Votes
from model.records.manifest import Calibration


def opened(file: bytes) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA)


def test_signed_values_have_the_colours_of_the_key_and_brightness_ends_at_its_limit() -> None:
    drawn = pictures.signed(np.array([[-2.0, 0.0, 2.0, 4.0]]), 2.0)
    assert drawn[0].tolist() == [list(one) for one in (pictures.AGAINST, pictures.NEITHER, pictures.FOR, pictures.FOR)]
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


def test_votes_colour_only_where_a_place_votes() -> None:
    drawn = pictures.voting(np.full((4, 4), 100, np.uint8), np.array([[1.0, 0.0], [-0.5, 0.0]]), side=4)
    assert drawn[0, 3].tolist() == [100, 100, 100]
    assert drawn[0, 0, 0] > drawn[0, 0, 2], "orange"
    assert drawn[3, 0, 2] > drawn[3, 0, 0], "blue"


@pytest.mark.parametrize(("degrees", "same"), [(0.0, 1), (90.0, 0)])
def test_stripes_have_their_direction(degrees: float, same: int) -> None:
    drawn = pictures.stripes(Stripes(6.0, degrees), 24)[..., 0].astype(int)
    assert np.ptp(drawn, axis=same).max() <= 1
    assert np.ptp(drawn, axis=1 - same).min() > 200


@pytest.mark.parametrize("rate", [0.01, 0.04])
def test_adam_is_that_of_keras(rate: float) -> None:
    place = keras.Variable(np.array(learning.START, np.float32))
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([place])
    for expected in learning.adam(rate, 15)[1:]:
        gradient = learning.STEEPNESS * keras.ops.convert_to_numpy(place)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")])
        assert keras.ops.convert_to_numpy(place) == pytest.approx(expected, abs=1e-4)


def test_gradient_descent_by_hand_and_with_too_long_a_step() -> None:
    assert learning.gradient_descent(0.01, 1)[1].tolist() == pytest.approx([-0.99, 0.1])
    ends = [float(learning.bowl(*learning.gradient_descent(rate, 60)[-1])) for rate in (0.01, 0.05)]
    start = float(learning.bowl(*map(np.asarray, learning.START)))
    assert ends[0] < start < ends[1]


def test_charts_and_their_data_hold_the_numbers_given() -> None:
    votes = evidence.votes_chart(Votes(np.array([[0.5, -0.25]]), 0.0, 0.25))
    grid = votes.figure().data[0]
    assert (grid.zmin, grid.zmax) == (-0.5, 0.5)
    assert votes.frame().to_numpy().tolist() == [[1, 1, 0.5], [1, 2, -0.25]]
    curve = evidence.calibration_chart(Calibration(2.0, 1.0), 0.5, 0.88)
    calibrated, here, _ = curve.figure().data
    assert np.interp(0.0, calibrated.x, calibrated.y) == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-3)
    assert (here.x[0], here.y[0]) == (0.5, 0.88)
    assert curve.frame()["softmax (0 to 1)"][60] == pytest.approx(0.5)
    assert learning.loss_chart(0.5).figure().data[1].y[0] == pytest.approx(np.log(2))
    descent = learning.descent_chart(0.01, 7)
    assert descent.frame().groupby("method").size().to_dict() == {"Adam": 8, "gradient descent": 8}
