"""The figures at any threshold are scikit-learn's, and those of `evaluation.json` at an operating point."""

from __future__ import annotations

import csv
import math

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import metrics as reference

from app import measured, wording
from app.measured import Evaluation, ScoredScans
from model.artifact import PRETRAINED, read_manifest

TIES = ScoredScans(
    np.array([0.0, 0.2, 0.2, 0.2, 0.5, 0.5, 0.7, 0.7, 1.0, 1.0]),
    np.array([False, False, True, False, True, False, True, True, False, True]),
)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    found = measured.read_evaluation(PRETRAINED, read_manifest(PRETRAINED))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def shipped(evaluation: Evaluation) -> ScoredScans:
    found = measured.read_test_scans(PRETRAINED, evaluation)
    assert found is not None
    return found


def rows(split: str = "test") -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Truth and score as the file has them, read apart from the app."""
    found = csv.DictReader((PRETRAINED / "predictions.csv").read_text(encoding="utf-8").splitlines())
    kept = [row for row in found if row["split"] == split]
    return np.array([row["true"] == "Pneumonia" for row in kept]), np.array([float(row["probability"]) for row in kept])


@pytest.mark.parametrize("threshold", [0.0, 0.097, 0.3, 0.5, 0.872, 0.998889, 1.0])
def test_every_figure_of_the_shipped_scores_is_that_of_scikit_learn(
    evaluation: Evaluation, shipped: ScoredScans, threshold: float
) -> None:
    truth, scores = rows()
    called = scores >= threshold
    here = measured.at_threshold(evaluation.test, shipped, threshold)
    assert here.counts == tuple(map(tuple, reference.confusion_matrix(truth, called).tolist()))
    expected = {
        "sensitivity": reference.recall_score(truth, called),
        "specificity": reference.recall_score(~truth, ~called),
        "precision": reference.precision_score(truth, called, zero_division=np.nan),
        "npv": reference.precision_score(~truth, ~called, zero_division=np.nan),
        "accuracy": reference.accuracy_score(truth, called),
    }
    for name, value in expected.items():
        assert here.metrics[name].value == pytest.approx(value, nan_ok=True), name
        low, high = here.metrics[name].low, here.metrics[name].high
        assert math.isnan(value) or low - 1e-12 <= value <= high + 1e-12


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.2000001, 0.5, 0.7, 1.0])
def test_a_score_that_ties_with_the_threshold_is_called_pneumonia(evaluation: Evaluation, threshold: float) -> None:
    here = measured.at_threshold(evaluation.test, TIES, threshold)
    called = TIES.probabilities >= threshold
    assert here.counts == tuple(map(tuple, reference.confusion_matrix(TIES.sick, called).tolist()))
    assert here.operating_point == measured.BY_HAND


def test_at_an_operating_point_figures_and_intervals_are_those_of_the_evaluation(
    evaluation: Evaluation, shipped: ScoredScans
) -> None:
    for point in evaluation.operating_points:
        stored = evaluation.test.at(point.name)
        assert stored is not None
        here = measured.at_threshold(evaluation.test, shipped, point.threshold, name=point.name)
        assert here.counts == stored.counts
        assert {name: here.metrics[name] for name in stored.metrics} == stored.metrics


@pytest.mark.parametrize("made", [True, False])
def test_the_precision_recall_curve_is_scikit_learns(shipped: ScoredScans, made: bool) -> None:
    scans = TIES if made else shipped
    found = measured.precision_recall(scans)
    precision, recall, threshold = reference.precision_recall_curve(scans.sick, scans.probabilities)
    there = {at: (r, p) for at, r, p in zip(threshold, recall, precision, strict=False)}
    for at, r, p in zip(found.threshold, found.recall, found.precision, strict=True):
        assert there[at] == pytest.approx((r, p))
    # What was left out lies on a vertical line between two that were kept.
    for at, (r, _) in there.items():
        assert at in found.threshold or np.sum(np.isclose(found.recall, r)) >= 2, at
    assert len(found.recall) < len(there) or made


def test_the_evaluations_roc_curve_and_areas_are_scikit_learns(evaluation: Evaluation) -> None:
    truth, scores = rows()
    assert evaluation.test.metrics["auroc"].value == pytest.approx(reference.roc_auc_score(truth, scores))
    average = evaluation.test.metrics["average_precision"].value
    # The file's scores have six decimals, so that a few tie that did not.
    assert average == pytest.approx(reference.average_precision_score(truth, scores), abs=1e-5)
    drawn = evaluation.test.false_positive_rate, evaluation.test.true_positive_rate
    assert reference.auc(*drawn) == pytest.approx(reference.roc_auc_score(truth, scores), abs=1e-5)


def test_the_histogram_counts_every_scan_once(shipped: ScoredScans) -> None:
    found = measured.score_histogram(shipped)
    truth, scores = rows()
    assert sum(found.normal) == np.sum(~truth)
    assert sum(found.pneumonia) == np.sum(truth)
    assert found.normal[3] == np.sum(~truth & (scores >= found.edges[3]) & (scores < found.edges[4]))
    ties = measured.score_histogram(TIES, bins=5)
    assert (ties.normal[-1], ties.pneumonia[-1]) == (1, 1), "A score of 1 belongs to the last range."


def test_without_a_sick_scan_there_is_no_curve() -> None:
    none = measured.precision_recall(ScoredScans(np.array([0.1, 0.2]), np.array([False, False])))
    assert len(none.recall) == 0


def test_the_mistakes_by_hand(evaluation: Evaluation) -> None:
    here = measured.at_threshold(evaluation.test, TIES, 0.5)
    told = wording.mistakes_sentence(here, 0.5).replace("\u00a0", " ")
    assert told.startswith(
        "At a threshold of 0.500 (moved by hand) the model misses 1 of 5 scans with pneumonia (20.0 %"
    )
    assert "falsely flags 2 of 5 normal scans (40.0 %" in told
    assert "nothing was chosen by it" in wording.threshold_origin(here)
    named = measured.at_threshold(evaluation.test, TIES, 0.5, name="balanced")
    assert "(balanced)" in wording.mistakes_sentence(named, 0.5)
    assert "by hand" not in wording.threshold_origin(named)
