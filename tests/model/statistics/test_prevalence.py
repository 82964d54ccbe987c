"""Natural frequencies and predictive values at other prevalences."""

from __future__ import annotations

import math

import numpy as np
import pytest

from model.evaluation import proportion
from model.records.evaluation import Counts
from model.statistics.intervals import wilson
from model.statistics.prevalence import likelihoods, natural_frequencies, npv, ppv

SHIPPED = Counts(205, 29, 7, 383)
ALL = [SHIPPED, Counts(234, 0, 0, 390), Counts(0, 234, 0, 390), Counts(234, 0, 390, 0), Counts(1, 1, 1, 1)]


@pytest.mark.parametrize("prevalence", [0.001, 0.0137, 0.05, 0.3333, 0.5, 0.625, 0.999])
@pytest.mark.parametrize("counts", ALL)
def test_all_children_are_accounted_for(counts: Counts, prevalence: float) -> None:
    found = natural_frequencies(counts, prevalence)
    assert found.found + found.missed + found.flagged + found.cleared == 1000
    assert (found.sick, found.sick + found.well) == (round(1000 * prevalence), 1000)
    assert min(found.found, found.missed, found.flagged, found.cleared) >= 0
    assert found.missed_range[0] <= found.missed <= found.missed_range[1]
    assert found.flagged_range[0] <= found.flagged <= found.flagged_range[1]


def test_a_thousand_children_by_hand() -> None:
    found = natural_frequencies(SHIPPED, 0.05)
    assert (found.found, found.missed, found.flagged, found.cleared) == (49, 1, 118, 832)
    assert (found.missed_range, found.flagged_range) == ((0, 2), (83, 164))
    rare = natural_frequencies(SHIPPED, 0.01)
    assert (rare.missed, rare.misses_some) == (0, True)


@pytest.mark.parametrize("prevalence", [0.02, 0.3, 0.9])
def test_the_values_follow_bayes_rule(prevalence: float) -> None:
    sensitivity, specificity = 383 / 390, 205 / 234
    ratios = likelihoods(SHIPPED)
    called = sensitivity * prevalence + (1 - specificity) * (1 - prevalence)
    assert ppv(ratios, prevalence).value == pytest.approx(sensitivity * prevalence / called)
    assert npv(ratios, prevalence).value == pytest.approx(specificity * (1 - prevalence) / (1 - called))


def test_at_the_samples_own_prevalence_the_values_are_its_own() -> None:
    ratios = likelihoods(SHIPPED)
    for value, own in ((ppv(ratios, 390 / 624), proportion(383, 412)), (npv(ratios, 390 / 624), proportion(205, 212))):
        assert value.value == pytest.approx(own.value)
        # Wilson's interval takes the prevalence as sampled, this one as known: near, not the same.
        assert (value.low, value.high) == pytest.approx((own.low, own.high), abs=0.01)


def test_the_intervals_hold_what_they_promise() -> None:
    """Over many made test sets of known sensitivity and specificity, about 95 % of intervals hold the true value."""
    rng, held = np.random.default_rng(0), np.zeros(2)
    sensitivity, specificity, prevalence, repeats = 0.95, 0.9, 0.1, 1500
    true_ppv = sensitivity * prevalence / (sensitivity * prevalence + (1 - specificity) * (1 - prevalence))
    true_npv = specificity * (1 - prevalence) / (specificity * (1 - prevalence) + (1 - sensitivity) * prevalence)
    drawn = zip(rng.binomial(200, sensitivity, repeats), rng.binomial(150, specificity, repeats), strict=True)
    for found, right in drawn:
        ratios = likelihoods(Counts(int(right), 150 - int(right), 200 - int(found), int(found)))
        values = ppv(ratios, prevalence), npv(ratios, prevalence)
        held += [value.low <= truth <= value.high for value, truth in zip(values, (true_ppv, true_npv), strict=True)]
    assert held / repeats == pytest.approx([0.95, 0.95], abs=0.02)


@pytest.mark.parametrize("prevalence", [0.001, 0.1, 0.999])
@pytest.mark.parametrize("counts", [counts for counts in ALL if counts.false_negative or counts.false_positive])
def test_values_lie_within_their_intervals(counts: Counts, prevalence: float) -> None:
    for value in (of(likelihoods(counts), prevalence) for of in (ppv, npv)):
        assert math.isnan(value.value) or 0 <= value.low <= value.value <= value.high <= 1


def test_a_perfect_model_still_has_an_interval_and_a_missing_class_or_answer_no_value() -> None:
    value = ppv(likelihoods(Counts(100, 0, 0, 100)), 0.5)
    ratio = math.sqrt(1 - wilson(0, 100)[1] ** 2) / wilson(0, 100)[1]
    assert (value.value, value.high) == (1.0, 1.0)
    assert value.low == pytest.approx(ratio / (1 + ratio))
    assert math.isnan(ppv(likelihoods(Counts(234, 0, 390, 0)), 0.1).value)
    assert likelihoods(Counts(3, 1, 0, 0)) is natural_frequencies(Counts(3, 1, 0, 0), 0.5) is None
