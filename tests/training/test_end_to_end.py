"""fit -> evaluate on made radiographs, by the commands a user types."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from model.artifact import read_manifest
from tests.narrow import SMALL, train
from training.__main__ import main

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def learned(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(made_data, tmp_path_factory.mktemp("learned"), "epochs=10")


def auroc(folder: Path) -> float:
    return float(json.loads((folder / "evaluation.json").read_text())["test"]["metrics"]["auroc"]["value"])


def test_it_learns_made_opacities_and_writes_what_the_stored_artifact_holds(learned: Path) -> None:
    """If not, `python -m tests.narrow` makes the stored one again."""
    assert auroc(learned) > 0.85
    assert sorted(path.name for path in learned.iterdir()) == sorted(path.name for path in SMALL.iterdir())
    for path in learned.glob("*.json"):
        assert json.loads(path.read_text()).keys() == json.loads((SMALL / path.name).read_text()).keys(), path.name
    assert read_manifest(learned).split == read_manifest(SMALL).split


def test_threshold_does_not_depend_on_test(made_data: Path, masks: Path, learned: Path, tmp_path: Path) -> None:
    """With every test image of the other class, thresholds and calibration stay what they were."""
    data, folder = tmp_path / "data", Path(shutil.copytree(learned, tmp_path / "artifact"))
    shutil.copytree(made_data, data)
    (data / "test" / "NORMAL").rename(data / "test" / "x")
    (data / "test" / "PNEUMONIA").rename(data / "test" / "NORMAL")
    (data / "test" / "x").rename(data / "test" / "PNEUMONIA")
    ledger = tmp_path / "ledger.jsonl"
    arguments = ["--data", str(data), "--masks", str(masks), "--artifact", str(folder)]
    assert main(["evaluate", *arguments, "--ledger", str(ledger)]) == 0
    chosen = [(m.operating_points, m.band, m.calibration) for m in map(read_manifest, (learned, folder))]
    assert chosen[0] == chosen[1]
    assert auroc(folder) < 0.5
    assert len(ledger.read_text().splitlines()) == 1
