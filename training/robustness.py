"""How much AUROC, sensitivity and specificity hold when a scan is exposed, stored or framed differently."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from model.artifact import Artifact, require_operating_point
from model.metrics import Labels, Probabilities, auroc, count
from model.preprocessing import to_model_input
from model.radiograph import read
from training.data import LabelledImage
from training.perturbations import PERTURBATIONS, STRENGTHS, perturb

MOST_DROP = {1: 0.02, 2: 0.05}
BATCH = 32


def robustness(artifact: Artifact, root: Path, images: Sequence[LabelledImage]) -> dict[str, Any]:
    """The table: every perturbation at every strength, at the shipped threshold.

    Args:
        artifact: with an operating point.
        root: the data folder.
        images: of one split.

    Returns:
        `unchanged`, and `perturbed`: one record a perturbation and strength with auroc, sensitivity, specificity,
        balanced_accuracy and its drop against unchanged; `most_drop`: what strengths 1 and 2 should keep to.
    """
    scans = [read(root / image.path).pixels for image in images]
    labels = np.array([image.label for image in images], dtype=np.int64)
    threshold = require_operating_point(artifact.manifest).threshold
    unchanged = _record(labels, _probabilities(artifact, scans), threshold)
    rows = []
    cells = [(name, strength) for name in PERTURBATIONS for strength in STRENGTHS]
    for name, strength in tqdm(cells, desc="Robustness", unit="setting", disable=None):
        changed = [perturb(scan, name, strength, seed=index) for index, scan in enumerate(scans)]
        record = _record(labels, _probabilities(artifact, changed), threshold)
        drop = unchanged["balanced_accuracy"] - record["balanced_accuracy"]
        rows.append({"perturbation": name, "strength": strength, **record, "drop": drop})
    most_drop = {str(strength): drop for strength, drop in MOST_DROP.items()}
    return {"images": len(images), "unchanged": unchanged, "perturbed": rows, "most_drop": most_drop}


def _probabilities(artifact: Artifact, scans: Sequence[npt.NDArray[np.uint8]]) -> Probabilities:
    parts = []
    for start in range(0, len(scans), BATCH):
        inputs = np.stack([to_model_input(scan, artifact.manifest.input) for scan in scans[start : start + BATCH]])
        logits = np.asarray(artifact.network.predict_on_batch(inputs)["logits"], dtype=np.float64)
        parts.append(artifact.manifest.calibration.probabilities(logits))
    return np.concatenate(parts)


def _record(labels: Labels, probabilities: Probabilities, threshold: float) -> dict[str, float]:
    fractions = count(labels, probabilities, threshold).fractions()
    sensitivity, specificity = (found / total for found, total in (fractions["sensitivity"], fractions["specificity"]))
    return {
        "auroc": auroc(labels, probabilities),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "balanced_accuracy": (sensitivity + specificity) / 2,
    }
