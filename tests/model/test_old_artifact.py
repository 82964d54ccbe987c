"""An artifact that the code of November 2026 made loads, gives the same scores, and all its files are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.predictor import Predictor
from model.radiograph import read
from model.records.measured import read_measured

ROOT = Path(__file__).parents[2]
OLD = ROOT / "tests" / "fixtures" / "artifact_2026_11"
EXPECTED = json.loads((OLD / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load(OLD / "artifact")


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: Path(expected["sample"]).stem)
def test_it_gives_the_scores_of_its_time(predictor: Predictor, expected: dict[str, Any]) -> None:
    prediction = predictor.predict(read(ROOT / expected["sample"]))
    assert prediction.probability == pytest.approx(expected["probability"], abs=1e-6)
    for name in ("decision", "threshold", "operating_point", "indeterminate", "explained_class", "model_version"):
        assert getattr(prediction, name) == expected[name], name
    assert (prediction.gate.accepted, prediction.gate.reason) == (expected["gate_accepted"], expected["gate_reason"])
    assert prediction.saliency_map.shape == tuple(expected["saliency_shape"])
    assert float(prediction.saliency_map.mean()) == pytest.approx(expected["saliency_mean"], abs=1e-6)


def test_all_its_files_are_read() -> None:
    measured = read_measured(OLD / "artifact")
    assert measured.problems == ()
    assert None not in vars(measured).values()
    assert (measured.manifest.parameters, measured.manifest.intended_use) == (17818, None)
