"""Natural frequencies and predictive values at other prevalences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import measured, wording
from app.components import charts_prevalence
from app.measured import SplitResult
from model.artifact import PRETRAINED, read_manifest


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
