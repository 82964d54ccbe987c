from __future__ import annotations

import numpy as np
import pytest

from model.calibration import conformal_thresholds, fit_calibration
from model.errors import ArtifactError, InputRangeError
from model.records.manifest import Calibration


def logits(evidence: list[float]) -> np.ndarray:
    return np.stack([np.zeros(len(evidence)), np.array(evidence)], axis=1)


def test_probability_by_hand_and_without_calibration_the_softmax() -> None:
    found = Calibration(slope=0.5, intercept=1.0).probabilities(np.array([[0.0, 0.0], [1.0, 3.0], [-400.0, 400.0]]))
    assert found == pytest.approx([1 / (1 + np.exp(-1.0)), 1 / (1 + np.exp(-2.0)), 1.0])
    softmax = np.exp(-1.2) / (np.exp(0.3) + np.exp(-1.2))
    assert Calibration().probabilities(np.array([[0.3, -1.2]])) == pytest.approx(softmax)
    with pytest.raises(InputRangeError, match="finite"):
        Calibration().probabilities(np.array([[0.0, np.nan]]))


@pytest.mark.parametrize(("slope", "intercept"), [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (1.0, float("inf"))])
def test_a_curve_that_does_not_rise_is_refused(slope: float, intercept: float) -> None:
    with pytest.raises(ArtifactError, match="slope above 0"):
        Calibration(slope, intercept)


def test_slope_and_intercept_of_overconfident_shifted_logits_are_found() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 2, 40_000)
    labels = (rng.random(40_000) < 1 / (1 + np.exp(-truth))).astype(int)
    curve = fit_calibration(logits(list(3.0 * truth + 1.5)), labels)
    assert (curve.slope, curve.intercept) == (pytest.approx(1 / 3, rel=0.05), pytest.approx(-0.5, abs=0.05))


def test_half_is_the_centre_of_mirrored_scores() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    for evidence, centre in (([-2, -1, 1, -1, 1, 2], 0.0), ([0, 1, 3, 1, 3, 4], 2.0)):
        curve = fit_calibration(logits(evidence), labels)
        assert curve.probabilities(logits([centre])) == pytest.approx(0.5, abs=1e-3)


def test_both_classes_weigh_alike_whatever_the_prevalence() -> None:
    labels, evidence = np.array([0, 0, 0, 1, 1, 1]), [-2.0, -1.0, 1.5, -0.5, 1.0, 2.0]
    rare = fit_calibration(logits(evidence), labels)
    common = fit_calibration(logits(evidence + evidence[3:] * 10), np.concatenate([labels, [1] * 30]))
    assert common.probabilities(logits([0.7])) == pytest.approx(rare.probabilities(logits([0.7])), abs=1e-3)


def test_a_missing_class_and_scores_that_fall_with_the_class_are_refused() -> None:
    for evidence, labels, said in (
        ([1.0, 2.0], [1, 1], "both classes"),
        ([2.0, 1.0, -1.0, -2.0], [0, 0, 1, 1], "rise"),
    ):
        with pytest.raises(InputRangeError, match=said):
            fit_calibration(logits(evidence), np.array(labels))


def test_conformal_thresholds_by_hand() -> None:
    sick, well = np.linspace(0.5, 0.95, 19), np.linspace(0.05, 0.5, 19)
    labels, probabilities = np.repeat([1, 0], 19), np.concatenate([sick, well])
    # 19 scans a class: floor(0.1 * 20) = 2, so the second from the end
    low, high = conformal_thresholds(labels, probabilities, 0.1)
    assert (low, high) == (sick[1], pytest.approx(well[-2], abs=1e-9))
    assert high > well[-2]
    # floor(0.04 * 20) = 0: too few scans to promise that little
    assert conformal_thresholds(labels, probabilities, 0.04) == (0.0, 1.0)


def test_conformal_guarantee_holds_on_new_scans() -> None:
    rng, missed, flagged = np.random.default_rng(0), [], []
    for _ in range(400):
        labels = np.repeat([1, 0], 60)
        scores, new = (np.clip(rng.normal(0.3 + 0.4 * labels, 0.2), 0, 1) for _ in range(2))
        low, high = conformal_thresholds(labels, scores, 0.1)
        missed.append((new[labels == 1] < low).mean())
        flagged.append((new[labels == 0] >= high).mean())
    # at most 6 / 61, and not far below it, or the band were wider than it need be
    assert 0.08 < np.mean(missed) < 0.105
    assert 0.08 < np.mean(flagged) < 0.105
