"""Read `explanations.json`, and hold it against the manifest."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.measured.explained import (
    TESTS,
    Estimate,
    Explanations,
    Faithfulness,
    MadeOpacities,
    Mass,
    Randomised,
    Split,
    View,
)
from app.measured.files import MeasuredError, or_nan, read_if_there

if TYPE_CHECKING:
    from pathlib import Path

    from model.artifact import Manifest

EXPLANATIONS = "explanations.json"


def read_explanations(folder: Path, manifest: Manifest) -> Explanations | None:
    """Read `explanations.json` and hold it against the manifest.

    Args:
        folder: the artifact.
        manifest: of the weights whose figures are wanted.

    Returns:
        How far the heatmaps can be trusted, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged, or tells of other weights.
    """
    return read_if_there(folder / EXPLANATIONS, lambda text: _explanations(json.loads(text), manifest))


def _explanations(values: dict[str, Any], manifest: Manifest) -> Explanations:
    if values["weights_sha256"] != manifest.weights_sha256:
        raise MeasuredError(
            f"{EXPLANATIONS} tells of model {values['model_version']}, whose weights are not those in this folder. "
            "Measure this model with `python -m training explain`, or restore both from one version."
        )
    return Explanations(
        model_version=str(values["model_version"]),
        measured=datetime.fromisoformat(values["measured"]),
        validation=_split(values["validation"]),
        test=_split(values["test"]),
        randomisation={
            name: Randomised(_estimate(one["end"]), _estimate(one["random_pair"]), bool(one["passes"]))
            for name, one in values["randomisation"].items()
        },
        repeatability={name: _estimate(one["ssim"]) for name, one in values["repeatability"]["mild_changes"].items()},
        opacities=tuple(map(_opacities, values["localisation"])),
        shortcuts={
            split: {name: View(int(one["scans"]), _estimate(one, "auroc")) for name, one in views.items()}
            for split, views in values["shortcuts"].items()
        },
        scorecard={name: _verdicts(one) for name, one in values["scorecard"].items()},
    )


def _estimate(values: dict[str, Any], name: str = "value") -> Estimate:
    return Estimate(or_nan(values[name]), or_nan(values["low"]), or_nan(values["high"]))


def _split(values: dict[str, Any]) -> Split:
    return Split(
        scans=int(values["scans"]),
        faithfulness={name: _faithfulness(one) for name, one in values["faithfulness"].items()},
        mass={
            name: {outcome: _mass(one) for outcome, one in outcomes.items()}
            for name, outcomes in values["mass"].items()
        },
    )


def _faithfulness(values: dict[str, Any]) -> Faithfulness:
    deletion, insertion = (
        {name: _estimate(one) for name, one in values[key].items()} if key in values else None
        for key in ("deletion_advantage", "insertion_advantage")
    )
    return Faithfulness(
        int(values["scans"]), _estimate(values["deletion"]), _estimate(values["insertion"]), deletion, insertion
    )


def _mass(values: dict[str, Any]) -> Mass:
    lungs = _estimate(values["lungs"]) if "lungs" in values else None
    return Mass(int(values["scans"]), int(values["empty"]), lungs)


def _opacities(values: dict[str, Any]) -> MadeOpacities:
    hits, called = (
        {name: _estimate(one[key]) for name, one in values["methods"].items()} for key in ("hits", "hits_where_called")
    )
    return MadeOpacities(
        size=str(values["size"]),
        strength=str(values["strength"]),
        opacities=int(values["opacities"]),
        called_pneumonia=_estimate(values["called_pneumonia"]),
        rise=_estimate(values["rise"]),
        hits=hits,
        hits_where_called=called,
    )


def _verdicts(values: dict[str, Any]) -> dict[str, bool | None]:
    """What one method passed; a test that is missing, or neither true, false nor null, is no scorecard."""
    verdicts = {test: values[test] for test in TESTS}
    # "in" would take 1 for True.
    if any(verdict is not None and not isinstance(verdict, bool) for verdict in verdicts.values()):
        raise ValueError(f"a scorecard of {values}; expected true, false or null for each test")
    return verdicts
