"""How far heatmaps can be trusted is read only beside the weights that it was measured on, and decides the default."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.heatmap import default_method
from app.measured import MeasuredError, read_explanations
from model.artifact import PRETRAINED, read_manifest
from model.saliency import METHODS
from tests.app.explained import NEWER, explanations, write_explanations


def test_what_was_measured_of_this_model_is_read(artifact: Path) -> None:
    write_explanations(artifact, failed={"layer_cam": ("in_lungs", "sane")})
    found = read_explanations(artifact, read_manifest(artifact))
    assert found is not None
    assert found.failed("layer_cam") == ("sane", "in_lungs"), "in the order of the tests"
    assert found.failed("grad_cam") == ()
    assert found.scorecard["occlusion"]["points"] is None
    assert found.judged is not None
    assert (found.judged.size, found.judged.strength) == ("medium", "dense")
    assert found.judged.unseen_shapes == 20
    assert found.judged.hits_unseen_shapes["grad_cam"].value == 0.7
    assert found.limits is not None
    assert (found.limits.repeatable, found.limits.points, found.limits.in_lungs) == (0.8, 0.75, 0.7)
    assert found.random_labels is not None
    assert found.random_labels.methods["grad_cam"].likeness.value == 0.2
    assert found.classes["grad_cam"].value == -0.05
    assert found.shifts is not None
    assert (found.shifts.most, found.shifts.likeness["grad_cam"].value) == (0.05, 0.86)
    assert found.other_networks["two"]["occlusion"].value == 0.234
    assert found.test.markers is not None
    assert (found.test.markers.area, found.test.markers.turned) == (0.031, 2)
    assert found.test.markers.shares["grad_cam"]["true_positive"].value == 0.017
    assert "false_negative" not in found.test.markers.shares["grad_cam"]
    assert found.surroundings is not None
    assert found.surroundings.views["lungs_covered"]["test"].auroc.value == 0.74
    assert found.validation.faithfulness["random"].deletion_advantage is None
    assert found.validation.mass["grad_cam"]["false_negative"].lungs is None
    assert found.shortcuts["test"]["lungs_covered"].auroc.value == 0.66


def test_an_older_measurement_is_read_as_far_as_it_goes(artifact: Path) -> None:
    write_explanations(artifact, older=True)
    found = read_explanations(artifact, read_manifest(artifact))
    assert found is not None
    assert (found.limits, found.judged, found.random_labels, found.surroundings) == (None, None, None, None)
    assert (found.shifts, found.validation.markers) == (None, None)
    assert found.classes == found.other_networks == {}
    assert found.opacities[0].hits_unseen_shapes == {}
    assert found.opacities[4].hits_where_called["grad_cam"].value == 0.9


@pytest.mark.parametrize(("accuracy", "by_heart"), [(1.0, True), (0.95, True), (0.949, False), (0.5, False)])
def test_a_network_that_does_not_know_its_labels_is_a_weak_test(
    artifact: Path, accuracy: float, by_heart: bool
) -> None:
    values = explanations(artifact)
    values["random_labels"]["accuracy"] = accuracy
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    found = read_explanations(artifact, read_manifest(artifact))
    assert found is not None
    assert found.random_labels is not None
    assert found.random_labels.by_heart is by_heart


def test_a_figure_that_is_not_defined_is_read_as_such(artifact: Path) -> None:
    write_explanations(artifact)
    found = read_explanations(artifact, read_manifest(artifact))
    assert found is not None
    assert math.isnan(found.opacities[0].hits_where_called["grad_cam"].value)


def test_a_missing_file_is_no_error(artifact: Path) -> None:
    assert read_explanations(artifact, read_manifest(artifact)) is None


def test_what_was_measured_of_other_weights_is_refused(artifact: Path) -> None:
    values = explanations(artifact) | {"weights_sha256": "0" * 64}
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(MeasuredError, match="whose weights are not those in this folder"):
        read_explanations(artifact, read_manifest(artifact))


def _a_verdict_that_is_no_verdict(values: dict[str, Any]) -> None:
    values["scorecard"]["grad_cam"]["sane"] = 1


def _a_test_that_is_missing(values: dict[str, Any]) -> None:
    del values["scorecard"]["grad_cam"]["in_lungs"]


def _no_scorecard(values: dict[str, Any]) -> None:
    del values["scorecard"]


def _an_interval_with_one_end(values: dict[str, Any]) -> None:
    del values["validation"]["faithfulness"]["grad_cam"]["deletion"]["high"]


def _no_hits_on_unseen_shapes(values: dict[str, Any]) -> None:
    del values["localisation"][0]["methods"]["grad_cam"]["hits_unseen_shapes"]


def _limits_of_opacities_that_were_not_measured(values: dict[str, Any]) -> None:
    values["limits"]["located"]["size"] = "enormous"


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    def damage(values: dict[str, Any]) -> None:
        del values[name]

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _a_verdict_that_is_no_verdict,
        _a_test_that_is_missing,
        _no_scorecard,
        _an_interval_with_one_end,
        _no_hits_on_unseen_shapes,
        _limits_of_opacities_that_were_not_measured,
        *(pytest.param(_without(name), id=f"without {name}, though the rest is of today") for name in NEWER),
    ],
)
def test_a_damaged_file_is_refused(artifact: Path, damage: Callable[[dict[str, Any]], None]) -> None:
    values = explanations(artifact)
    damage(values)
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(MeasuredError, match=r"explanations\.json cannot be read"):
        read_explanations(artifact, read_manifest(artifact))


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        ((), "grad_cam"),
        (("grad_cam_plus_plus",), "grad_cam"),
        (("grad_cam",), "grad_cam_plus_plus"),
        (("grad_cam", "grad_cam_plus_plus", "score_cam"), "layer_cam"),
        (tuple(METHODS), "grad_cam"),
    ],
)
def test_the_default_is_the_first_method_that_fails_no_test(
    artifact: Path, failed: tuple[str, ...], expected: str
) -> None:
    write_explanations(artifact, failed=dict.fromkeys(failed, ("faithful",)))
    assert default_method(read_explanations(artifact, read_manifest(artifact))) == expected


def test_a_method_that_was_judged_on_nothing_is_no_default(artifact: Path) -> None:
    values = explanations(artifact, failed={"grad_cam": ("sane",)})
    values["scorecard"]["grad_cam_plus_plus"] = dict.fromkeys(values["scorecard"]["grad_cam"])
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    assert default_method(read_explanations(artifact, read_manifest(artifact))) == "score_cam"


def test_without_a_measurement_the_default_comes_with_the_verdict() -> None:
    assert default_method(None) == "grad_cam"


def test_what_is_shipped_can_be_read() -> None:
    found = read_explanations(PRETRAINED, read_manifest(PRETRAINED))
    assert found is None or set(found.scorecard) == set(METHODS)
