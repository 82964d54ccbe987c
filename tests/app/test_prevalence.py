"""Natural frequencies and predictive values at other prevalences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from app import measured, wording
from app.components import charts_prevalence
from app.measured import SplitResult
from model.artifact import PRETRAINED, read_manifest
from model.metrics import wilson


@pytest.fixture(scope="module")
def test_split() -> SplitResult:
    found = measured.read_evaluation(PRETRAINED, read_manifest(PRETRAINED))
    assert found is not None
    return found.test


def split(of: SplitResult, *counts: int) -> SplitResult:
    """The split with other counts: right, alarms, missed, found."""
    right, alarms, missed, found = counts
    return replace(of, counts=((right, alarms), (missed, found)))


COUNTS = [(205, 29, 7, 383), (234, 0, 0, 390), (0, 234, 0, 390), (234, 0, 390, 0), (1, 1, 1, 1), (233, 1, 389, 1)]


@pytest.mark.parametrize("prevalence", [0.001, 0.0137, 0.05, 0.3333, 0.5, 0.625, 0.999])
@pytest.mark.parametrize("counts", COUNTS)
def test_all_children_are_accounted_for(test_split: SplitResult, counts: tuple[int, ...], prevalence: float) -> None:
    found = measured.natural_frequencies(split(test_split, *counts), prevalence)
    assert found is not None
    assert found.found + found.missed + found.flagged + found.cleared == 1000
    assert found.sick == round(1000 * prevalence)
    assert min(found.found, found.missed, found.flagged, found.cleared) >= 0
    assert found.missed_range[0] <= found.missed <= found.missed_range[1]
    assert found.flagged_range[0] <= found.flagged <= found.flagged_range[1]


def test_at_the_splits_own_prevalence_the_values_are_its_own(test_split: SplitResult) -> None:
    ratios = measured.likelihoods(test_split)
    assert ratios is not None
    own = test_split.pneumonia / test_split.images
    for value, name in ((measured.ppv(ratios, own), "precision"), (measured.npv(ratios, own), "npv")):
        assert value.value == pytest.approx(test_split.metrics[name].value)
        # Wilson's interval takes the prevalence as sampled, this one as known: near, not the same.
        assert value.low == pytest.approx(test_split.metrics[name].low, abs=0.01)
        assert value.high == pytest.approx(test_split.metrics[name].high, abs=0.01)


@pytest.mark.parametrize("prevalence", [0.02, 0.3, 0.9])
def test_the_values_follow_bayes_rule(test_split: SplitResult, prevalence: float) -> None:
    (right, alarms), (missed, found) = test_split.counts
    sensitivity, specificity = found / (missed + found), right / (right + alarms)
    ratios = measured.likelihoods(test_split)
    assert ratios is not None
    called = sensitivity * prevalence + (1 - specificity) * (1 - prevalence)
    assert measured.ppv(ratios, prevalence).value == pytest.approx(sensitivity * prevalence / called)
    assert measured.npv(ratios, prevalence).value == pytest.approx(specificity * (1 - prevalence) / (1 - called))


def test_the_intervals_are_close_to_those_of_the_delta_method(test_split: SplitResult) -> None:
    """Mercaldo, Lau and Zhou 2007, on the logit scale, where no rate is near its end."""
    counts = (200, 60, 50, 250)
    (right, alarms, missed, found), prevalence = counts, 0.2
    ratios = measured.likelihoods(split(test_split, *counts))
    assert ratios is not None
    spread = 1.96 * math.sqrt(missed / found / (missed + found) + right / alarms / (right + alarms))
    middle = math.log(ratios.positive.value * prevalence / (1 - prevalence))
    expected = [1 / (1 + math.exp(-(middle + sign * spread))) for sign in (-1, 1)]
    value = measured.ppv(ratios, prevalence)
    assert [value.low, value.high] == pytest.approx(expected, abs=0.01)


def test_the_intervals_hold_what_they_promise(test_split: SplitResult) -> None:
    """Over many made test sets of known sensitivity and specificity, about 95 % of intervals hold the true value."""
    rng, held = np.random.default_rng(0), np.zeros(2)
    sensitivity, specificity, prevalence, repeats = 0.95, 0.9, 0.1, 1500
    true_ppv = sensitivity * prevalence / (sensitivity * prevalence + (1 - specificity) * (1 - prevalence))
    true_npv = specificity * (1 - prevalence) / (specificity * (1 - prevalence) + (1 - sensitivity) * prevalence)
    for found, right in zip(
        rng.binomial(200, sensitivity, repeats), rng.binomial(150, specificity, repeats), strict=True
    ):
        ratios = measured.likelihoods(split(test_split, int(right), 150 - int(right), 200 - int(found), int(found)))
        assert ratios is not None
        for index, (value, truth) in enumerate(
            ((measured.ppv(ratios, prevalence), true_ppv), (measured.npv(ratios, prevalence), true_npv))
        ):
            held[index] += value.low <= truth <= value.high
    assert held / repeats == pytest.approx([0.95, 0.95], abs=0.02)


@pytest.mark.parametrize("counts", COUNTS)
def test_rates_of_nothing_and_all_have_values_and_intervals_in_range(
    test_split: SplitResult, counts: tuple[int, ...]
) -> None:
    right, alarms, missed, found = counts
    ratios = measured.likelihoods(split(test_split, *counts))
    assert ratios is not None
    for rate, defined in ((measured.ppv(ratios, 0.1), found + alarms), (measured.npv(ratios, 0.1), missed + right)):
        assert math.isnan(rate.value) == (not defined)
        if defined:
            assert 0 <= rate.low <= rate.value <= rate.high <= 1
            assert rate.low < rate.high


def test_a_perfect_model_still_has_an_interval(test_split: SplitResult) -> None:
    ratios = measured.likelihoods(split(test_split, 100, 0, 0, 100))
    assert ratios is not None
    value = measured.ppv(ratios, 0.5)
    assert value.high == value.value == 1.0
    worst = wilson(0, 100)[1]
    ratio = math.sqrt(1 - worst**2) / worst  # MOVER-R where the rate below is 0
    assert value.low == pytest.approx(ratio / (1 + ratio))


def test_without_one_class_nothing_is_said(test_split: SplitResult) -> None:
    none = split(test_split, 3, 1, 0, 0)
    assert measured.likelihoods(none) is None
    assert measured.natural_frequencies(none, 0.5) is None


def test_the_sentences_by_hand(test_split: SplitResult) -> None:
    found = measured.natural_frequencies(test_split, 0.05)
    ratios = measured.likelihoods(test_split)
    assert found is not None
    assert ratios is not None
    assert wording.children_sentence(found).replace("\u00a0", " ") == (
        "Of 1,000 children like yours, 50 have pneumonia: the model finds 49 of them and misses 1 (95 % interval 0 to "
        "2). Of the 950 without it, it flags 118 (95 % interval 83 to 164) falsely."
    )
    told = wording.called_sentences(found, measured.ppv(ratios, 0.05), measured.npv(ratios, 0.05))
    assert told[0].startswith("Of the 167 called Pneumonia, 49 have it: positive predictive value 29.4")
    assert told[1].startswith("Of the 833 called Normal, 832 do not have it: negative predictive value 99.9")


def test_what_rounds_to_none_is_not_called_none(test_split: SplitResult) -> None:
    rare = measured.natural_frequencies(test_split, 0.01)
    assert rare is not None
    assert rare.missed == 0
    assert "misses fewer than one" in wording.children_sentence(rare)
    never = measured.natural_frequencies(split(test_split, 205, 29, 0, 390), 0.01)
    assert never is not None
    assert "misses 0 (" in wording.children_sentence(never)


def test_an_answer_that_nobody_gets_has_no_value(test_split: SplitResult) -> None:
    nobody = split(test_split, 234, 0, 390, 0)
    found, ratios = measured.natural_frequencies(nobody, 0.1), measured.likelihoods(nobody)
    assert found is not None
    assert ratios is not None
    told = wording.called_sentences(found, measured.ppv(ratios, 0.1), measured.npv(ratios, 0.1))
    assert told[0] == "Nobody is called Pneumonia at this threshold."


def test_the_chart_marks_the_chosen_prevalence(test_split: SplitResult) -> None:
    ratios = measured.likelihoods(test_split)
    assert ratios is not None
    positive = charts_prevalence.predictive_values(ratios, 0.137).data[0]
    at = list(positive.x).index(0.137)
    assert [index for index, size in enumerate(positive.marker.size) if size] == [at]
    assert positive.y[at] == measured.ppv(ratios, 0.137).value
