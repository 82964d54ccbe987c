"""Choose the operating points on validation, then open the official test split, once, and report.

Only this module and `training.explain.measure`, which reports on explanations, score the test split. Each opening adds
a line to the test ledger before the first image is scored; `verify` adds none, since it only checks that the weights
give the stored results.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from model import artifact as artifacts
from model import evaluation as figures
from model.artifact import Artifact
from model.input_gate import load_gate
from model.labels import Probabilities
from model.preprocessing import to_model_input
from model.radiograph import read
from model.records.evaluation import Evaluation, GateRefusals, SharedNumbers, SplitResult
from model.records.manifest import Logits, Manifest
from model.records.robustness import Robustness
from model.records.scores import PREDICTIONS, Scores, write_predictions
from model.records.split import SplitLists
from model.statistics.intervals import wilson
from training import data, provenance
from training.data import LabelledImage
from training.errors import DatasetError
from training.ledger import close_lines, hash_of_files, open_ledger
from training.operating_points import ValidationViews, choose
from training.pool import Pool, load_pool
from training.robustness import robustness
from training.split_file import stored_split
from training.subgroups import subgroups
from training.views import MONITORED, VIEWS, available

logger = logging.getLogger(__name__)

VERIFY_TOLERANCE = 1e-3
BATCH = 32


def evaluate(
    root: Path, folder: Path, *, ledgers: Sequence[Path], masks: Path | None = None, originals: Path | None = None
) -> Evaluation:
    """Calibrate on validation, score test, write everything beside the weights.

    Raises:
        DatasetError: if the validation images of the artifact's split are not all in `root`, or test is missing.
        ArtifactError: if the artifact is broken.
    """
    artifact = artifacts.load(folder)
    images = stored_split(artifact.manifest, folder, root)[1]
    pool = load_pool(root, images, artifact.manifest.input.size, masks, originals)
    views = score_views(artifact, root, images, pool)
    manifest = choose_operating_points(artifact.manifest, views, pool)
    manifest.write(folder)
    ready = Artifact(artifact.network, manifest)
    validation = scores_of(images, manifest.calibration.probabilities(views.logits[MONITORED[0]]))
    # All choices are made. The opening is recorded before the first image is scored, even if scoring fails.
    lines = [open_ledger(ledger, manifest, root) for ledger in ledgers]
    test = _score_test(ready, root)
    result = _report(manifest, validation, test, folder, root)
    tables = {name: robustness(ready, root, scores) for name, scores in (("validation", validation), ("test", test))}
    seen = {
        "threshold": result.threshold,
        "auroc": round(result.test.metrics["auroc"].value, 4),
        "confusion_matrix": result.test.counts.rows,
    }
    close_lines(ledgers, lines, seen)
    Robustness(weights_sha256=manifest.weights_sha256, **tables).write(folder)
    result.write(folder)
    write_predictions(folder / PREDICTIONS, {"validation": validation, "test": test})
    return result


def _report(manifest: Manifest, validation: Scores, test: Scores, folder: Path, root: Path) -> Evaluation:
    return Evaluation(
        model_version=manifest.model_version,
        weights_sha256=manifest.weights_sha256,
        evaluated=provenance.now(),
        versions=provenance.versions(),
        calibration=manifest.calibration,
        operating_points=manifest.operating_points,
        band=manifest.band,
        interval_methods=figures.INTERVAL_METHODS,
        test=describe(test, manifest, folder, root).model_copy(
            update={
                "subgroups": subgroups(test, root, manifest.point().threshold),
                "files_sha256": hash_of_files(root),
                "shared": in_training(folder, test.paths),
            }
        ),
        validation=describe(validation, manifest, folder, root),
    )


def verify(root: Path, folder: Path) -> float:
    """Score the test split again and compare with the stored predictions; nothing is written or chosen.

    Raises:
        DatasetError: if the files differ, a probability differs by more than 0.001, or the confusion matrix differs.
        ArtifactError: if the artifact is broken or was not evaluated.
    """
    artifact = artifacts.load(folder)
    evaluation, stored = Evaluation.read(folder), Scores.read_all(folder / PREDICTIONS).get("test")
    if evaluation is None or stored is None:
        raise DatasetError(f"{folder} holds no results on test; run `python -m training evaluate` first.")
    expected = dict(zip(stored.paths, stored.probabilities.tolist(), strict=True))
    test = _score_test(artifact, root)
    found = dict(zip(test.paths, test.probabilities.tolist(), strict=True))
    if found.keys() != expected.keys():
        raise DatasetError(f"The test files in {root} are not those of {folder / PREDICTIONS}.")
    difference: float = max(abs(found[path] - expected[path]) for path in expected)
    counts = figures.counts(test.labels, test.probabilities, artifact.manifest.point().threshold)
    if difference > VERIFY_TOLERANCE or counts != evaluation.test.counts:
        raise DatasetError(
            f"The weights do not give the stored results: largest difference {difference:.2g}, "
            f"confusion matrix {counts.rows}, stored {evaluation.test.counts.rows}."
        )
    return difference


def describe(scores: Scores, manifest: Manifest, folder: Path, root: Path) -> SplitResult:
    """All figures of a set of scores, and which images the input check would reject."""
    result = figures.evaluate(scores, manifest.operating_points, manifest.band)
    return result.model_copy(update={"refused_by_the_gate": refused_by_the_gate(folder, manifest, root, scores.paths)})


def scores_of(images: Sequence[LabelledImage], probabilities: Probabilities) -> Scores:
    """Labels, paths and patients of images, with their probabilities: float64, shape (n,)."""
    labels = np.array([image.label for image in images], dtype=np.int64)
    paths, patients = (tuple(values) for values in zip(*((i.path, i.patient_id) for i in images), strict=True))
    return Scores(labels, probabilities, paths, patients)


def _score_test(artifact: Artifact, root: Path) -> Scores:
    images = data.open_test_split(root)
    return scores_of(images, artifact.manifest.calibration.probabilities(score_files(artifact, root, images, "Test")))


def score_files(artifact: Artifact, root: Path, images: Sequence[LabelledImage], what: str) -> Logits:
    """Logits of files, computed as for a user's upload.

    Returns:
        float64, shape (n, 2).
    """
    logits = []
    with tqdm(total=len(images), desc=f"{what} images", unit="image", disable=None) as bar:
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH]
            inputs = np.stack([to_model_input(read(root / i.path).pixels, artifact.manifest.input) for i in part])
            outputs = artifact.network.predict_on_batch(inputs)
            logits.append(keras.ops.convert_to_numpy(outputs["logits"]).astype(np.float64))
            bar.update(len(part))
    return np.concatenate(logits)


def score_views(artifact: Artifact, root: Path, images: Sequence[LabelledImage], pool: Pool) -> ValidationViews:
    """Logits of validation images as they are, stressed, with the look of the other class, and as originals.

    Returns:
        The views that the pool allows, the first scored like a user's upload.
    """
    spec = artifact.manifest.input
    logits = {MONITORED[0]: score_files(artifact, root, images, "Validation")}
    for name in available(MONITORED, pool)[1:]:
        inputs = VIEWS[name](pool, spec)
        parts = [artifact.network.predict_on_batch(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
        logits[name] = np.concatenate([np.asarray(part["logits"], dtype=np.float64) for part in parts])
    return ValidationViews(logits, pool.labels, [image.patient_id for image in images])


def choose_operating_points(manifest: Manifest, views: ValidationViews, pool: Pool) -> Manifest:
    """Fit the calibration and choose the operating points and the band, on validation images."""
    chosen_on = (
        f"{len(views.labels)} validation images of patients not trained on (split {manifest.split['sha256'][:12]}): as "
        f"they are; in another pose and exposure, {pool.has_lungs.sum()} of them on another background; with the "
        "sharpness and grey values of the other class"
    )
    if "original" in views.logits:
        chosen_on += f"; and {len(pool.originals)} of them from the original files"
    chosen = choose(views, chosen_on=chosen_on)
    return manifest.replace(calibration=chosen.calibration, operating_points=chosen.points, band=chosen.band)


def refused_by_the_gate(folder: Path, manifest: Manifest, root: Path, paths: Sequence[str]) -> GateRefusals | None:
    """Which images the input check would reject; every figure still includes them.

    Returns:
        None where the artifact has no gate.
    """
    gate = load_gate(folder, manifest)
    if gate is None:
        return None
    refused = tuple(path for path in paths if not gate.assess(read(root / path)).accepted)
    low, high = wilson(len(refused), len(paths))
    return GateRefusals(refused=len(refused), images=len(paths), low=low, high=high, paths=refused)


def in_training(folder: Path, paths: Sequence[str]) -> SharedNumbers:
    """How many patient numbers of the test split also occur in train or validation, within a class.

    The official split reuses numbers for different people, so this is an upper bound for children in both.
    """
    lists = SplitLists.read(folder)
    seen = {data.class_and_patient(path) for path in (*lists.train, *lists.validation)} if lists else set()
    numbers = [data.class_and_patient(path) for path in paths]
    images = sum(number in seen for number in numbers)
    return SharedNumbers(shared=len(set(numbers) & seen), of=len(set(numbers)), images=images)
