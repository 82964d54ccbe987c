"""Choose the operating points on validation, then open the official test split, once, and report.

This module and `training.explain.measure`, which reports on explanations, are the only ones that score test. Each
opening adds a line to the test ledger before the first look; `verify` does not, since it tells nothing but whether the
stored results are the weights'.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from model import artifact as artifacts
from model.artifact import Artifact, Manifest
from model.calibration import Logits
from model.input_gate import load_gate
from model.labels import LABELS
from model.metrics import count, wilson
from model.preprocessing import to_model_input
from model.radiograph import read
from training import data
from training.data import LabelledImage
from training.errors import DatasetError
from training.ledger import close_ledger, hash_of_files, open_ledger
from training.operating_points import ValidationViews, choose
from training.pool import load_pool
from training.results import Scored, report
from training.robustness import robustness
from training.split_file import SPLIT, stored_split
from training.subgroups import subgroups
from training.views import MONITORED, VIEWS

logger = logging.getLogger(__name__)

EVALUATION = "evaluation.json"
PREDICTIONS = "predictions.csv"
ROBUSTNESS = "robustness.json"
VERIFY_TOLERANCE = 1e-3
BATCH = 32
PREDICTION_COLUMNS = ("split", "path", "true", "probability")

Scores = tuple[ValidationViews, int]


def evaluate(root: Path, folder: Path, *, ledgers: Sequence[Path], masks: Path | None = None) -> dict[str, Any]:
    """Calibrate on validation, score test, write everything beside the weights.

    Args:
        root: the data folder, with train and test.
        folder: the artifact, as `training.fit` wrote it.
        ledgers: the files that count how often test was opened.
        masks: folder of lung outlines, for validation with swapped backgrounds, or None.

    Returns:
        The content of `evaluation.json`.

    Raises:
        DatasetError: if the validation images of the artifact's split are not all in `root`, or test is missing.
        ArtifactError: if the artifact is broken.
    """
    artifact = artifacts.load(folder)
    images = stored_split(artifact.manifest, folder, root)[1]
    views, outlined = score_views(artifact, root, images, masks)
    manifest = choose_operating_points(artifact.manifest, views, outlined=outlined)
    artifacts.write_manifest(manifest, folder)
    validation = Scored(images, views.labels, manifest.calibration.probabilities(views.logits[MONITORED[0]]))
    # From here on the choice is made. The opening is recorded before the first look, whatever comes of it.
    lines = [open_ledger(ledger, manifest, root) for ledger in ledgers]
    test = _score_test(Artifact(artifact.network, manifest), root)
    result = report(manifest, validation, test)
    threshold = artifacts.require_operating_point(manifest).threshold
    result["test"]["subgroups"] = subgroups(test, root, threshold)
    for name, scored in (("validation", validation), ("test", test)):
        result[name]["refused_by_the_gate"] = refused_by_the_gate(folder, manifest, root, scored.images)
    result["test"] |= {"files_sha256": hash_of_files(root), "patient_numbers_in_training": in_training(folder, test)}
    ready = Artifact(artifact.network, manifest)
    table = {
        name: robustness(ready, root, scored.images) for name, scored in (("validation", validation), ("test", test))
    }
    for ledger, line in zip(ledgers, lines, strict=True):
        close_ledger(ledger, line, result)
    artifacts.write_text(
        folder / ROBUSTNESS, json.dumps({"weights_sha256": manifest.weights_sha256, **table}, indent=1)
    )
    artifacts.write_text(folder / EVALUATION, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    write_predictions(folder / PREDICTIONS, {"validation": validation, "test": test})
    return result


def verify(root: Path, folder: Path) -> float:
    """Score test again and hold it against the stored predictions; nothing is written or chosen.

    Args:
        root: the data folder.
        folder: an evaluated artifact.

    Returns:
        The largest difference of a probability.

    Raises:
        DatasetError: if the files differ, a probability differs by more than 0.001, or the confusion matrix differs.
    """
    artifact = artifacts.load(folder)
    stored = json.loads((folder / EVALUATION).read_text(encoding="utf-8"))
    expected = {row["path"]: float(row["probability"]) for row in read_predictions(folder) if row["split"] == "test"}
    test = _score_test(artifact, root)
    found = {i.path: float(p) for i, p in zip(test.images, test.probabilities, strict=True)}
    if found.keys() != expected.keys():
        raise DatasetError(f"The test files in {root} are not those of {folder / PREDICTIONS}.")
    difference = max(abs(found[path] - expected[path]) for path in expected)
    point = artifacts.require_operating_point(artifact.manifest)
    counts = count(test.labels, test.probabilities, point.threshold).matrix()
    if difference > VERIFY_TOLERANCE or counts != stored["test"]["confusion_matrix"]["counts"]:
        raise DatasetError(
            f"The weights do not give the stored results: largest difference {difference:.2g}, "
            f"confusion matrix {counts}, stored {stored['test']['confusion_matrix']['counts']}."
        )
    return difference


def _score_test(artifact: Artifact, root: Path) -> Scored:
    images = tuple(data.open_test_split(root))
    logits = score_files(artifact, root, images, "Test")
    labels = np.array([image.label for image in images], dtype=np.int64)
    return Scored(images, labels, artifact.manifest.calibration.probabilities(logits))


def score_files(artifact: Artifact, root: Path, images: Sequence[LabelledImage], what: str) -> Logits:
    """Logits of files, by the path a user's upload takes.

    Args:
        artifact: network and input specification.
        root: the data folder.
        images: which files.
        what: for the progress bar.

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


def score_views(artifact: Artifact, root: Path, images: Sequence[LabelledImage], masks: Path | None) -> Scores:
    """Logits of validation images as they are, stressed, and with the look of the other class.

    Args:
        artifact: network and input specification.
        root: the data folder.
        images: validation images.
        masks: folder of lung outlines, or None.

    Returns:
        The views, the first by the path a user's upload takes; and how many images had an outline.
    """
    spec = artifact.manifest.input
    pool = load_pool(root, images, spec.size, masks)
    logits = {MONITORED[0]: score_files(artifact, root, images, "Validation")}
    for name in MONITORED[1:]:
        inputs = VIEWS[name](pool, spec)
        parts = [artifact.network.predict_on_batch(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
        logits[name] = np.concatenate([np.asarray(part["logits"], dtype=np.float64) for part in parts])
    views = ValidationViews(logits, pool.labels, [image.patient_id for image in images])
    return views, int(pool.has_lungs.sum())


def choose_operating_points(manifest: Manifest, views: ValidationViews, *, outlined: int) -> Manifest:
    """Fit the calibration and choose the operating points and the band, on validation images.

    Args:
        manifest: of the artifact.
        views: of `score_views`.
        outlined: how many of the images had a lung outline, and so another background.

    Returns:
        The manifest with what was chosen.
    """
    chosen_on = (
        f"{len(views.labels)} validation images of patients not trained on (split {manifest.split['sha256'][:12]}): as "
        f"they are; in another pose and exposure, {outlined} of them on another background; with the sharpness and "
        "grey values of the other class"
    )
    chosen = choose(views, chosen_on=chosen_on)
    return replace(manifest, calibration=chosen.calibration, operating_points=chosen.points, band=chosen.band)


def refused_by_the_gate(
    folder: Path, manifest: Manifest, root: Path, images: Sequence[LabelledImage]
) -> dict[str, Any] | None:
    """Which images the input gate would refuse; they stay in every figure.

    Args:
        folder: the artifact.
        manifest: its manifest.
        root: the data folder.
        images: of one split.

    Returns:
        How many, of how many, with the share's Wilson interval and the paths; None where the artifact has no gate.
    """
    gate = load_gate(folder, manifest)
    if gate is None:
        return None
    paths = [image.path for image in images if not gate.assess(read(root / image.path)).accepted]
    low, high = wilson(len(paths), len(images))
    return {"refused": len(paths), "images": len(images), "low": low, "high": high, "paths": paths}


def in_training(folder: Path, test: Scored) -> dict[str, int]:
    """How many patient numbers of test, within a class, occur in train or validation too.

    The official split reuses numbers for different people, so this bounds from above how many children are in both.

    Args:
        folder: the artifact, with `split.json`.
        test: the scored test images.

    Returns:
        `shared` numbers, `of` how many, and `images` of test that carry a shared one.
    """
    split = json.loads((folder / SPLIT).read_text(encoding="utf-8"))
    seen = {data.class_and_patient(path) for part in ("train", "validation") for path in split[part]}
    numbers = [data.class_and_patient(image.path) for image in test.images]
    shared = set(numbers) & seen
    return {"shared": len(shared), "of": len(set(numbers)), "images": sum(number in shared for number in numbers)}


def read_predictions(folder: Path) -> list[dict[str, str]]:
    """The rows of `predictions.csv`."""
    with (folder / PREDICTIONS).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write_predictions(path: Path, parts: dict[str, Scored]) -> None:
    """Write one row an image: split, path, true label, probability.

    Args:
        path: of the CSV file.
        parts: scored images by name of their split.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PREDICTION_COLUMNS)
    for split, scored in parts.items():
        for image, label, probability in zip(scored.images, scored.labels, scored.probabilities, strict=True):
            writer.writerow([split, image.path, LABELS[label], f"{probability:.6f}"])
    artifacts.write_text(path, text.getvalue())
