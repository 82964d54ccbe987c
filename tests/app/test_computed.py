"""Figures of one's own images are scikit-learn's, and those of evaluation.json for the same scores."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_score, recall_score, roc_auc_score, roc_curve

from app.measured import read_evaluation, read_test_scans
from app.measured.computed import split_result
from model.artifact import PRETRAINED, read_manifest


def test_the_shipped_scores_give_the_shipped_evaluation() -> None:
    manifest = read_manifest(PRETRAINED)
    evaluation = read_evaluation(PRETRAINED, manifest)
    assert evaluation is not None
    scans = read_test_scans(PRETRAINED, evaluation)
    assert scans is not None
    found, stored = split_result(scans.sick.astype(np.int64), scans.probabilities, manifest), evaluation.test
    assert found.counts == stored.counts
    assert (found.images, found.normal, found.pneumonia) == (stored.images, stored.normal, stored.pneumonia)
    for name, metric in found.metrics.items():
        assert metric.value == pytest.approx(stored.metrics[name].value, abs=1e-4), name
        if metric.trials is not None:
            assert (metric.low, metric.high) == pytest.approx((stored.metrics[name].low, stored.metrics[name].high))
    assert [one.counts for one in found.points] == [one.counts for one in stored.points]
    assert found.band == stored.band
    assert [(one.images, one.pneumonia) for one in found.reliability] == [
        (one.images, one.pneumonia) for one in stored.reliability
    ]


def test_they_are_scikit_learns() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 60)
    scores = np.clip(0.5 + 0.25 * (labels - 0.5) + rng.normal(0, 0.2, 60), 0.0, 1.0)
    found = split_result(labels, scores, read_manifest(PRETRAINED))
    called = scores >= 0.5
    assert found.counts == tuple(map(tuple, confusion_matrix(labels, called).tolist()))
    assert found.metrics["sensitivity"].value == pytest.approx(recall_score(labels, called))
    assert found.metrics["precision"].value == pytest.approx(precision_score(labels, called))
    assert found.metrics["npv"].value == pytest.approx(precision_score(1 - labels, ~called))
    area = found.metrics["auroc"]
    assert area.value == pytest.approx(roc_auc_score(labels, scores))
    assert area.low < area.value < area.high
    false_alarms, sensitivity, _ = roc_curve(labels, scores)
    assert found.false_positive_rate == pytest.approx(tuple(false_alarms))
    assert found.true_positive_rate == pytest.approx(tuple(sensitivity))


@pytest.mark.parametrize("label", [0, 1])
def test_with_one_class_what_needs_both_is_not_defined(label: int) -> None:
    found = split_result(np.full(4, label), np.array([0.1, 0.4, 0.6, 0.9]), read_manifest(PRETRAINED))
    for name in ("auroc", "expected_calibration_error_balanced", "specificity" if label else "sensitivity"):
        assert math.isnan(found.metrics[name].value), name
    assert found.metrics["sensitivity" if label else "specificity"].value == 0.5
    assert found.false_positive_rate == ()


def test_an_area_without_a_wrong_pair_has_no_interval() -> None:
    area = split_result(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]), read_manifest(PRETRAINED)).metrics[
        "auroc"
    ]
    assert area.value == 1.0
    assert math.isnan(area.low)


def test_an_interval_without_width_is_not_told() -> None:
    alone = split_result(np.array([1]), np.array([0.3]), read_manifest(PRETRAINED)).metrics[
        "expected_calibration_error"
    ]
    assert alone.value == pytest.approx(0.7)
    assert math.isnan(alone.low)
    tied = split_result(np.array([0, 1, 1]), np.array([0.5, 0.5, 0.5]), read_manifest(PRETRAINED)).metrics["auroc"]
    assert tied.value == 0.5
    assert math.isnan(tied.high)


def test_a_folder_of_predictions_is_read_once_a_path(tmp_path: Path) -> None:
    (tmp_path / "predictions.csv").write_text(
        "split,path,true,probability\ntest,a,Normal,0.1\ntest,a,Normal,0.1\n", encoding="utf-8"
    )
    evaluation = read_evaluation(PRETRAINED, read_manifest(PRETRAINED))
    assert evaluation is not None
    with pytest.raises(Exception, match=r"predictions\.csv"):
        read_test_scans(tmp_path, evaluation)
