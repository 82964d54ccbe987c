from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from model.errors import InputRangeError
from model.metrics import Counts, auroc, bootstrap, count, expected_calibration_error, resamples, wilson

LABELS = np.array([0, 0, 0, 1, 1, 1, 1])
PROBABILITIES = np.array([0.1, 0.5, 0.7, 0.5, 0.4, 0.8, 0.9])


def test_counts_by_hand_with_the_threshold_itself_positive() -> None:
    counts = count(LABELS, PROBABILITIES, 0.5)
    assert counts == Counts(true_negative=1, false_positive=2, false_negative=1, true_positive=3)
    assert counts.matrix() == [[1, 2], [1, 3]]
    assert counts.fractions() == {
        "accuracy": (4, 7),
        "sensitivity": (3, 4),
        "specificity": (1, 3),
        "precision": (3, 5),
        "npv": (1, 2),
    }


def test_f1_and_auroc_agree_with_scikit_learn() -> None:
    assert count(LABELS, PROBABILITIES, 0.5).f1 == pytest.approx(f1_score(LABELS, PROBABILITIES >= 0.5))
    assert auroc(LABELS, PROBABILITIES) == pytest.approx(roc_auc_score(LABELS, PROBABILITIES))


def test_auroc_without_a_class_is_nan() -> None:
    assert math.isnan(auroc(np.zeros(3, int), np.array([0.1, 0.2, 0.3])))


def test_wilson_by_hand() -> None:
    # 8 of 10: Wilson's published worked value
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0
    assert math.isnan(wilson(0, 0)[0])
    with pytest.raises(InputRangeError):
        wilson(6, 5)


def test_bootstrap_resamples_patients_not_images() -> None:
    labels = np.array([0] * 40 + [1] * 40)
    rng = np.random.default_rng(0)
    probabilities = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    own = [f"p{i}" for i in range(80)]
    shared = [f"p{i // 10}" for i in range(80)]
    narrow = bootstrap(auroc, labels, probabilities, own, repeats=200)
    repeated = np.repeat(probabilities.reshape(8, 10)[:, 0], 10)
    wide = bootstrap(auroc, labels, repeated, shared, repeats=200)
    assert narrow[0] < auroc(labels, probabilities) < narrow[1]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_calibration_error_by_hand() -> None:
    labels = np.array([0, 1, 1, 1])
    probabilities = np.array([0.2, 0.2, 0.9, 0.9])
    # two bins of two: |0.2 - 0.5| and |0.9 - 1.0|, each half the mass
    assert expected_calibration_error(labels, probabilities, bins=2) == pytest.approx(0.2)


def test_calibration_error_with_both_classes_weighing_the_same_by_hand() -> None:
    labels = np.array([0, 1, 1, 1])
    probabilities = np.array([0.2, 0.2, 0.9, 0.9])
    # weights 2, 2/3, 2/3, 2/3: the first alone fills half of the mass
    gap = (2 * 0.2 + abs(2 / 3 * (0.2 - 1) + 4 / 3 * (0.9 - 1))) / 4
    assert expected_calibration_error(labels, probabilities, bins=2, balanced=True) == pytest.approx(gap)


def test_calibration_error_of_even_classes_is_the_same_either_way() -> None:
    rng = np.random.default_rng(0)
    labels, probabilities = np.repeat([0, 1], 300), rng.random(600)
    plain = expected_calibration_error(labels, probabilities)
    assert expected_calibration_error(labels, probabilities, balanced=True) == pytest.approx(plain)


def test_resamples_keep_the_images_of_a_patient_together_and_classes_apart() -> None:
    labels, patients = np.array([0, 0, 0, 1, 1]), ["a", "a", "b", "a", "c"]
    for rows in resamples(labels, patients, repeats=50, seed=0):
        counted = np.bincount(rows, minlength=5)
        assert counted[0] == counted[1]
        assert counted[0] + counted[2] == 2
        assert counted[3] + counted[4] == 2


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([0, 1], [0.1]), ([0, 2], [0.1, 0.2]), ([0, 1], [0.1, 1.2]), ([0, 1], [0.1, math.nan])],
)
def test_values_out_of_range_are_refused(labels: list[int], probabilities: list[float]) -> None:
    with pytest.raises(InputRangeError):
        count(np.array(labels), np.array(probabilities), 0.5)
