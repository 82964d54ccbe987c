"""The input check is made on a split's train and validation patients, and measured on validation."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from model.artifact import file_sha256, read_manifest
from model.input_gate import InputGate
from training.__main__ import main
from training.impostors import IMPOSTORS


@pytest.mark.training
def test_command_makes_a_gate_that_keeps_its_promise_and_is_then_required(
    made_data: Path, trained_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.gate.IMPOSTORS_EACH", 12)
    monkeypatch.setattr(
        "training.gate._foreign_pictures", lambda: {"black (never taught)": [np.zeros((90, 90), np.uint8)]}
    )
    folder = Path(shutil.copytree(trained_artifact, tmp_path / "artifact"))
    data = ["--data", str(made_data), "--masks", str(made_data.parent / "masks"), "--artifact", str(folder)]
    assert main(["gate", *data, "--output", str(folder / "gate"), "--epochs", "10"]) == 0
    measured = InputGate.load(folder / "gate").settings.measured
    assert measured is not None
    assert measured.dice is not None
    assert measured.refused <= 0.02 * measured.scans + 1
    assert measured.dice.mean > 0.5
    assert {row.kind for row in measured.impostors} > set(IMPOSTORS)
    assert {row.kind for row in measured.impostors if row.taught} == set(IMPOSTORS)
    assert read_manifest(folder).gate_sha256 == file_sha256(folder / "gate" / "gate.json")
