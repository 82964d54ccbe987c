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


def test_threshold_is_the_middle_of_the_widest_gap_that_separates() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([0.1, 0.2, 0.8, 0.9])
    assert balanced_threshold(labels, probabilities) == pytest.approx(0.5)


def test_threshold_weighs_both_classes_alike() -> None:
    labels = np.array([0] * 2 + [1] * 8)
    probabilities = np.array([0.1, 0.6, 0.3, 0.7, 0.7, 0.8, 0.8, 0.9, 0.9, 0.95])
    # 0.65 loses one of eight sick (7/8 + 2/2), 0.2 would lose one of two well (8/8 + 1/2)
    assert 0.6 < balanced_threshold(labels, probabilities) < 0.7


def test_threshold_needs_both_classes() -> None:
    with pytest.raises(InputRangeError, match="both classes"):
        balanced_threshold(np.array([1, 1]), np.array([0.1, 0.2]))


@pytest.mark.parametrize("threshold", [0.0, 1.0, float("nan")])
def test_an_operating_point_that_calls_all_the_same_is_refused(threshold: float) -> None:
    with pytest.raises(ArtifactError):
        OperatingPoint("balanced", threshold, "method", "validation")
