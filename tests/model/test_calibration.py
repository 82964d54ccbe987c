from __future__ import annotations

import numpy as np
import pytest

from model.calibration import OperatingPoint, balanced_threshold, fit_temperature, probabilities_from_logits
from model.errors import ArtifactError, InputRangeError


def test_probability_is_the_softmax_of_scaled_logits() -> None:
    logits = np.array([[0.0, 0.0], [1.0, 3.0], [-400.0, 400.0]])
    expected = [0.5, 1 / (1 + np.exp(-2.0 / 2.0)), 1.0]
    assert probabilities_from_logits(logits, 2.0) == pytest.approx(expected)


@pytest.mark.parametrize(("logits", "temperature"), [([[0.0, 1.0]], 0.0), ([[0.0, np.nan]], 1.0)])
def test_nonsense_is_refused(logits: list[list[float]], temperature: float) -> None:
    with pytest.raises(InputRangeError):
        probabilities_from_logits(np.array(logits), temperature)


def test_temperature_of_overconfident_logits_is_found() -> None:
    rng = np.random.default_rng(0)
    true_evidence = rng.normal(0, 2, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-true_evidence))).astype(int)
    logits = np.stack([np.zeros(20_000), 3.0 * true_evidence], axis=1)
    assert fit_temperature(logits, labels) == pytest.approx(3.0, rel=0.05)


def scores(evidence: list[float]) -> np.ndarray:
    return 1 / (1 + np.exp(-np.array(evidence)))


def test_threshold_of_mirrored_scores_is_their_centre() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert balanced_threshold(labels, scores([-2, -1, 1, -1, 1, 2])) == pytest.approx(0.5, abs=1e-3)
    shifted = balanced_threshold(labels, scores([0, 1, 3, 1, 3, 4]))
    assert shifted == pytest.approx(float(scores([2])[0]), abs=1e-3)


def test_threshold_weighs_both_classes_alike_whatever_the_prevalence() -> None:
    labels, evidence = np.array([0, 0, 0, 1, 1, 1]), [-2.0, -1.0, 1.5, -0.5, 1.0, 2.0]
    rare = balanced_threshold(labels, scores(evidence))
    common = balanced_threshold(np.concatenate([labels, [1] * 30]), scores(evidence + evidence[3:] * 10))
    assert common == pytest.approx(rare, abs=1e-3)


def test_threshold_of_scores_that_fall_with_the_class_is_refused() -> None:
    with pytest.raises(InputRangeError, match="do not rise"):
        balanced_threshold(np.array([1, 1, 0, 0]), np.array([0.1, 0.3, 0.6, 0.9]))


def test_threshold_needs_both_classes() -> None:
    with pytest.raises(InputRangeError, match="both classes"):
        balanced_threshold(np.array([1, 1]), np.array([0.1, 0.2]))


@pytest.mark.parametrize("threshold", [0.0, 1.0, float("nan")])
def test_an_operating_point_that_calls_all_the_same_is_refused(threshold: float) -> None:
    with pytest.raises(ArtifactError):
        OperatingPoint("balanced", threshold, "method", "validation")
