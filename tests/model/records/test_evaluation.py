"""Evaluation, robustness and predictions: what they hold, and that other models' figures are refused."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artifact import PRETRAINED, read_manifest
from model.errors import InputRangeError
from model.records.base import RecordError
from model.records.evaluation import Counts, Evaluation
from model.records.robustness import Robustness
from model.records.scores import PREDICTIONS, Scores, write_predictions

PLAIN = PRETRAINED.parent / "plain"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return Evaluation.read(PRETRAINED)


@pytest.mark.parametrize("folder", [PRETRAINED, PLAIN])
def test_the_shipped_predictions_are_written_as_they_were_read(folder: Path, tmp_path: Path) -> None:
    splits = Scores.read_all(folder / PREDICTIONS)
    assert {name: len(scores) for name, scores in splits.items()} == {"validation": 652, "test": 624}
    assert write_predictions(tmp_path / PREDICTIONS, splits).read_bytes() == (folder / PREDICTIONS).read_bytes()


def changed(values: dict[str, Any], path: str, value: object) -> str:
    *outer, last = path.split("/")
    inner = values
    for key in outer:
        inner = inner[key]
    inner[last] = value
    return json.dumps(values)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("test/confusion_matrix/counts", [[205, 29], [7, 384]]),
        ("test/confusion_matrix/counts", [[234, 0], [390]]),
        ("validation/operating_points/rule_in/confusion_matrix/counts", [[1, 2], [3, 4]]),
        ("test/operating_points/balanced/threshold", 0.4),
        ("test/operating_points/balanced", None),
        ("test/metrics/auroc/value", "high"),
        ("test/metrics/auroc/colour", 1),
        ("test/reliability", None),
        ("operating_points", [{"name": "balanced"}]),
        ("band", {"low": 0.9, "high": 0.1, "error": 0.02}),
        ("evaluated", "lately"),
    ],
)
def test_a_damaged_evaluation_is_refused(evaluation: Evaluation, path: str, value: object) -> None:
    with pytest.raises(RecordError, match=r"evaluation\.json cannot be read"):
        Evaluation.from_text(changed(evaluation.to_dict(), path, value))


def test_another_models_evaluation_is_refused(evaluation: Evaluation) -> None:
    manifest, other = read_manifest(PRETRAINED), read_manifest(PLAIN)
    with pytest.raises(RecordError, match="weights, calibration, operating points, band"):
        evaluation.require_model(other)
    with pytest.raises(RecordError, match="different band"):
        evaluation.require_model(manifest.replace(band=other.band))
    with pytest.raises(RecordError, match="other weights"):
        Robustness.read(PRETRAINED).require_model(other)


def test_a_split_at_another_operating_point_has_its_figures_only(evaluation: Evaluation) -> None:
    found = evaluation.test.at("rule_out")
    assert (found.operating_point, evaluation.test.operating_point) == ("rule_out", "balanced")
    assert found.counts == Counts(170, 64, 2, 388)
    assert (found.metrics["sensitivity"].successes, "auroc" in found.metrics) == (388, False)
    assert evaluation.test.at("never") is None
    assert json.loads(evaluation.replace(test=found).to_text())["test"].keys() == evaluation.to_dict()["test"].keys()


@pytest.mark.parametrize(("probability", "low"), [(0.0, 0.0), (0.1, 0.1), (0.15, 0.1), (0.9999, 0.9), (1.0, 0.9)])
def test_a_probability_falls_into_one_bin(evaluation: Evaluation, probability: float, low: float) -> None:
    assert evaluation.test.bin_of(probability).low == pytest.approx(low)


def test_null_is_not_a_number_and_goes_back_to_null_and_later_keys_may_be_missing(evaluation: Evaluation) -> None:
    assert math.isnan(evaluation.test.roc.threshold[0])
    text = changed(evaluation.to_dict(), "test/metrics/f1/low", None)
    found = Evaluation.from_text(text)
    assert math.isnan(found.test.metrics["f1"].low)
    assert json.loads(found.to_text()) == json.loads(text)
    values = evaluation.to_dict()
    for key in ("subgroups", "refused_by_the_gate", "files_sha256", "patient_numbers_in_training"):
        del values["test"][key]
    found = Evaluation.from_text(json.dumps(values)).test
    assert (found.subgroups, found.refused_by_the_gate, found.shared, found.files_sha256) == (None, None, None, "")


def test_drops_over_their_limit_by_hand() -> None:
    robustness = Robustness.read(PRETRAINED)
    table, limits = robustness.test, {1: 0.02, 2: 0.05, 3: 1.0}
    assert tuple(row for row in table.perturbed if row.drop > limits[row.strength]) == table.over
    values = robustness.to_dict()
    values["test"]["perturbed"].append(values["test"]["perturbed"][0])
    with pytest.raises(RecordError, match="listed twice"):
        Robustness.from_text(json.dumps(values))


def test_predictions_of_another_model_are_refused_and_missing_ones_are_none(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    assert Scores.read(tmp_path, evaluation) is None
    found = Scores.read(PRETRAINED, evaluation)
    assert found.prevalence == evaluation.test.pneumonia / evaluation.test.images
    shutil.copy(PLAIN / PREDICTIONS, tmp_path)
    with pytest.raises(RecordError, match="another test split"):
        Scores.read(tmp_path, evaluation)


@pytest.mark.parametrize(
    "rows",
    [
        *(["test,a,Normal," + score] for score in ("1.5", "nan", "x")),
        *(["test,a,Normal"], ["test,a,Cat,0.5"], ["test,a,Normal,0.1", "test,a,Normal,0.1"]),
    ],
)
def test_damaged_predictions_are_refused(tmp_path: Path, rows: list[str]) -> None:
    (tmp_path / PREDICTIONS).write_text("\n".join(["split,path,true,probability", *rows]), encoding="utf-8")
    with pytest.raises(RecordError, match=r"predictions\.csv cannot be read"):
        Scores.read_all(tmp_path / PREDICTIONS)


@pytest.mark.parametrize(
    ("labels", "probabilities", "paths"),
    [
        ([0, 1], [0.1], ()),
        ([0, 2], [0.1, 0.2], ()),
        ([0, 1], [0.1, 1.2], ()),
        ([0, 1], [0.1, math.nan], ()),
        ([0, 1], [0.1, 0.2], ("a",)),
    ],
)
def test_what_is_no_set_of_scores_is_refused(
    labels: list[int], probabilities: list[float], paths: tuple[str, ...]
) -> None:
    with pytest.raises(InputRangeError):
        Scores(np.array(labels), np.array(probabilities), paths)
