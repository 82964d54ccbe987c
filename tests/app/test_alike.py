"""What a score meant on the test split: the nearest scans, counted by hand; other models' scores are refused."""

from __future__ import annotations

from app import wording
from app.measured import Alike


def test_the_sentence_by_hand() -> None:
    told = wording.alike_sentence(Alike(40, 13, 0.134, 0.873), 0.625).replace("\u00a0", " ")
    assert told == (
        "Of 100 children of this test set with such a score, about 32 had pneumonia: 13 of the 40 images nearest in "
        "score (13 % to 87 %), 95 % interval 20 to 48. In this test set 62.5 % have pneumonia; where it is rarer, "
        "fewer with such a score have it."
    )
    assert "(over 99 %)" in wording.alike_sentence(Alike(40, 40, 0.996, 0.999), 0.5).replace("\u00a0", " ")
