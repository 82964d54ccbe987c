"""What the verdict card and the score's line say and draw."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from app.ui import verdict
from model.evaluation import Alike, proportion
from model.input_gate import GateResult
from model.predictor import Prediction
from model.records.manifest import UncertaintyBand

BAND = UncertaintyBand(0.1, 0.93, 0.05)
DECIDED = Prediction(0.992, "Pneumonia", 0.5, "balanced", False, "Pneumonia", None, "v<1>")
OPEN = replace(DECIDED, probability=0.65, indeterminate=True)
ALIKE = Alike(40, 0.6, 0.7, proportion(13, 40))


@pytest.fixture
def html(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    drawn: list[str] = []
    monkeypatch.setattr(verdict.st, "html", drawn.append)
    return drawn


def text(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html)


@pytest.mark.parametrize(
    ("prediction", "sentence"),
    [
        (DECIDED, "Score 99\u00a0%, above the 50\u00a0% threshold (balanced): classified as pneumonia"),
        (
            replace(DECIDED, probability=0.02, decision="Normal", operating_point="rule_out", threshold=0.1),
            "Score 2\u00a0%, below the 10\u00a0% threshold (rule-out): classified as normal",
        ),
        (
            replace(DECIDED, probability=0.5),
            "Score 50\u00a0%, at the 50\u00a0% threshold (balanced): classified as pneumonia",
        ),
        (OPEN, "Score 65\u00a0%, between 10\u00a0% and 93\u00a0%: indeterminate"),
    ],
)
def test_the_score_and_why_it_leads_to_the_verdict(prediction: Prediction, sentence: str) -> None:
    assert verdict.score_sentence(prediction, BAND) == sentence


def test_the_card_leads_with_what_was_observed_and_at_which_prevalence(html: list[str]) -> None:
    verdict.card(OPEN, alike=ALIKE, prevalence=0.625)
    (card,) = html
    assert 'role="status"' in card
    assert "cx-icon--indeterminate" in card
    assert re.search(r"<h2>Indeterminate</h2>", card)
    assert "cannot decide" in card
    assert "about 32 had pneumonia (13 of 40" in card
    assert "20 to 48" in card
    assert "62\u00a0% of the test set" in card
    assert "65" not in text(card).replace("65\u00a0%", "x"), "the score is below, not in the headline"
    assert "lean" not in card.lower()


def test_a_score_that_was_not_measured_says_so(html: list[str]) -> None:
    verdict.card(DECIDED, alike=None, prevalence=0.625, level=3)
    (card,) = html
    assert "<h3>Pneumonia</h3>" in card
    assert "not measured" in card
    assert "62" not in text(card)


def test_no_figure_is_given_for_a_picture_that_was_rejected(html: list[str]) -> None:
    gate = GateResult(accepted=False, plausibility=0.1, reason="it is a photograph", lungs=np.zeros((2, 2), np.float32))
    verdict.card(replace(DECIDED, gate=gate), alike=ALIKE, prevalence=0.625)
    (card,) = html
    assert "cx-verdict--refused" in card
    assert "Rejected by the input check" in card
    assert "13 of 40" not in card


@pytest.mark.parametrize(
    ("band", "told", "strip"),
    [
        (BAND, "Indeterminate from 10", True),
        (UncertaintyBand(0.0, 1.0, 0.05), "never decides", True),
        (UncertaintyBand(0.4, 0.4, 0.05), "", False),
        (None, "", False),
    ],
)
def test_the_line_shows_score_threshold_and_range(
    html: list[str], band: UncertaintyBand | None, told: str, *, strip: bool
) -> None:
    verdict.bar(DECIDED, band=band)
    (bar,) = html
    label = re.search(r'aria-label="([^"]+)"', bar)
    assert label
    assert "above the 50\u00a0% threshold" in label[1]
    assert told in label[1]
    assert ("cx-bar__band" in bar) is strip
    assert 'cx-bar__pin" style="left:99.200%"' in bar
    assert 'cx-bar__cut" style="left:50.000%"' in bar


def test_words_and_kinds() -> None:
    assert (verdict.word(OPEN), verdict.kind(OPEN)) == ("Indeterminate", "indeterminate")
    assert (verdict.word(DECIDED), verdict.kind(DECIDED)) == ("Pneumonia", "pneumonia")
