"""Intervals against SciPy, published values and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from model.errors import InputRangeError
from model.evaluation import auroc
from model.statistics.intervals import bootstrap, ratio, resamples, share, wilson


@pytest.mark.parametrize("trials", [1, 2, 10, 234, 624])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.98, 1.0])
def test_wilson_is_scipys(trials: int, part: float) -> None:
    successes = round(part * trials)
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert share(successes, trials).value == successes / trials


def test_wilson_by_hand_and_at_its_ends() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert (wilson(0, 5)[0], wilson(5, 5)[1]) == (0.0, 1.0)
    assert all(map(math.isnan, (*wilson(0, 0), share(0, 0).value)))
    with pytest.raises(InputRangeError):
        wilson(6, 5)


def test_bootstrap_resamples_patients_not_images() -> None:
    labels = np.repeat([0, 1], 40)
    rng = np.random.default_rng(0)
    probabilities = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    narrow = bootstrap(auroc, labels, probabilities, [f"p{i}" for i in range(80)], repeats=200)
    repeated = np.repeat(probabilities.reshape(8, 10)[:, 0], 10)
    wide = bootstrap(auroc, labels, repeated, [f"p{i // 10}" for i in range(80)], repeats=200)
    assert narrow[0] < auroc(labels, probabilities) < narrow[1]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_resamples_keep_the_images_of_a_patient_together_and_classes_apart() -> None:
    labels, patients = np.array([0, 0, 0, 1, 1]), ["a", "a", "b", "a", "c"]
    for rows in resamples(labels, patients, repeats=50, seed=0):
        counted = np.bincount(rows, minlength=5)
        assert counted[0] == counted[1]
        assert (counted[0] + counted[2], counted[3] + counted[4]) == (2, 2)


def test_the_ratio_of_two_proportions_holds_at_their_ends() -> None:
    perfect = ratio(share(100, 100), share(0, 100))
    worst = wilson(0, 100)[1]
    assert (perfect.value, perfect.high) == (math.inf, math.inf)
    assert perfect.low == pytest.approx(math.sqrt(1 - worst**2) / worst)
    none = ratio(share(0, 10), share(3, 10))
    assert (none.value, none.low, math.isnan(ratio(share(0, 10), share(0, 10)).value)) == (0.0, 0.0, True)
    ordinary = ratio(share(80, 100), share(20, 100))
    assert ordinary.low < ordinary.value < ordinary.high
    assert ordinary.value == pytest.approx(4.0)
