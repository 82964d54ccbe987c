"""What a score meant on the test split: the nearest scans, counted by hand; other models' scores are refused."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from app import wording
from app.measured import Alike, MeasuredError, ScoredScans, read_evaluation, read_test_scans
from app.measured.alike import FEWEST, NEAREST
from model.artifact import PRETRAINED, read_manifest


def scans(probabilities: list[float], sick: list[bool]) -> ScoredScans:
    return ScoredScans(np.array(probabilities), np.array(sick))


def test_the_nearest_are_counted() -> None:
    low, high = np.linspace(0.1, 0.14, 60), np.linspace(0.86, 0.9, 60)
    made = scans([*low, *high], [index % 4 == 0 for index in range(60)] + [True] * 60)
    found = made.alike(0.1)
    assert found is not None
    assert found.scans == NEAREST
    assert found.pneumonia == NEAREST / 4
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(low[NEAREST - 1])
    assert made.prevalence == pytest.approx(75 / 120)
    sure = made.alike(0.95)
    assert sure is not None
    assert sure.share == 1.0


def test_near_is_meant_in_odds_not_in_points() -> None:
    # 0.02 is nearer to 0.001 in points; in odds, 0.06 is nearer to 0.02.
    made = scans([0.001] * 40 + [0.06] * 40, [False] * 40 + [True] * 40)
    found = made.alike(0.02)
    assert found is not None
    assert found.share == 1.0


def test_all_that_tie_with_the_last_are_taken() -> None:
    made = scans([0.2] * 90 + [0.9] * 30, [index < 30 for index in range(90)] + [True] * 30)
    found = made.alike(0.2)
    assert found is not None
    assert (found.scans, found.pneumonia) == (90, 30)


@pytest.mark.parametrize("probability", [0.0, 1e-6, 0.5, 1.0])
def test_too_few_near_ones_say_nothing(probability: float) -> None:
    made = scans([0.05] * 100 + [0.5] * (FEWEST - 1) + [0.95] * 100, [False] * 100 + [True] * (FEWEST + 99))
    assert made.alike(probability) is None
    assert made.alike(0.05) is not None


def test_without_a_scan_nothing_is_said() -> None:
    assert scans([], []).alike(0.5) is None


def test_the_sentence_by_hand() -> None:
    told = wording.alike_sentence(Alike(40, 13, 0.134, 0.873), 0.625).replace("\u00a0", " ")
    assert told == (
        "Of 100 children of this test set with such a score, about 32 had pneumonia: 13 of the 40 images nearest in "
        "score (13 % to 87 %), 95 % interval 20 to 48. In this test set 62.5 % have pneumonia; where it is rarer, "
        "fewer with such a score have it."
    )
    assert "(over 99 %)" in wording.alike_sentence(Alike(40, 40, 0.996, 0.999), 0.5).replace("\u00a0", " ")


def test_the_shipped_scores_agree_with_the_shipped_evaluation() -> None:
    evaluation = read_evaluation(PRETRAINED, read_manifest(PRETRAINED))
    assert evaluation is not None
    found = read_test_scans(PRETRAINED, evaluation)
    assert found is not None
    assert len(found.probabilities) == evaluation.test.images
    assert found.prevalence == evaluation.test.pneumonia / evaluation.test.images


def test_scores_of_another_model_are_refused_and_missing_ones_are_none(artifact: Path) -> None:
    evaluation = read_evaluation(artifact, read_manifest(artifact))
    assert evaluation is not None
    path = artifact / "predictions.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    index = next(index for index, row in enumerate(rows) if row["split"] == "test")
    flipped = str(1 - float(rows[index]["probability"]))
    _write(path, [row | {"probability": flipped} if row is rows[index] else row for row in rows])
    with pytest.raises(MeasuredError, match="another model or another test split"):
        read_test_scans(artifact, evaluation)
    for probability in ("1.5", "nan", "x"):
        _write(path, [row | {"probability": probability} for row in rows])
        with pytest.raises(MeasuredError, match=r"predictions\.csv cannot be read"):
            read_test_scans(artifact, evaluation)
    path.unlink()
    assert read_test_scans(artifact, evaluation) is None


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
