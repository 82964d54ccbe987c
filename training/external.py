"""Evaluate a trained model on any other labelled folder: the site's own data is the test that counts.

Calibration and threshold stay as they were chosen; nothing of the artifact changes. Files that cannot be read are named
and left out of the figures.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from model import artifact as artifacts
from model.errors import RadiographError
from model.input_gate import FOLDER, InputGate
from model.radiograph import read
from training import data, provenance
from training.data import LabelledImage
from training.errors import DatasetError
from training.evaluate import EVALUATION, score_files, write_predictions
from training.results import INTERVAL_METHODS, Scored, describe
from training.subgroups import subgroups

REPORT = "external.json"
PREDICTIONS = "external_predictions.csv"


def evaluate_external(folder: Path, artifact_folder: Path, output: Path) -> dict[str, Any]:
    """Score a labelled folder and write the report.

    Args:
        folder: holds NORMAL and PNEUMONIA (or normal and opacity).
        artifact_folder: an evaluated artifact.
        output: made if it is not there.

    Returns:
        The content of `external.json`.

    Raises:
        DatasetError: if a class is missing, too few files can be read, or the folder is the official test split, which
            only `evaluate` may open.
        ArtifactError: if the artifact is broken or has no operating point.
    """
    artifact = artifacts.load(artifact_folder)
    point = artifacts.require_operating_point(artifact.manifest)
    listed = data.list_labelled_folder(folder, folder)
    _refuse_official_test(listed, artifact_folder)
    images, unreadable, refused = _usable(folder, artifact_folder, listed)
    if {image.label for image in images} != {0, 1}:
        raise DatasetError(f"Too few files of {folder} can be read: a class is left without any.")
    logits = score_files(artifact, folder, images, "External")
    labels = np.array([image.label for image in images], dtype=np.int64)
    scored = Scored(tuple(images), labels, artifact.manifest.calibration.probabilities(logits))
    result = {
        "model_version": artifact.manifest.model_version,
        "weights_sha256": artifact.manifest.weights_sha256,
        "evaluated": provenance.now(),
        "operating_point": point.threshold,
        "interval_methods": INTERVAL_METHODS,
        "unreadable": unreadable,
        "refused_by_the_gate": refused,
        "external": describe(scored, point.threshold) | {"subgroups": subgroups(scored, folder, point.threshold)},
    }
    output.mkdir(parents=True, exist_ok=True)
    artifacts.write_text(output / REPORT, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    write_predictions(output / PREDICTIONS, {"external": scored})
    return result


def _usable(
    folder: Path, artifact_folder: Path, listed: list[LabelledImage]
) -> tuple[list[LabelledImage], list[str], list[str]]:
    """The images that can be read; the names of those that cannot; and of those that the gate would refuse.

    What the gate refuses stays in the figures: to leave it out would make them look better than the model is.
    """
    gate = InputGate.load(artifact_folder / FOLDER) if (artifact_folder / FOLDER).is_dir() else None
    usable, unreadable, refused = [], [], []
    for image in listed:
        try:
            radiograph = read(folder / image.path)
        except RadiographError as error:
            unreadable.append(str(error))
            continue
        usable.append(image)
        if gate is not None and not gate.assess(radiograph).accepted:
            refused.append(image.path)
    return usable, unreadable, refused


def _refuse_official_test(listed: list[LabelledImage], artifact_folder: Path) -> None:
    evaluation = artifact_folder / EVALUATION
    if not evaluation.is_file():
        return
    official = json.loads(evaluation.read_text(encoding="utf-8"))["test"].get("files_sha256")
    names = sorted(f"test/{image.path}" for image in listed)
    if hashlib.sha256("\n".join(names).encode()).hexdigest() == official:
        raise DatasetError("This is the test split; only `python -m training evaluate` opens it, and records it.")
