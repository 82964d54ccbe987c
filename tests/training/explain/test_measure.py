"""`python -m training explain` on made data: every method is measured, and the opening of test is recorded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import artifact as artifacts
from model.saliency import METHODS
from tests.made import made_radiograph
from training.errors import DatasetError
from training.explain.faithfulness import faithfulness, interval
from training.explain.measure import Effort, measure, remeasure, subject_of
from training.explain.scorecard import PARTS, scorecard
from training.explain.subject import Subject
from training.opacities import SIZES, STRENGTHS


def reads_a_corner() -> Subject:
    """A network that looks at one corner, with one map that says so and one that says the opposite."""

    def explain(method: str, model_input: np.ndarray, class_index: int, /) -> np.ndarray:  # noqa: ARG001
        saliency_map = np.zeros((14, 14), dtype=np.float32)
        saliency_map[:4, :4] = 1.0
        return saliency_map if method == "true" else 1.0 - saliency_map

    return Subject(
        explain=explain,
        probabilities=lambda inputs: inputs[:, :16, :16, 0].mean(axis=(1, 2)).astype(np.float64),
        to_input=lambda pixels: pixels[..., np.newaxis].astype(np.float32) / 255,
        threshold=0.5,
    )


def test_a_true_map_beats_both_baselines_and_a_false_one_neither_with_intervals_by_hand() -> None:
    scans = []
    for noise in np.random.default_rng(0).random((12, 56, 56, 1), dtype=np.float32) * 0.1:
        noise[:16, :16] = 0.9
        scans.append((noise, 1))
    found = faithfulness(reads_a_corner(), {"true": 12, "false": 6}, scans)
    assert found["false"]["scans"] == 6
    for which in ("deletion_advantage", "insertion_advantage"):
        assert all(gain["low"] > 0 for gain in found["true"][which].values())
        assert all(gain["high"] < 0 for gain in found["false"][which].values())
    assert interval(np.full(5, 0.3)) == pytest.approx({"value": 0.3, "low": 0.3, "high": 0.3})
    around = interval(np.arange(10.0))
    assert around["low"] < around["value"] == 4.5 < around["high"]


@pytest.fixture(scope="module")
def explained(made_data: Path, masks: Path, trained_artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(trained_artifact, tmp_path_factory.mktemp("explained") / "artifact"))
    effort = Effort(scans=4, opacities=4, sanity=2, memorised=8, memorise_epochs=2, surroundings_epochs=1)
    measure(made_data, folder, masks, ledgers=[folder / "test_ledger.jsonl"], effort=effort, others=[trained_artifact])
    return folder


@pytest.mark.training
def test_every_method_is_measured_and_bound_to_the_weights_and_opening_test_is_recorded(explained: Path) -> None:
    result = json.loads((explained / "explanations.json").read_text())
    assert result["weights_sha256"] == artifacts.read_manifest(explained).weights_sha256
    for split in ("validation", "test"):
        assert set(METHODS) <= set(result[split]["faithfulness"])
        marks = result[split]["markers"]
        assert set(marks["methods"]) == set(result[split]["mass"]) == set(METHODS)
        assert marks["scans"] == 4
        assert 0 < marks["area"] < 0.3
        for outcomes in marks["methods"].values():
            assert all(0 <= one["share"]["value"] <= 1 for one in outcomes.values() if "share" in one)
        for record in (record for outcomes in result[split]["mass"].values() for record in outcomes.values()):
            if "lungs" in record:
                assert sum(record[part]["value"] for part in ("lungs", "border", "elsewhere")) == pytest.approx(1.0)
    assert set(result["randomisation"]) == set(result["scorecard"]) == set(METHODS)
    assert set(result["random_labels"]["methods"]) == set(result["classes"]) == set(METHODS)
    assert result["random_labels"]["images"] == 8
    assert set(PARTS) <= set(result)
    grid = [{"size": row["size"], "strength": row["strength"]} for row in result["localisation"]]
    assert ({row["size"] for row in grid}, len(grid)) == (set(SIZES), len(SIZES) * len(STRENGTHS))
    assert result["limits"]["located"] in grid
    assert all(set(view) == {"validation", "test"} for view in result["surroundings"]["views"].values())
    assert set(result["repeatability"]["shifts"]) == set(METHODS)
    assert result["repeatability"]["shifted_scans"] == 2
    same = next(iter(result["repeatability"]["other_seeds"].values()))
    assert all(found["ssim"]["value"] == pytest.approx(1.0, abs=1e-3) for found in same.values()), "the same network"
    lines = [json.loads(line) for line in (explained / "test_ledger.jsonl").read_text().splitlines()]
    assert [line["by"] for line in lines] == ["python -m training evaluate", "python -m training explain"]
    assert "deletion" in lines[1]["seen"]


@pytest.mark.training
def test_a_part_is_measured_again_without_opening_test(
    explained: Path, made_data: Path, masks: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "artifact"))
    path = folder / "explanations.json"
    before = json.loads(path.read_text())
    path.write_text(json.dumps(before | {"classes": {}, "scorecard": {}}))
    after = remeasure(made_data, folder, masks, only=["classes"], effort=Effort(scans=4, sanity=2)).to_dict()
    assert json.loads(path.read_text()) == after
    assert set(after.pop("remeasured")) == {"classes"}
    assert after.pop("classes").keys() == before["classes"].keys()
    assert after == {name: found for name, found in before.items() if name != "classes"}
    assert (folder / "test_ledger.jsonl").read_text() == (explained / "test_ledger.jsonl").read_text()
    path.write_text(json.dumps(before | {"weights_sha256": "of others"}))
    with pytest.raises(DatasetError, match="these weights; measure all"):
        remeasure(made_data, folder, masks, only=["classes"], effort=Effort())


def test_scorecard_by_hand() -> None:
    def gains(random: float, centre: float) -> dict[str, Any]:
        return {"deletion_advantage": {"random": {"low": random}, "centre": {"low": centre}}}

    def each(key: str, **values: float) -> dict[str, Any]:
        return {name: {key: {"value": value}} for name, value in values.items()}

    mass = {name: {"true_positive": part} for name, part in each("lungs", a=0.75, c=0.69, d=0.9).items()}
    card = scorecard(
        {
            "validation": {
                "faithfulness": {"a": gains(1, 1), "b": gains(1, -1), "c": gains(-1, -1), "d": gains(1, 1)},
                "mass": mass | {"b": {"true_positive": {"scans": 0}}},
            },
            "randomisation": {name: {"passes": name != "c"} for name in "abcd"},
            "random_labels": {"methods": {name: {"passes": name != "b"} for name in "abcd"}},
            "repeatability": {
                "mild_changes": each("ssim", a=0.9, b=0.5, c=0.8, d=0.9),
                "shifts": each("ssim", a=0.8, b=0.9, c=0.9, d=0.79),
            },
            "localisation": [
                {"size": size, "strength": "dense", "methods": each("hits_unseen_shapes", a=value)}
                for size, value in (("small", 0.0), ("medium", 0.8))
            ],
        }
    )
    assert card["a"] == {"faithful": True, "sane": True, "repeatable": True, "points": True, "in_lungs": True}
    assert card["b"] == {"faithful": False, "sane": False, "repeatable": False, "points": None, "in_lungs": None}
    assert card["c"] == {"faithful": False, "sane": False, "repeatable": True, "points": None, "in_lungs": False}
    assert card["d"]["repeatable"] is False, "a map that does not move with the scan"


def test_subject_says_what_the_artifact_says(trained_artifact: Path) -> None:
    subject = subject_of(artifacts.load(trained_artifact))
    model_input = subject.to_input(made_radiograph(1, pneumonia=True))
    assert model_input.shape == (64, 64, 1)
    probability = subject.probabilities(model_input[np.newaxis])[0]
    assert subject.of_class(model_input[np.newaxis], 0)[0] == pytest.approx(1 - probability)
    assert subject.decides(model_input) == int(probability >= 0.5)
