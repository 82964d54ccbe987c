"""Figures are shown only beside the model that they were measured on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.measured import MeasuredError, read_evaluation, read_history, read_robustness
from model.artifact import read_manifest
from model.records.manifest import Calibration, UncertaintyBand


def test_evaluation_of_this_model_is_read(sure_artifact: Path) -> None:
    evaluation = read_evaluation(sure_artifact, read_manifest(sure_artifact))
    assert evaluation is not None
    assert evaluation.test.images == 40
    assert [point.name for point in evaluation.operating_points] == ["rule_out", "balanced", "rule_in"]
    assert evaluation.test.subgroups is not None
    assert evaluation.test.subgroups.not_in_the_data == ("age", "sex")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weights_sha256": "0" * 64}, "weights"),
        ({"operating_points": ()}, "operating points"),
        ({"calibration": Calibration(slope=0.5, intercept=-6.0)}, "calibration"),
        ({"band": UncertaintyBand(0.1, 0.9, 0.02)}, "band"),
        ({"band": None}, "band"),
    ],
)
def test_evaluation_of_another_model_is_refused(sure_artifact: Path, change: dict[str, object], named: str) -> None:
    manifest = read_manifest(sure_artifact).replace(**change)
    with pytest.raises(MeasuredError, match=f"not the model in this folder: not the manifest’s {named}"):
        read_evaluation(sure_artifact, manifest)


def test_the_same_split_at_another_operating_point(sure_artifact: Path) -> None:
    evaluation = read_evaluation(sure_artifact, read_manifest(sure_artifact))
    assert evaluation is not None
    values = json.loads((sure_artifact / "evaluation.json").read_text())["test"]["operating_points"]
    for name, expected in values.items():
        found = evaluation.test.at(name)
        assert found is not None
        assert [list(row) for row in found.counts] == expected["confusion_matrix"]["counts"]
        assert found.metrics["sensitivity"].value == expected["metrics"]["sensitivity"]["value"]
        assert found.operating_point == name
        assert "auroc" not in found.metrics, "It depends on no threshold."
    assert evaluation.test.at("another") is None


def _counts_that_do_not_add_up(test: dict[str, Any]) -> None:
    test["operating_points"]["rule_in"]["confusion_matrix"]["counts"][0][0] += 1


def _figures_of_another_threshold(test: dict[str, Any]) -> None:
    test["operating_points"]["rule_in"]["threshold"] = 0.7


def _a_point_not_measured(test: dict[str, Any]) -> None:
    del test["operating_points"]["rule_out"]


def _a_band_with_a_hole(test: dict[str, Any]) -> None:
    del test["band"]["normal_above"]


@pytest.mark.parametrize(
    "damage", [_counts_that_do_not_add_up, _figures_of_another_threshold, _a_point_not_measured, _a_band_with_a_hole]
)
def test_an_evaluation_that_contradicts_itself_is_refused(
    artifact: Path, damage: Callable[[dict[str, Any]], None]
) -> None:
    values = json.loads((artifact / "evaluation.json").read_text())
    damage(values["test"])
    (artifact / "evaluation.json").write_text(json.dumps(values))
    with pytest.raises(MeasuredError, match=r"evaluation\.json cannot be read"):
        read_evaluation(artifact, read_manifest(artifact))


def test_a_figure_that_is_not_defined_is_read_as_such(artifact: Path) -> None:
    values = json.loads((artifact / "evaluation.json").read_text())
    values["test"]["band"]["decided_right"] |= dict.fromkeys(("value", "low", "high")) | {"successes": 0, "trials": 0}
    (artifact / "evaluation.json").write_text(json.dumps(values))
    evaluation = read_evaluation(artifact, read_manifest(artifact))
    assert evaluation is not None
    assert evaluation.test.band is not None
    assert math.isnan(evaluation.test.band.decided_right.value)


def test_parts_that_were_not_measured_are_none(artifact: Path) -> None:
    values = json.loads((artifact / "evaluation.json").read_text())
    del values["test"]["subgroups"], values["test"]["refused_by_the_gate"], values["test"]["files_sha256"]
    (artifact / "evaluation.json").write_text(json.dumps(values))
    evaluation = read_evaluation(artifact, read_manifest(artifact))
    assert evaluation is not None
    assert evaluation.test.subgroups is None
    assert evaluation.test.refused_by_the_gate is None


def test_robustness_is_read_and_what_goes_over_its_limit_is_told(artifact: Path) -> None:
    values = json.loads((artifact / "robustness.json").read_text())
    rows = values["test"]["perturbed"]
    for row in rows:
        row["drop"] = 0.03
    (artifact / "robustness.json").write_text(json.dumps(values))
    found = read_robustness(artifact, read_manifest(artifact))
    assert found is not None
    assert len(found.test.perturbed) == len(rows)
    assert {row.strength for row in found.test.over} == {1}, "Strength 2 may drop by .05; strength 3 has no limit."


def test_robustness_of_other_weights_is_refused(artifact: Path) -> None:
    with pytest.raises(MeasuredError, match="not the model in this folder"):
        read_robustness(artifact, read_manifest(artifact).replace(weights_sha256="0" * 64))


@pytest.mark.parametrize("text", ["[1", "{}", "[]", "null"])
def test_damaged_robustness_is_named(artifact: Path, text: str) -> None:
    (artifact / "robustness.json").write_text(text)
    with pytest.raises(MeasuredError, match=r"robustness\.json cannot be read"):
        read_robustness(artifact, read_manifest(artifact))


def test_without_robustness_there_is_none(artifact: Path) -> None:
    (artifact / "robustness.json").unlink()
    assert read_robustness(artifact, read_manifest(artifact)) is None


def test_curves_of_other_weights_are_refused(sure_artifact: Path) -> None:
    manifest = read_manifest(sure_artifact)
    assert read_history(sure_artifact, manifest) is not None
    with pytest.raises(MeasuredError, match="other weights"):
        read_history(sure_artifact, manifest.replace(weights_sha256="0" * 64))
