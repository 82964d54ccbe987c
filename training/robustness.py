"""How much AUROC, sensitivity and specificity hold when a scan is exposed, stored or framed differently."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from model.artifact import Artifact
from model.evaluation import auroc, counts
from model.labels import Labels, Probabilities
from model.preprocessing import to_model_input
from model.radiograph import read
from model.records.robustness import Perturbed, Rates, RobustnessTable
from model.records.scores import Scores
from training.perturbations import PERTURBATIONS, STRENGTHS, perturb

MOST_DROP = {1: 0.02, 2: 0.05}
BATCH = 32


def robustness(artifact: Artifact, root: Path, scores: Scores) -> RobustnessTable:
    """The table: every perturbation at every strength, at the balanced threshold."""
    scans = [read(root / path).pixels for path in scores.paths]
    threshold = artifact.manifest.point().threshold
    unchanged = _rates(scores.labels, _probabilities(artifact, scans), threshold)
    rows = []
    cells = [(name, strength) for name in PERTURBATIONS for strength in STRENGTHS]
    for name, strength in tqdm(cells, desc="Robustness", unit="setting", disable=None):
        changed = [perturb(scan, name, strength, seed=index) for index, scan in enumerate(scans)]
        rates = _rates(scores.labels, _probabilities(artifact, changed), threshold)
        drop = unchanged.balanced_accuracy - rates.balanced_accuracy
        rows.append(Perturbed(perturbation=name, strength=strength, drop=drop, **rates.model_dump()))
    return RobustnessTable(images=len(scores), unchanged=unchanged, perturbed=tuple(rows), most_drop=MOST_DROP)


def _probabilities(artifact: Artifact, scans: Sequence[npt.NDArray[np.uint8]]) -> Probabilities:
    parts = []
    for start in range(0, len(scans), BATCH):
        inputs = np.stack([to_model_input(scan, artifact.manifest.input) for scan in scans[start : start + BATCH]])
        logits = np.asarray(artifact.network.predict_on_batch(inputs)["logits"], dtype=np.float64)
        parts.append(artifact.manifest.calibration.probabilities(logits))
    return np.concatenate(parts)


def _rates(labels: Labels, probabilities: Probabilities, threshold: float) -> Rates:
    found = counts(labels, probabilities, threshold)
    sensitivity, specificity = found.true_positive / found.pneumonia, found.true_negative / found.normal
    return Rates(
        auroc=auroc(labels, probabilities),
        sensitivity=sensitivity,
        specificity=specificity,
        balanced_accuracy=(sensitivity + specificity) / 2,
    )
