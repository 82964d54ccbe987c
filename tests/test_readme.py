"""Figures in README are those of the files that scripts wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEST = json.loads((ROOT / "model" / "pretrained" / "evaluation.json").read_text(encoding="utf-8"))["test"]
ROWS = {
    "AUROC": ("auroc", 1),
    "accuracy": ("accuracy", 100),
    "sensitivity": ("sensitivity", 100),
    "specificity": ("specificity", 100),
    "precision": ("precision", 100),
    "F1": ("f1", 1),
    "average precision": ("average_precision", 1),
    "expected calibration error, 15 equal-mass bins": ("expected_calibration_error", 1),
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_table_is_the_evaluation(row: str) -> None:
    name, factor = ROWS[row]
    metric = TEST["metrics"][name]
    line = re.search(rf"^\| {re.escape(row)} \| ([\d.]+).*\| ([\d.]+) to ([\d.]+) \|$", README, re.MULTILINE)
    assert line, f"README has no row {row!r}"
    digits = 1 if factor == 100 else 3
    assert [float(part) for part in line.groups()] == [
        round(factor * metric[key], digits) for key in ("value", "low", "high")
    ]


def test_confusion_matrix_is_the_evaluation() -> None:
    (tn, fp), (fn, tp) = TEST["confusion_matrix"]["counts"]
    assert f"| **truly Normal** | {tn} | {fp} |" in README
    assert f"| **truly Pneumonia** | {fn} | {tp} |" in README


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
