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
    Limits,
    MadeOpacities,
    Markers,
    Mass,
    Randomised,
    RandomLabels,
    Shifts,
    Split,
    Surroundings,
    View,
)
from app.measured.files import MeasuredError, or_nan, read_if_there

if TYPE_CHECKING:
    from pathlib import Path

    from model.records.manifest import Manifest

EXPLANATIONS = "explanations.json"
NEWER = ("limits", "random_labels", "classes", "surroundings")
"""What older measurements lack. They came together: a file with some of them and not all is damaged."""


def read_explanations(folder: Path, manifest: Manifest) -> Explanations | None:
    """Read `explanations.json` and hold it against the manifest.

    A file of an older measurement is read as far as it goes.

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
    newer = any(name in values for name in NEWER)
    found = Explanations(
        model_version=str(values["model_version"]),
        measured=datetime.fromisoformat(values["measured"]),
        validation=_split(values["validation"]),
        test=_split(values["test"]),
        randomisation={name: _randomised(one, likeness="end") for name, one in values["randomisation"].items()},
        repeatability=_likeness(values["repeatability"]["mild_changes"]),
        shifts=_shifts(values["repeatability"]),
        other_networks={
            version: _likeness(one) for version, one in values["repeatability"].get("other_seeds", {}).items()
        },
        opacities=tuple(_opacities(one, newer=newer) for one in values["localisation"]),
        shortcuts=_views(values["shortcuts"]),
        scorecard={name: _verdicts(one) for name, one in values["scorecard"].items()},
        limits=_limits(values["limits"]) if newer else None,
        random_labels=_random_labels(values["random_labels"]) if newer else None,
        classes=_likeness(values["classes"]) if newer else {},
        surroundings=_surroundings(values["surroundings"]) if newer else None,
    )
    if found.limits is not None and found.judged is None:
        raise ValueError(
            f"pointing is judged by {found.limits.size}, {found.limits.strength} opacities; none such were measured"
        )
    return found


def _estimate(values: dict[str, Any], name: str = "value") -> Estimate:
    return Estimate(or_nan(values[name]), or_nan(values["low"]), or_nan(values["high"]))


def _likeness(values: dict[str, Any]) -> dict[str, Estimate]:
    return {name: _estimate(one["ssim"]) for name, one in values.items()}


def _shifts(values: dict[str, Any]) -> Shifts | None:
    return Shifts(float(values["most_shift"]), _likeness(values["shifts"])) if "shifts" in values else None


def _views(values: dict[str, Any]) -> dict[str, dict[str, View]]:
    return {
        outer: {inner: View(int(one["scans"]), _estimate(one, "auroc")) for inner, one in parts.items()}
        for outer, parts in values.items()
    }


def _randomised(values: dict[str, Any], *, likeness: str) -> Randomised:
    return Randomised(_estimate(values[likeness]), _estimate(values["random_pair"]), bool(values["passes"]))


def _limits(values: dict[str, Any]) -> Limits:
    located = values["located"]
    return Limits(
        repeatable=float(values["repeatable"]),
        points=float(values["points"]),
        in_lungs=float(values["in_lungs"]),
        size=str(located["size"]),
        strength=str(located["strength"]),
    )


def _random_labels(values: dict[str, Any]) -> RandomLabels:
    return RandomLabels(
        images=int(values["images"]),
        epochs=int(values["epochs"]),
        accuracy=float(values["accuracy"]),
        methods={name: _randomised(one, likeness="ssim") for name, one in values["methods"].items()},
    )


def _surroundings(values: dict[str, Any]) -> Surroundings:
    return Surroundings(
        preset=str(values["preset"]),
        size=int(values["input"]["size"]),
        epochs=int(values["epochs"]),
        views=_views(values["views"]),
    )


def _split(values: dict[str, Any]) -> Split:
    return Split(
        scans=int(values["scans"]),
        faithfulness={name: _faithfulness(one) for name, one in values["faithfulness"].items()},
        mass={
            name: {outcome: _mass(one) for outcome, one in outcomes.items()}
            for name, outcomes in values["mass"].items()
        },
        markers=_markers(values["markers"]) if "markers" in values else None,
    )


def _markers(values: dict[str, Any]) -> Markers:
    return Markers(
        scans=int(values["scans"]),
        area=float(values["area"]),
        turned=int(values["turned"]),
        shares={
            name: {outcome: _estimate(one["share"]) for outcome, one in outcomes.items() if "share" in one}
            for name, outcomes in values["methods"].items()
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


def _opacities(values: dict[str, Any], *, newer: bool) -> MadeOpacities:
    def hits(key: str) -> dict[str, Estimate]:
        return {name: _estimate(one[key]) for name, one in values["methods"].items()}

    # Every method is asked about the same opacities.
    asked = [int(one["hits_unseen_shapes"]["trials"]) for one in values["methods"].values()] if newer else []
    return MadeOpacities(
        size=str(values["size"]),
        strength=str(values["strength"]),
        opacities=int(values["opacities"]),
        called_pneumonia=_estimate(values["called_pneumonia"]),
        rise=_estimate(values["rise"]),
        hits=hits("hits"),
        hits_where_called=hits("hits_where_called"),
        unseen_shapes=max(asked, default=0),
        hits_unseen_shapes=hits("hits_unseen_shapes") if newer else {},
    )


def _verdicts(values: dict[str, Any]) -> dict[str, bool | None]:
    """What one method passed; a test that is missing, or neither true, false nor null, is no scorecard."""
    verdicts = {test: values[test] for test in TESTS}
    # "in" would take 1 for True.
    if any(verdict is not None and not isinstance(verdict, bool) for verdict in verdicts.values()):
        raise ValueError(f"a scorecard of {values}; expected true, false or null for each test")
    return verdicts
