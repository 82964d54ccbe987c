"""The figures at any threshold are scikit-learn's, and those of `evaluation.json` at an operating point."""

from __future__ import annotations

import numpy as np
import pytest

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
