"""Our own confusion matrix, and when it is compared with the evaluation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.records.agreement import FEWEST, Agreement, Judged, Setup, agreement, compare, setups
from app.records.repository import Records
from app.records.values import Opinion
from model.artifact import PRETRAINED
from model.evaluation import proportion
from model.records.evaluation import Counts, Evaluation
from tests.app.driving import missing
from tests.app.records.entries import WEIGHTS, prediction, review, save

SETUP = Setup("residual-1", WEIGHTS, "balanced", 0.5)


def judged(case_id: str, decision: str, label: str, *, refused: str = "", **changed: object) -> Judged:
    return Judged(case_id, prediction(0.9 if decision == "Pneumonia" else 0.1, refused=refused, **changed), label)


def test_counts_have_the_reader_s_label_for_truth_and_without_reviews_no_rate_is_claimed() -> None:
    rows = [
        judged("a", "Pneumonia", "Pneumonia"),
        judged("b", "Pneumonia", "Normal"),
        judged("c", "Normal", "Pneumonia", indeterminate=True),
        judged("d", "Normal", "Normal"),
        judged("e", "Normal", "Normal"),
        judged("f", "Pneumonia", "Normal", refused="it looks inverted"),
    ]
    found = agreement(rows, SETUP)
    assert (found.counts.rows, found.indeterminate, found.refused) == (((2, 1), (1, 1)), 1, 1)
    rates = found.rates()
    assert set(rates) == {"accuracy", "sensitivity", "specificity", "precision", "npv"}
    none = agreement([], SETUP).rates().values()
    assert all(math.isnan(rate.value) and math.isnan(rate.low) for rate in none)
    assert (rates["specificity"].value, rates["precision"].value, rates["npv"]) == (2 / 3, 0.5, proportion(2, 3))


def test_setups_are_counted_apart_and_a_case_once() -> None:
    other = judged("a", "Normal", "Normal", model_version="residual-2")
    rows = [judged("a", "Pneumonia", "Normal"), judged("a", "Pneumonia", "Pneumonia"), other]
    assert setups(rows) == (other.setup, SETUP)
    assert agreement(rows, SETUP).counts == Counts(0, 0, 0, 1)
    assert agreement(rows, other.setup).counts == Counts(1, 0, 0, 0)


def test_reviews_are_read_as_they_were_judged(records: Records) -> None:
    opinions = ((0.9, Opinion("agree")), (0.8, Opinion("disagree", "Normal")), (0.1, Opinion("agree")))
    for seed, (probability, opinion) in enumerate(opinions):
        review(records, save(records, seed, probability).case_id, opinion)
    save(records, 0, 0.2, model_version="residual-2")  # Not judged, and it takes nothing from the first.
    save(records, 7)
    rows = records.judged()
    assert setups(rows) == (SETUP,)
    assert agreement(rows, SETUP).counts == Counts(1, 1, 0, 1)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    read = Evaluation.read(PRETRAINED)
    assert read is not None
    return read


def ours(evaluation: Evaluation, counts: Counts) -> Agreement:
    (threshold,) = (point.threshold for point in evaluation.operating_points if point.name == "balanced")
    return Agreement(Setup(evaluation.model_version, evaluation.weights_sha256, "balanced", threshold), counts, 0, 0)


def promising(evaluation: Evaluation, **rates: tuple[int, int]) -> Evaluation:
    """The evaluation with other rates at the balanced point, each as successes and trials."""
    test = evaluation.test
    point = test.points["balanced"]
    metrics = point.metrics | {name: proportion(*rate) for name, rate in rates.items()}
    points = test.points | {"balanced": point.model_copy(update={"metrics": metrics})}
    return evaluation.model_copy(update={"test": test.model_copy(update={"points": points})})


def test_the_interval_expected_is_wide_where_few_were_seen(evaluation: Evaluation) -> None:
    """From scratch: a rate drawn from what the test scans leave possible, then that many cases drawn at it."""
    rng = np.random.default_rng(0)
    found = compare(ours(evaluation, Counts(0, 0, 0, 100)), promising(evaluation, sensitivity=(18, 20)))[0]
    drawn = rng.binomial(100, rng.beta(18.5, 2.5, 400_000))
    assert (found.low, found.high) == tuple(np.quantile(drawn, [0.025, 0.975], method="inverted_cdf"))
    assert (found.expected_right, found.expected_cases) == (18, 20)
    assert found.high - found.low > 20


@pytest.mark.parametrize(
    ("counts", "findings", "said"),
    [
        (Counts(30, 30, 3, 57), ("within", "within"), ("57 of 60", "(95 %)", "380 of 400")),
        (Counts(60, 0, 20, 40), ("below", "above"), ("40 of 60", "fewer", "380 of 400")),
        (Counts(0, FEWEST, FEWEST, 0), ("below", "below"), ("0 of 20", "fewer")),
        *((Counts(0, few, few, 0), ("too few", "too few"), ("too few",)) for few in (0, FEWEST - 1)),
    ],
)
def test_as_good_worse_or_better_than_promised_is_said_from_twenty_cases_on(
    evaluation: Evaluation, counts: Counts, findings: tuple[str, str], said: tuple[str, ...]
) -> None:
    promised = promising(evaluation, sensitivity=(380, 400), specificity=(200, 400))
    found = compare(ours(evaluation, counts), promised)
    assert [one.rate for one in found] == ["sensitivity", "specificity"]
    assert tuple(one.finding for one in found) == findings
    assert missing(found[0].sentence, *said) == []
    assert ("more" in found[1].sentence) == (findings[1] == "above")


@pytest.mark.parametrize(
    "other", [{"model_version": "x"}, {"weights_sha256": "b" * 64}, {"threshold": 0.4}, {"operating_point": "rule_in"}]
)
def test_another_setup_is_not_compared(evaluation: Evaluation, other: dict[str, Any]) -> None:
    mine = ours(evaluation, Counts(30, 0, 0, 30))
    assert compare(mine, evaluation)
    assert compare(replace(mine, setup=replace(mine.setup, **other)), evaluation) == ()
    unmeasured = evaluation.test.model_copy(update={"points": {}})
    assert compare(mine, evaluation.model_copy(update={"test": unmeasured})) == ()
