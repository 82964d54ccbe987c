from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.records.scores import Scores
from tests.made import made_radiograph
from training.perturbations import PERTURBATIONS, STRENGTHS, perturb
from training.subgroups import subgroups


@pytest.mark.parametrize("name", sorted(PERTURBATIONS))
def test_each_perturbation_grows_with_its_strength_and_repeats(name: str) -> None:
    scan = made_radiograph(3, pneumonia=True)
    changes = []
    for strength in STRENGTHS:
        changed = np.stack([perturb(scan, name, strength, seed=seed) for seed in range(6)])
        assert (changed.shape[1:], changed.dtype) == (scan.shape, np.uint8)
        assert np.array_equal(changed[2], perturb(scan, name, strength, seed=2))
        changes.append(np.abs(changed.astype(int) - scan).mean())
    assert 0 < changes[0] < changes[1] < changes[2]
    with pytest.raises(KeyError):
        perturb(scan, "sepia", 1)


def test_table_has_every_cell_and_its_drop(trained_artifact: Path) -> None:
    table = json.loads((trained_artifact / "robustness.json").read_text())
    for split in ("validation", "test"):
        rows, unchanged = table[split]["perturbed"], table[split]["unchanged"]
        assert len(rows) == len(PERTURBATIONS) * len(STRENGTHS)
        for row in rows:
            assert row["balanced_accuracy"] == pytest.approx((row["sensitivity"] + row["specificity"]) / 2)
            assert row["drop"] == pytest.approx(unchanged["balanced_accuracy"] - row["balanced_accuracy"])
    stored = json.loads((trained_artifact / "evaluation.json").read_text())["test"]["metrics"]
    assert table["test"]["unchanged"]["auroc"] == pytest.approx(stored["auroc"]["value"], abs=1e-3)
    assert table["test"]["unchanged"]["sensitivity"] == pytest.approx(stored["sensitivity"]["value"])


def test_subgroups_by_hand(tmp_path: Path) -> None:
    names = [f"test/PNEUMONIA/person{i}_bacteria_1.png" for i in range(10)]
    names += [f"test/PNEUMONIA/person{i}_virus_1.png" for i in range(20, 32)]
    names += [f"test/NORMAL/IM-{i:04d}-0001.png" for i in range(10)]
    for index, name in enumerate(names):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (1100 if index % 2 else 300, 300)).save(path)
    labels = np.array([int("PNEU" in name) for name in names])
    probabilities = np.where(labels == 1, 0.9, 0.1)
    probabilities[:2] = 0.2  # two of ten bacterial missed
    scores = Scores(labels, probabilities, tuple(names), tuple(Path(name).stem for name in names))
    found = subgroups(scores, tmp_path, 0.5)
    by_name = {(group.by, group.group, group.truth): group for group in found.groups}
    bacteria = by_name["kind by file name", "bacteria", "Pneumonia"]
    assert (bacteria.images, bacteria.rate, bacteria.value, bacteria.auroc) == (10, "sensitivity", 0.8, 1.0)
    assert by_name["kind by file name", "virus", "Pneumonia"].value == 1.0
    assert by_name["size", "257 to 1,024 px", "Pneumonia"].images == 11
    assert ("size", "257 to 1,024 px", "Normal") not in by_name, "five images are too few"
    assert (found.uniform, found.not_in_the_data) == ({"mode": "L"}, ("age", "sex"))
