"""Choose the operating point on validation, then open the official test split, once, and report.

This is the only module that opens test, and every opening adds a line to the test ledger.
"""

from __future__ import annotations

import csv
import json
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_curve
from tqdm import tqdm

from model import artifact as artifacts
from model.artifact import Artifact, Manifest
from model.calibration import (
    OperatingPoint,
    balanced_threshold,
    fit_temperature,
    probabilities_from_logits,
)
from model.labels import LABELS
from model.metrics import (
    Counts,
    Labels,
    Probabilities,
    auroc,
    bootstrap,
    count,
    expected_calibration_error,
    wilson,
)
from model.preprocessing import to_model_input
from model.radiograph import read
from training import data, provenance
from training.augment import Pool
from training.data import LabelledImage
from training.errors import DatasetError
from training.views import stressed

logger = logging.getLogger(__name__)

SPLIT = "split.json"
EVALUATION = "evaluation.json"
PREDICTIONS = "predictions.csv"
LEDGER = "test_ledger.jsonl"
VERIFY_TOLERANCE = 1e-3
RELIABILITY_BINS = 10
BATCH = 32
PREDICTION_COLUMNS = ("split", "path", "true", "probability")

Logits = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scored:
    """Images with what the network says of them.

    Attributes:
        images: which.
        labels: int, shape (n,).
        probabilities: of Pneumonia, float64, shape (n,).
    """

    images: tuple[LabelledImage, ...]
    labels: Labels
    probabilities: Probabilities


def evaluate(root: Path, folder: Path, *, ledger: Path, masks: Path | None = None) -> dict[str, Any]:
    """Choose threshold and temperature on validation, score test, write everything beside the weights.

    Args:
        root: the data folder, with train and test.
        folder: the artifact, as `training.fit` wrote it.
        ledger: the file that counts how often test was opened.
        masks: folder of lung outlines, for validation with swapped backgrounds, or None.

    Returns:
        The content of `evaluation.json`.

    Raises:
        DatasetError: if the validation images of the artifact's split are not all in `root`, or test is missing.
        ArtifactError: if the artifact is broken.
    """
    artifact = artifacts.load(folder)
    images = stored_validation(folder, root)
    logits = score_files(artifact, root, images, "Validation")
    labels = np.array([image.label for image in images], dtype=np.int64)
    stressed_logits = score_stressed(artifact, root, images, masks)
    manifest = choose_operating_point(artifact.manifest, logits, stressed_logits, labels)
    artifacts.write_manifest(manifest, folder)
    artifact = Artifact(artifact.network, manifest)
    validation = Scored(images, labels, probabilities_from_logits(logits, manifest.temperature))
    test = _score_test(artifact, root)
    result = report(manifest, validation, test)
    _append_ledger(ledger, manifest, result)
    _write(folder / EVALUATION, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    _write_predictions(folder / PREDICTIONS, {"validation": validation, "test": test})
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


def stored_validation(folder: Path, root: Path) -> tuple[LabelledImage, ...]:
    """The validation images that the artifact was chosen on.

    Args:
        folder: the artifact, with `split.json`.
        root: the data folder.

    Returns:
        The images, in stored order.

    Raises:
        DatasetError: if one of them is not in `root`.
    """
    wanted: list[str] = json.loads((folder / SPLIT).read_text(encoding="utf-8"))["validation"]
    known = {image.path: image for images in data.list_training_images(root).values() for image in images}
    missing = [path for path in wanted if path not in known]
    if missing:
        raise DatasetError(
            f"{len(missing)} of {len(wanted)} validation images of this model are not in {root}, "
            f"first {missing[0]}. Give the data folder that it was trained on."
        )
    return tuple(known[path] for path in wanted)


def _score_test(artifact: Artifact, root: Path) -> Scored:
    images = tuple(data.open_test_split(root))
    logits = score_files(artifact, root, images, "Test")
    labels = np.array([image.label for image in images], dtype=np.int64)
    return Scored(images, labels, probabilities_from_logits(logits, artifact.manifest.temperature))


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


def score_stressed(artifact: Artifact, root: Path, images: Sequence[LabelledImage], masks: Path | None) -> Logits:
    """Logits of validation images in another pose, exposure and, where there is an outline, background.

    Args:
        artifact: network and input specification.
        root: the data folder.
        images: validation images.
        masks: folder of lung outlines, or None.

    Returns:
        float64, shape (n, 2).
    """
    spec = artifact.manifest.input
    pixels = data.load_pixels(root, images, spec.size)
    inputs = stressed(Pool(pixels, *data.load_lung_masks(masks, images, spec.size)), spec)
    batches = [artifact.network.predict_on_batch(inputs[i : i + BATCH])["logits"] for i in range(0, len(inputs), BATCH)]
    return np.concatenate([np.asarray(batch, dtype=np.float64) for batch in batches])


def choose_operating_point(manifest: Manifest, logits: Logits, stressed_logits: Logits, labels: Labels) -> Manifest:
    """Fit the temperature and choose the balanced threshold on validation images.

    Each image counts twice, as it is and stressed, so that the threshold does not hang on the look that validation
    shares with train.

    Args:
        manifest: of the artifact.
        logits: float, shape (n, 2), of validation images.
        stressed_logits: float, shape (n, 2), of the same images, stressed.
        labels: int, shape (n,).

    Returns:
        The manifest with temperature and operating point.
    """
    both, twice = np.concatenate([logits, stressed_logits]), np.concatenate([labels, labels])
    temperature = fit_temperature(both, twice)
    point = OperatingPoint(
        name="balanced",
        threshold=balanced_threshold(twice, probabilities_from_logits(both, temperature)),
        method="where a logistic curve through the log-odds, both classes weighing the same, crosses one half",
        chosen_on=(
            f"{len(labels)} validation images of patients not trained on (split {manifest.split['sha256'][:12]}), "
            "each as it is and once more in another pose, exposure and background"
        ),
    )
    return replace(manifest, temperature=temperature, operating_point=point)


def report(manifest: Manifest, validation: Scored, test: Scored) -> dict[str, Any]:
    """Everything that is reported, each figure with its interval.

    Args:
        manifest: with temperature and operating point.
        validation: scored validation images.
        test: scored test images.

    Returns:
        The content of `evaluation.json`.
    """
    point = artifacts.require_operating_point(manifest)
    return {
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "evaluated": provenance.now(),
        "versions": provenance.versions(),
        "temperature": manifest.temperature,
        "operating_point": asdict(point),
        "interval_methods": {
            "proportion": "95 % Wilson score interval, images counted as independent",
            "bootstrap": "95 % percentile bootstrap, 2,000 resamples of patients within each class",
        },
        "test": describe(test, point.threshold),
        "validation": describe(validation, point.threshold),
    }


def describe(scored: Scored, threshold: float) -> dict[str, Any]:
    """Size, confusion matrix, metrics with intervals, ROC and reliability of scored images.

    Args:
        scored: the images.
        threshold: of the operating point.

    Returns:
        Plain values for JSON.
    """
    labels, probabilities = scored.labels, scored.probabilities
    counts = count(labels, probabilities, threshold)
    false_positive_rate, true_positive_rate, thresholds = roc_curve(labels, probabilities)
    return {
        "images": counts.total,
        "normal": int(np.sum(labels == 0)),
        "pneumonia": int(np.sum(labels == 1)),
        "patients": len({(i.label, i.patient_id) for i in scored.images}),
        "confusion_matrix": {
            "labels": list(LABELS),
            "rows": "true label",
            "columns": "predicted label",
            "counts": counts.matrix(),
        },
        "metrics": metrics_with_intervals(scored, counts, threshold),
        "roc": {
            "false_positive_rate": false_positive_rate.round(6).tolist(),
            "true_positive_rate": true_positive_rate.round(6).tolist(),
            # The first point of a ROC curve has no finite threshold.
            "threshold": [None if math.isinf(t) else round(float(t), 6) for t in thresholds],
        },
        "reliability": reliability(labels, probabilities),
    }


def metrics_with_intervals(scored: Scored, counts: Counts, threshold: float) -> dict[str, Any]:
    """Each metric with its value, 95 % interval and the interval's method.

    Args:
        scored: the images.
        counts: their confusion matrix.
        threshold: of the operating point.

    Returns:
        name -> {value, low, high, interval, and for a proportion: successes, trials}.
    """
    result: dict[str, Any] = {}
    for name, (successes, trials) in counts.fractions().items():
        low, high = wilson(successes, trials)
        value = successes / trials if trials else math.nan
        result[name] = {"value": value, "low": low, "high": high, "interval": "proportion"}
        result[name] |= {"successes": successes, "trials": trials}
    patients = [image.patient_id for image in scored.images]
    statistics: dict[str, Callable[[Labels, Probabilities], float]] = {
        "f1": lambda y, p: count(y, p, threshold).f1,
        "auroc": auroc,
        "average_precision": lambda y, p: float(average_precision_score(y, p)),
        "expected_calibration_error": expected_calibration_error,
    }
    for name, statistic in statistics.items():
        low, high = bootstrap(statistic, scored.labels, scored.probabilities, patients)
        value = statistic(scored.labels, scored.probabilities)
        result[name] = {"value": value, "low": low, "high": high, "interval": "bootstrap"}
    return result


def reliability(labels: Labels, probabilities: Probabilities) -> list[dict[str, float]]:
    """Of the images with such a probability, how many had pneumonia: bins of equal width.

    Args:
        labels: int, shape (n,).
        probabilities: float, shape (n,).

    Returns:
        One record a bin: from, to, images, pneumonia, mean_probability (absent in an empty bin).
    """
    edges = np.linspace(0.0, 1.0, RELIABILITY_BINS + 1)
    owner = np.clip(np.digitize(probabilities, edges) - 1, 0, RELIABILITY_BINS - 1)
    bins = []
    for index in range(RELIABILITY_BINS):
        inside = owner == index
        record: dict[str, float] = {
            "from": round(float(edges[index]), 6),
            "to": round(float(edges[index + 1]), 6),
            "images": int(inside.sum()),
            "pneumonia": int(labels[inside].sum()),
        }
        if inside.any():
            record["mean_probability"] = float(probabilities[inside].mean())
        bins.append(record)
    return bins


def read_predictions(folder: Path) -> list[dict[str, str]]:
    """The rows of `predictions.csv`."""
    with (folder / PREDICTIONS).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _write_predictions(path: Path, parts: dict[str, Scored]) -> None:
    temporary = path.with_name(f"new-{path.name}")
    with temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(PREDICTION_COLUMNS)
        for split, scored in parts.items():
            for image, label, probability in zip(scored.images, scored.labels, scored.probabilities, strict=True):
                writer.writerow([split, image.path, LABELS[label], f"{probability:.6f}"])
    temporary.replace(path)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"new-{path.name}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _append_ledger(ledger: Path, manifest: Manifest, result: dict[str, Any]) -> None:
    entry = {
        "opened": result["evaluated"],
        "by": "python -m training evaluate",
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "threshold": result["operating_point"]["threshold"],
        "auroc": round(result["test"]["metrics"]["auroc"]["value"], 4),
        "confusion_matrix": result["test"]["confusion_matrix"]["counts"],
    }
    with ledger.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")
