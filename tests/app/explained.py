"""The shipped model's figures of heatmaps, bound to another artifact and with the verdicts that a test wants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.artifact import PRETRAINED, read_manifest
from model.records.explanations import TESTS
from model.saliency import METHODS


def write_explanations(
    folder: Path, *, failed: dict[str, tuple[str, ...]] | None = None, older: bool = False
) -> dict[str, Any]:
    """Write them beside the weights, and return what the file holds.

    Args:
        folder: the artifact.
        failed: by method, the tests that it fails; all others pass, but slow ones were not asked to point.
        older: without what was not measured at first.
    """
    manifest = read_manifest(folder)
    values = json.loads((PRETRAINED / "explanations.json").read_text(encoding="utf-8"))
    values |= {"weights_sha256": manifest.weights_sha256, "model_version": manifest.model_version}
    for key, method in METHODS.items():
        verdicts = dict.fromkeys(TESTS, True) | ({"points": None} if method.slow else {})
        values["scorecard"][key] = verdicts | dict.fromkeys((failed or {}).get(key, ()), False)
    if older:
        for place, names in (
            (values, ("limits", "random_labels", "classes", "surroundings", "remeasured")),
            (values["repeatability"], ("shifted_scans", "most_shift", "shifts", "other_seeds")),
            (values["validation"], ("markers",)),
            (values["test"], ("markers",)),
        ):
            for name in names:
                del place[name]
        for row in values["localisation"]:
            for one in row["methods"].values():
                del one["hits_unseen_shapes"]
    (folder / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    return values
