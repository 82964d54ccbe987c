"""McNemar and DeLong against brute force, hand-worked numbers and resampling."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest

from model.artifact import PRETRAINED
from model.errors import InputRangeError
from model.evaluation import auroc
from model.records.scores import PREDICTIONS, Scores
from model.statistics.comparison import NotComparableError, PairedRight, compare, delong, paired_right
from model.statistics.intervals import Z_95


def test_counts_say_who_is_right_on_what() -> None:
    first = np.array([True, True, True, False, False, True])
    second = np.array([True, False, False, True, False, True])
    found = paired_right(first, second)
    assert found == PairedRight(both=2, only_first=2, only_second=1, neither=1)
    assert (found.images, found.difference) == (6, pytest.approx(first.mean() - second.mean()))


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 5), (3, 3), (12, 4), (1, 29), (25, 7)])
def test_mcnemars_exact_test_is_the_sum_over_binomial_coefficients(b: int, c: int) -> None:
    n = b + c
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n
    assert PairedRight(50, b, c, 3).p_value == pytest.approx(min(1.0, 2 * tail))


def test_the_interval_of_paired_shares_is_worked_out_by_hand() -> None:
    # n + 2 = 102, b = 12.5, c = 4.5: centre 8 / 102, variance (17 - 64 / 102) / 102 squared.
    spread = Z_95 * math.sqrt(17 - 64 / 102) / 102
    assert PairedRight(80, 12, 4, 4).interval == pytest.approx((8 / 102 - spread, 8 / 102 + spread))
    assert all(map(math.isnan, PairedRight(0, 0, 0, 0).interval))


def made(n: int, *, seed: int, ties: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    shared = rng.normal(labels * 1.2, 1.0)
    first, second = shared + rng.normal(0, 0.5, n), shared + rng.normal(0, 0.9, n)
    return (labels, first.round(1), second.round(1)) if ties else (labels, first, second)


@pytest.mark.parametrize("ties", [False, True])
def test_delong_is_the_covariance_of_mann_whitney_counts(ties: bool) -> None:
    labels, *scores = made(90, seed=3, ties=ties)
    sick, well = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    v10, v01 = np.zeros((2, len(sick))), np.zeros((2, len(well)))
    for model, score in enumerate(scores):
        for i, a in enumerate(sick):
            for j, b in enumerate(well):
                pair = 1.0 if score[a] > score[b] else 0.5 if score[a] == score[b] else 0.0
                v10[model, i] += pair / len(well)
                v01[model, j] += pair / len(sick)
    covariance = np.cov(v10) / len(sick) + np.cov(v01) / len(well)
    contrast = np.array([1.0, -1.0])
    error = math.sqrt(contrast @ covariance @ contrast)
    found = delong(labels, *scores)
    assert (found.first, found.second) == pytest.approx([auroc(labels, score) for score in scores])
    assert found.high - found.low == pytest.approx(2 * Z_95 * error)
    assert found.p_value == pytest.approx(math.erfc(abs(found.difference) / error / math.sqrt(2)))


def test_delong_by_hand_on_four_images() -> None:
    # First: sick .9 .4, well .5 .1: placements of the sick 1 and 1/2, of the well 1/2 and 1. Second: all rightly.
    labels = np.array([1, 1, 0, 0])
    found = delong(labels, np.array([0.9, 0.4, 0.5, 0.1]), np.array([0.9, 0.8, 0.2, 0.1]))
    assert (found.first, found.second) == (0.75, 1.0)
    # Differences 0, -1/2 and -1/2, 0: sample variance 1/8 each, over two images each.
    assert found.low == pytest.approx(-0.25 - Z_95 * math.sqrt(1 / 8))
    assert found.p_value == pytest.approx(math.erfc(0.25 / math.sqrt(1 / 8) / math.sqrt(2)))


def test_a_model_against_itself_differs_in_nothing_and_too_few_of_a_class_give_no_test() -> None:
    labels, first, _ = made(60, seed=2, ties=False)
    assert astuple(delong(labels, first, first))[2:] == (0.0, 0.0, 1.0)
    scores = np.array([0.1, 0.2, 0.3])
    assert np.isnan(astuple(delong(np.array([1, 1, 1]), scores, scores))).all()
    found = astuple(delong(np.array([1, 0, 0]), scores, scores))
    assert found == pytest.approx((0.0, 0.0, math.nan, math.nan, math.nan), nan_ok=True)


def test_what_cannot_be_compared_is_refused() -> None:
    for labels, scores, said in (
        ([0, 1], [0.1], "one shape"),
        ([0, 1], [0.1, np.nan], "finite"),
        ([2, 1], [0, 1], "0 or 1"),
    ):
        with pytest.raises(InputRangeError, match=said):
            delong(np.array(labels), np.array(scores), np.array(scores))
    with pytest.raises(InputRangeError, match="one shape"):
        paired_right(np.array([True]), np.array([True, False]))


def both_models() -> tuple[Scores, Scores]:
    """The shipped models on test, the second's files in reverse order."""
    first, second = (
        Scores.read_all(PRETRAINED.parent / name / PREDICTIONS)["test"] for name in ("pretrained", "plain")
    )
    return first, Scores(second.labels[::-1], second.probabilities[::-1], second.paths[::-1])


def test_two_models_are_compared_by_file_and_the_order_only_turns_the_sign() -> None:
    first, second = both_models()
    one, two = compare(first, second, (0.5, 0.9)), compare(second, first, (0.9, 0.5))
    assert one.every.difference == pytest.approx(-two.every.difference)
    assert one.auroc.difference == pytest.approx(-two.auroc.difference)
    assert one.auroc.p_value == pytest.approx(two.auroc.p_value)
    areas = [auroc(scores.labels, scores.probabilities) for scores in (first, second)]
    assert (one.auroc.first, one.auroc.second) == pytest.approx(areas)
    ours, theirs = (
        set(np.array(scores.paths)[(scores.probabilities >= threshold) == scores.has_pneumonia])
        for scores, threshold in ((first, 0.5), (second, 0.9))
    )
    parts = (one.pneumonia, one.normal)
    assert one.every.only_first == len(ours - theirs) == sum(part.only_first for part in parts)
    assert one.images == len(first) == one.every.images == sum(part.images for part in parts)


def test_other_files_other_labels_and_nameless_scores_are_not_compared() -> None:
    first, second = both_models()
    renamed = Scores(second.labels, second.probabilities, ("elsewhere.png", *second.paths[1:]))
    relabelled = Scores(np.append(1 - second.labels[:1], second.labels[1:]), second.probabilities, second.paths)
    nameless = Scores(first.labels, first.probabilities)
    for other, message in ((renamed, "623 of them in both"), (relabelled, "1 of them carry another label")):
        with pytest.raises(NotComparableError, match=message):
            compare(first, other, (0.5, 0.5))
    with pytest.raises(NotComparableError, match="same test files"):
        compare(nameless, nameless, (0.5, 0.5))
