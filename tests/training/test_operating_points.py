"""Operating points: chosen on validation alone, told from patients that did not choose them."""

from __future__ import annotations

import numpy as np
import pytest

from model.errors import InputRangeError
from model.records.manifest import RULE_IN, RULE_OUT
from training.operating_points import ValidationViews, _parts, calibrate, choose, cross_fit, find_thresholds


def views_of(separation: float, *, harder: float = 0.0, per_class: int = 200, seed: int = 0) -> ValidationViews:
    """Log-odds of two overlapping classes; the second view's normals look sicker by `harder`."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], per_class)

    def view(shift: float) -> np.ndarray:
        evidence = rng.normal(separation * (2 * labels - 1), 1.5) + shift * (labels == 0)
        return np.stack([np.zeros(len(labels)), evidence], axis=1)

    patients = [str(i // 2) for i in range(len(labels))]
    return ValidationViews({"clean": view(0.0), "restyled": view(harder)}, labels, patients)


def test_rule_out_is_below_balanced_and_rule_in_above_and_the_band_lies_between() -> None:
    chosen = choose(views_of(2.0), chosen_on="made")
    low, middle, high = [point.threshold for point in chosen.points]
    assert low <= middle == 0.5 <= high
    assert (chosen.band.low, chosen.band.high) == (low, high)
    for point in chosen.points:
        assert point.low <= point.threshold <= point.high
        assert point.sensitivity.low <= point.sensitivity.value <= point.sensitivity.high


@pytest.mark.parametrize("error", [0.02, 0.1])
def test_no_view_has_more_than_its_share_on_the_wrong_side_and_a_harder_one_raises_rule_in(error: float) -> None:
    views = views_of(1.5, harder=1.0)
    curve = calibrate(views)
    thresholds = find_thresholds(views, curve, error)
    for logits in views.logits.values():
        probabilities = curve.probabilities(logits)
        assert (probabilities[views.labels == 1] < thresholds[RULE_OUT]).mean() <= error
        assert (probabilities[views.labels == 0] >= thresholds[RULE_IN]).mean() <= error
    alike, harder = (views_of(1.5, harder=shift) for shift in (0.0, 2.0))
    curve = calibrate(alike)
    assert find_thresholds(harder, curve, 0.05)[RULE_IN] > find_thresholds(alike, curve, 0.05)[RULE_IN]


def test_classes_far_apart_leave_an_empty_band_at_one_half() -> None:
    chosen = choose(views_of(30.0), chosen_on="made")
    assert {point.threshold for point in chosen.points} == {0.5}
    assert not chosen.band.contains(0.5)


def test_cross_fitted_rates_are_those_of_new_patients() -> None:
    views = views_of(1.5, per_class=400)
    promised = cross_fit(views, 0.05)[RULE_OUT][0].value
    new = views_of(1.5, per_class=4000, seed=1)
    curve = calibrate(views)
    threshold = find_thresholds(views, curve, 0.05)[RULE_OUT]
    found = (curve.probabilities(new.logits["clean"])[new.labels == 1] >= threshold).mean()
    assert promised == pytest.approx(found, abs=0.03)


@pytest.mark.parametrize(("separation", "per_class"), [(2.0, 10), (4.0, 20)])
def test_few_scans_leave_even_the_surest_indeterminate(separation: float, per_class: int) -> None:
    chosen = choose(views_of(separation, per_class=per_class), chosen_on="made")
    assert (chosen.band.low, chosen.band.high) == (0.0, 1.0)
    assert all(chosen.band.contains(p) for p in (0.0, 1e-9, 0.5, 1 - 1e-9, 1.0))
    assert ["too few" in point.method for point in chosen.points] == [True, False, True]


@pytest.mark.parametrize("seed", range(4))
def test_weak_and_small_validation_still_gets_its_points(seed: int) -> None:
    views = views_of(0.6, per_class=24, seed=seed)
    calibrate(views)  # the network has learned something, in all
    for point in choose(views, chosen_on="made").points:
        assert 0 <= point.low <= point.threshold <= point.high <= 1


def test_a_patient_of_both_classes_is_in_one_part_and_a_class_of_one_is_refused_with_both_numbers() -> None:
    views = views_of(2.0, per_class=60)
    half = [str(i % 30) for i in range(len(views.labels))]  # every patient has scans of both classes
    for others, rows in _parts(ValidationViews(views.logits, views.labels, half)):
        assert not {half[row] for row in others} & {half[row] for row in rows}
    views = views_of(3.0, per_class=8)
    patients = ["alone" if label == 0 else patient for label, patient in zip(views.labels, views.patients, strict=True)]
    lonely = ValidationViews(views.logits, views.labels, patients)
    with pytest.raises(InputRangeError, match="1 normal and 4"):
        choose(lonely, chosen_on="made")
