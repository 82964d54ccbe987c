"""Give a copy of an artifact other thresholds and another band, in the manifest and in the evaluation alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model.artifact import read_manifest
from model.evaluation import at_point, band_shares
from model.records.evaluation import Evaluation
from model.records.manifest import BALANCED, RULE_IN, RULE_OUT, UncertaintyBand
from model.records.scores import PREDICTIONS, Scores


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
    manifest, evaluation = read_manifest(folder), Evaluation.read(folder)
    assert evaluation is not None
    thresholds = {RULE_OUT: rule_out, BALANCED: 0.5, RULE_IN: rule_in}
    points = tuple(replace(one, threshold=thresholds[one.name]) for one in manifest.operating_points)
    found = UncertaintyBand(*(band or (rule_out, rule_in)), error=0.02)
    manifest.replace(operating_points=points, band=found).write(folder)
    splits = {}
    for name, scores in Scores.read_all(folder / PREDICTIONS).items():
        at = {point: at_point(scores, threshold) for point, threshold in thresholds.items()}
        splits[name] = getattr(evaluation, name).replace(points=at, band=band_shares(scores, found))
    evaluation.replace(operating_points=points, band=found, **splits).write(folder)
    return folder
