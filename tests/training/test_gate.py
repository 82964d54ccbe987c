"""The input check is made on a split's train and validation patients, and measured on validation."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from model.artifact import file_sha256, read_manifest
from model.input_gate import InputGate
from training.__main__ import main
from training.impostors import IMPOSTORS


@pytest.mark.training
def test_command_makes_a_gate_that_keeps_its_promise_and_is_then_required(
    made_data: Path, masks: Path, artifact_copy: Path
) -> None:
    foreign = {"black (never taught)": [np.zeros((90, 90), np.uint8)]}
    data = ["--data", str(made_data), "--masks", str(masks), "--artifact", str(artifact_copy)]
    with patch("training.gate.IMPOSTORS_EACH", 12), patch("training.gate._foreign_pictures", return_value=foreign):
        assert main(["gate", *data, "--output", str(artifact_copy / "gate"), "--epochs", "10"]) == 0
    measured = InputGate.load(artifact_copy / "gate").settings.measured
    assert measured.refused <= 0.02 * measured.scans + 1
    assert measured.dice.mean > 0.5
    assert {row.kind for row in measured.impostors} > set(IMPOSTORS)
    assert {row.kind for row in measured.impostors if row.taught} == set(IMPOSTORS)
    assert read_manifest(artifact_copy).gate_sha256 == file_sha256(artifact_copy / "gate" / "gate.json")
