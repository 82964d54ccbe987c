"""Figures of scores are scikit-learn's, those worked out by hand, and those of the shipped evaluation."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from sklearn import metrics as reference

from model import evaluation as figures
from model.artifact import PRETRAINED, read_manifest
from model.errors import ArtifactError
from model.evaluation import FEWEST, NEAREST
from model.evaluation import expected_calibration_error as calibration_error
from model.records.evaluation import Counts, Evaluation, SplitResult
from model.records.manifest import UncertaintyBand
from model.records.scores import Scores

TIES = Scores(np.array([0, 0, 1, 0, 1, 0, 1, 1, 0, 1]), np.array([0.0, 0.2, 0.2, 0.2, 0.5, 0.5, 0.7, 0.7, 1.0, 1.0]))
RATES = ("accuracy", "sensitivity", "specificity", "precision", "npv")


@pytest.fixture(scope="module")
def stored() -> SplitResult:
    return Evaluation.read(PRETRAINED).test


@pytest.fixture(scope="module")
def shipped() -> Scores:
    return Scores.read(PRETRAINED, Evaluation.read(PRETRAINED))


def evaluated(scores: Scores, *statistics: str) -> SplitResult:
    manifest = read_manifest(PRETRAINED)
    return figures.evaluate(scores, manifest.operating_points, manifest.band, statistics=statistics)


def made(labels: list[int], probabilities: list[float]) -> Scores:
    return Scores(np.array(labels), np.array(probabilities))


def test_the_shipped_scores_give_the_shipped_evaluation(shipped: Scores, stored: SplitResult) -> None:
    found = evaluated(shipped)
    for part in ("counts", "images", "normal", "pneumonia", "points", "band"):
        assert getattr(found, part) == getattr(stored, part), part
    assert found.metrics == {name: stored.metrics[name] for name in RATES}
    for ours, theirs in zip(found.reliability, stored.reliability, strict=True):
        assert ours.to_dict() == pytest.approx(theirs.to_dict(), abs=1e-6)


def test_the_shipped_statistics_are_those_of_the_scores(shipped: Scores, stored: SplitResult) -> None:
    # The file's scores have six decimals, so that a few tie that did not.
    labels, probabilities = shipped.labels, shipped.probabilities
    values = {
        "f1": figures.f1(figures.counts(labels, probabilities, 0.5)),
        "auroc": figures.auroc(labels, probabilities),
        "average_precision": figures.average_precision(labels, probabilities),
        "expected_calibration_error": calibration_error(labels, probabilities),
        "expected_calibration_error_balanced": calibration_error(labels, probabilities, balanced=True),
    }
    assert tuple(values) == figures.STATISTICS
    assert values == pytest.approx({name: stored.metrics[name].value for name in values}, abs=1e-5)


def test_a_move_of_the_threshold_takes_less_than_ten_milliseconds(shipped: Scores, stored: SplitResult) -> None:
    begin = time.perf_counter()
    for threshold in np.linspace(0.01, 0.99, 50):
        figures.at_threshold(stored, shipped, float(threshold))
    assert (time.perf_counter() - begin) / 50 < 0.01


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("threshold", [0.0, 0.097, 0.2, 0.2000001, 0.5, 0.7, 0.872, 0.998889, 1.0])
def test_every_rate_is_scikit_learns(shipped: Scores, stored: SplitResult, threshold: float, ties: bool) -> None:
    scores = TIES if ties else shipped
    truth, called = scores.has_pneumonia, scores.probabilities >= threshold
    found = figures.at_threshold(stored, scores, threshold)
    assert found.counts.rows == tuple(map(tuple, reference.confusion_matrix(truth, called).tolist()))
    assert found.operating_point == ""
    expected = {
        "sensitivity": reference.recall_score(truth, called),
        "specificity": reference.recall_score(~truth, ~called),
        "precision": reference.precision_score(truth, called, zero_division=np.nan),
        "npv": reference.precision_score(~truth, ~called, zero_division=np.nan),
        "accuracy": reference.accuracy_score(truth, called),
    }
    assert found.metrics.keys() == expected.keys()
    for name, value in expected.items():
        metric = found.metrics[name]
        assert metric.value == pytest.approx(value, nan_ok=True), name
        assert math.isnan(value) or metric.low - 1e-12 <= value <= metric.high + 1e-12
    assert figures.f1(found.counts) == pytest.approx(reference.f1_score(truth, called, zero_division=np.nan))


def test_at_an_operating_point_the_figures_are_those_of_the_evaluation(shipped: Scores, stored: SplitResult) -> None:
    for name, point in stored.points.items():
        assert figures.at_threshold(stored, shipped, point.threshold, name=name) == stored.at(name)


def test_counts_by_hand_with_the_threshold_itself_positive() -> None:
    labels, probabilities = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([0.1, 0.5, 0.7, 0.5, 0.4, 0.8, 0.9])
    found = figures.counts(labels, probabilities, 0.5)
    assert found == Counts(true_negative=1, false_positive=2, false_negative=1, true_positive=3)
    assert (found.rows, found.normal, found.pneumonia, found.total) == (((1, 2), (1, 3)), 3, 4, 7)
    assert [found.fractions()[name] for name in RATES] == [(4, 7), (3, 4), (1, 3), (3, 5), (1, 2)]
    assert math.isnan(figures.f1(Counts(3, 0, 0, 0)))


@pytest.mark.parametrize("ties", [True, False])
def test_areas_and_curves_are_scikit_learns(shipped: Scores, ties: bool) -> None:
    scores = TIES if ties else shipped
    labels, probabilities = scores.labels, scores.probabilities
    area = figures.auroc(labels, probabilities)
    assert area == pytest.approx(reference.roc_auc_score(labels, probabilities), abs=1e-12)
    roc = figures.roc_curve(scores)
    assert [(roc.false_positive_rate[end], roc.true_positive_rate[end]) for end in (0, -1)] == [(0, 0), (1, 1)]
    assert reference.auc(roc.false_positive_rate, roc.true_positive_rate) == pytest.approx(area, abs=1e-5)
    assert roc.threshold[:2] == pytest.approx((math.nan, probabilities.max()), abs=1e-12, nan_ok=True)
    found = figures.precision_recall(scores)
    assert (np.diff(found.threshold) < 0).all()
    precision, recall, threshold = reference.precision_recall_curve(labels, probabilities)
    there = {at: (r, p) for at, r, p in zip(threshold, recall, precision, strict=False)}
    for at, r, p in zip(found.threshold, found.recall, found.precision, strict=True):
        assert there[at] == pytest.approx((r, p))
    # What was left out lies on a vertical line between two that were kept.
    for at, (r, _) in there.items():
        assert at in found.threshold or np.sum(np.isclose(found.recall, r)) >= 2, at
    assert len(found.recall) < len(there) or ties


def test_without_a_class_there_is_no_curve_and_no_area() -> None:
    well = made([0, 0], [0.1, 0.2])
    areas = [of(well.labels, well.probabilities) for of in (figures.auroc, figures.average_precision)]
    assert np.isnan(areas).all()
    assert (figures.roc_curve(well).threshold, len(figures.precision_recall(well).recall)) == ((), 0)


@pytest.mark.parametrize("label", [0, 1])
def test_with_one_class_what_needs_both_is_not_defined(label: int) -> None:
    found = evaluated(made([label] * 4, [0.1, 0.4, 0.6, 0.9]), "auroc", "expected_calibration_error_balanced")
    for name in ("auroc", "expected_calibration_error_balanced", "specificity" if label else "sensitivity"):
        assert math.isnan(found.metrics[name].value), name
    assert found.metrics["sensitivity" if label else "specificity"].value == 0.5
    assert found.roc.false_positive_rate == ()


@pytest.mark.parametrize(
    ("labels", "probabilities", "name", "value"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], "auroc", 1.0),
        ([0, 1, 1], [0.5, 0.5, 0.5], "auroc", 0.5),
        ([1], [0.3], "expected_calibration_error", 0.7),
    ],
)
def test_an_interval_without_width_is_not_told(
    labels: list[int], probabilities: list[float], name: str, value: float
) -> None:
    metric = evaluated(made(labels, probabilities), name).metrics[name]
    assert (metric.value, metric.low, metric.high) == pytest.approx((value, math.nan, math.nan), nan_ok=True)


def test_only_the_wanted_statistics_are_computed_and_lie_in_their_intervals() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 60)
    scores = Scores(labels, np.clip(0.5 + 0.25 * (labels - 0.5) + rng.normal(0, 0.2, 60), 0, 1))
    found = evaluated(scores, "auroc", "f1")
    assert set(found.metrics) == {*RATES, "auroc", "f1"}
    for name in ("auroc", "f1"):
        assert found.metrics[name].low < found.metrics[name].value < found.metrics[name].high
        assert found.metrics[name].interval in figures.INTERVAL_METHODS
    twins = Scores(scores.labels, scores.probabilities, patients=tuple(str(i // 2) for i in range(60)))
    assert evaluated(twins).patients < found.patients == 60
    with pytest.raises(ArtifactError, match="no balanced"):
        figures.evaluate(TIES, (), None)


def test_calibration_error_by_hand() -> None:
    labels, probabilities = np.array([0, 1, 1, 1]), np.array([0.2, 0.2, 0.9, 0.9])
    # Two bins of two: |0.2 - 0.5| and |0.9 - 1.0|, each half the mass.
    assert calibration_error(labels, probabilities, bins=2) == pytest.approx(0.2)
    # Weights 2, 2/3, 2/3, 2/3: the first alone fills half of the mass.
    gap = (2 * 0.2 + abs(2 / 3 * (0.2 - 1) + 4 / 3 * (0.9 - 1))) / 4
    assert calibration_error(labels, probabilities, bins=2, balanced=True) == pytest.approx(gap)
    rng = np.random.default_rng(0)
    even, random = np.repeat([0, 1], 300), rng.random(600)
    plain = calibration_error(even, random)
    assert calibration_error(even, random, balanced=True) == pytest.approx(plain)


def test_the_band_by_hand() -> None:
    found = figures.band_shares(TIES, UncertaintyBand(0.2, 0.7, 0.02))
    assert [(one.successes, one.trials) for _, one in found] == [(5, 10), (3, 5), (2, 5), (0, 5), (1, 5), (4, 5)]
    everything = figures.band_shares(TIES, UncertaintyBand(0.0, 1.0, 0.02))
    assert (everything.indeterminate.value, math.isnan(everything.decided_right.value)) == (1.0, True)


def test_reliability_by_hand() -> None:
    bins = figures.reliability(made([0, 1, 1, 1], [0.05, 0.05, 0.95, 1.0]))
    assert [(one.images, one.pneumonia) for one in (bins[0], bins[4], bins[-1])] == [(2, 1), (0, 0), (2, 2)]
    assert bins[0].mean_probability == pytest.approx(0.05)
    assert "mean_probability" not in bins[4].to_dict()


def test_the_histogram_counts_every_radiograph_once(shipped: Scores, stored: SplitResult) -> None:
    found = figures.histogram(shipped)
    assert (sum(found.normal), sum(found.pneumonia)) == (stored.normal, stored.pneumonia)
    inside = (shipped.probabilities >= found.edges[3]) & (shipped.probabilities < found.edges[4])
    assert found.normal[3] == np.sum(~shipped.has_pneumonia & inside)
    ties = figures.histogram(TIES, bins=5)
    assert (ties.normal[-1], ties.pneumonia[-1]) == (1, 1), "A score of 1 belongs to the last range."


def test_the_nearest_scores_in_odds_are_counted_with_all_that_tie() -> None:
    low, high = np.linspace(0.1, 0.14, 60), np.linspace(0.86, 0.9, 60)
    scores = made([index % 4 == 0 for index in range(60)] + [1] * 60, [*low, *high])
    found = figures.alike(scores, 0.1)
    assert (found.images, found.share.successes, found.share.trials) == (NEAREST, NEAREST / 4, NEAREST)
    assert (found.low, found.high) == pytest.approx((0.1, low[NEAREST - 1]))
    assert figures.alike(scores, 0.95).share.value == 1.0
    # 0.02 is nearer to 0.001 in points; in odds, 0.06 is nearer to 0.02.
    assert figures.alike(made([0] * 40 + [1] * 40, [0.001] * 40 + [0.06] * 40), 0.02).share.value == 1.0
    tied = figures.alike(made([1] * 30 + [0] * 60 + [1] * 30, [0.2] * 90 + [0.9] * 30), 0.2)
    assert (tied.share.successes, tied.share.trials) == (30, 90)


@pytest.mark.parametrize("probability", [0.0, 1e-6, 0.5, 1.0])
def test_too_few_near_scores_say_nothing(probability: float) -> None:
    scores = made([0] * 100 + [1] * (FEWEST + 99), [0.05] * 100 + [0.5] * (FEWEST - 1) + [0.95] * 100)
    assert figures.alike(scores, probability) is None
    assert figures.alike(scores, 0.05) is not None
    assert figures.alike(made([], []), probability) is None


def test_mistakes_are_sorted_by_how_sure_they_are() -> None:
    scores = Scores(np.array([1, 1, 0, 0, 1, 0, 0]), np.array([0.1, 0.4, 0.45, 0.9, 0.6, 0.5, 0.02]), tuple("abcdefg"))
    found = figures.hardest(scores, 0.5)
    paths = ["".join(one.path for one in cases) for cases in (found.missed, found.false_alarms, found.uncertain)]
    assert paths == ["ab", "df", "ceg"], "at the threshold it is a pneumonia"
    assert (found.missed[0].probability, found.missed[0].has_pneumonia) == (0.1, True)
    assert [one.path for one in figures.hardest(scores, 0.5, uncertain=1).uncertain] == ["c"]
