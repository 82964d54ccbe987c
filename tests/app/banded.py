"""Give a copy of an artifact other thresholds and another band, in the manifest and in the evaluation alike."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from model.artifact import read_manifest, write_manifest
from model.calibration import BALANCED, RULE_IN, RULE_OUT, UncertaintyBand
from training.results import Scored, at_threshold, in_band


def rewrite(folder: Path, *, rule_out: float, rule_in: float, band: tuple[float, float] | None = None) -> Path:
    """Move the outer operating points, and the band if it is not to lie between them; count anew.

    Args:
        folder: the artifact, changed in place.
        rule_out: its threshold.
        rule_in: its threshold.
        band: low and high; the two thresholds if None.

    Returns:
        The folder.
    """
    manifest = read_manifest(folder)
    thresholds = {RULE_OUT: rule_out, BALANCED: 0.5, RULE_IN: rule_in}
    points = tuple(replace(one, threshold=thresholds[one.name]) for one in manifest.operating_points)
    found = UncertaintyBand(*(band or (rule_out, rule_in)), error=0.02)
    write_manifest(replace(manifest, operating_points=points, band=found), folder)
    values = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    values |= {"operating_points": [asdict(one) for one in points], "band": asdict(found)}
    rows = list(csv.DictReader((folder / "predictions.csv").read_text(encoding="utf-8").splitlines()))
    for split in ("test", "validation"):
        inside = [row for row in rows if row["split"] == split]
        labels = np.array([row["true"] == "Pneumonia" for row in inside], dtype=np.int64)
        scored = Scored((), labels, np.array([float(row["probability"]) for row in inside]))
        at = {name: at_threshold(scored, threshold) for name, threshold in thresholds.items()}
        values[split] |= {"operating_points": at, "band": in_band(scored, found)}
    (folder / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    return folder
