"""Figures are shown only beside the model that they were measured on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.measured import MeasuredError, read_evaluation
from model.artifact import read_manifest
from model.calibration import Calibration, OperatingPoint

OTHER = OperatingPoint("balanced", 0.4, "another method", "other images")


def test_evaluation_of_this_model_is_read(trained_artifact: Path) -> None:
    evaluation = read_evaluation(trained_artifact, read_manifest(trained_artifact))
    assert evaluation is not None
    assert evaluation.test.images == 40


@pytest.mark.parametrize(
    "change",
    [{"weights_sha256": "0" * 64}, {"operating_point": OTHER}, {"calibration": Calibration(slope=0.5, intercept=-6.0)}],
)
def test_evaluation_of_another_model_is_refused(trained_artifact: Path, change: dict[str, object]) -> None:
    with pytest.raises(MeasuredError, match="not the model in this folder"):
        read_evaluation(trained_artifact, replace(read_manifest(trained_artifact), **change))
