"""Read `robustness.json`, and hold it against the manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.measured.files import MeasuredError, or_nan, read_if_there
from app.measured.records import Perturbed, Rates, Robustness, RobustnessTable

if TYPE_CHECKING:
    from pathlib import Path

    from model.records.manifest import Manifest

ROBUSTNESS = "robustness.json"


def read_robustness(folder: Path, manifest: Manifest) -> Robustness | None:
    """Read `robustness.json` and hold it against the manifest.

    Args:
        folder: the artifact.
        manifest: of the weights whose figures are wanted.

    Returns:
        The tables, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged, or tells of other weights.
    """
    return read_if_there(folder / ROBUSTNESS, lambda text: _robustness(json.loads(text), manifest))


def _robustness(values: dict[str, Any], manifest: Manifest) -> Robustness:
    if values["weights_sha256"] != manifest.weights_sha256:
        raise MeasuredError(
            f"{ROBUSTNESS} tells of weights {str(values['weights_sha256'])[:12]}…, which is not the model in this "
            "folder. Evaluate this model, or restore both from one version."
        )
    return Robustness(test=_table(values["test"]), validation=_table(values["validation"]))


def _table(values: dict[str, Any]) -> RobustnessTable:
    rows = tuple(
        Perturbed(str(one["perturbation"]), int(one["strength"]), _rates(one), or_nan(one["drop"]))
        for one in values["perturbed"]
    )
    cells = [(row.perturbation, row.strength) for row in rows]
    if len(set(cells)) != len(cells):
        raise ValueError("a perturbation at one strength is told twice")
    return RobustnessTable(
        images=int(values["images"]),
        unchanged=_rates(values["unchanged"]),
        perturbed=rows,
        most_drop={int(strength): float(drop) for strength, drop in values["most_drop"].items()},
    )


def _rates(values: dict[str, Any]) -> Rates:
    return Rates(
        **{name: or_nan(values[name]) for name in ("auroc", "sensitivity", "specificity", "balanced_accuracy")}
    )
