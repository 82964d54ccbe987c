"""Evaluate a trained model on any other labelled folder: the site's own data is the test that counts.

Calibration and threshold stay as they were chosen; nothing of the artifact changes. Files that cannot be read are named
and left out of the figures.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from model import artifact as artifacts
from model.errors import RadiographError
from model.radiograph import read
from training import data, provenance
from training.data import LabelledImage
from training.errors import DatasetError
from training.evaluate import PREDICTIONS as OFFICIAL
from training.evaluate import read_predictions, refused_by_the_gate, score_files, write_predictions
from training.results import INTERVAL_METHODS, Scored, describe
from training.subgroups import subgroups

REPORT = "external.json"
PREDICTIONS = "external_predictions.csv"
MOST_KNOWN = 0.05


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
    images, unreadable = _readable(folder, listed)
    if {image.label for image in images} != {0, 1}:
        raise DatasetError(f"Too few files of {folder} can be read: a class is left without any.")
    logits = score_files(artifact, folder, images, "External")
    labels = np.array([image.label for image in images], dtype=np.int64)
    scored = Scored(tuple(images), labels, artifact.manifest.calibration.probabilities(logits))
    result = {
        "model_version": artifact.manifest.model_version,
        "weights_sha256": artifact.manifest.weights_sha256,
        "evaluated": provenance.now(),
        "operating_points": [asdict(point) for point in artifact.manifest.operating_points],
        "interval_methods": INTERVAL_METHODS,
        "unreadable": unreadable,
        "external": {
            **describe(scored, artifact.manifest),
            "subgroups": subgroups(scored, folder, point.threshold),
            "refused_by_the_gate": refused_by_the_gate(artifact_folder, artifact.manifest, folder, images),
        },
    }
    output.mkdir(parents=True, exist_ok=True)
    artifacts.write_text(output / REPORT, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    write_predictions(output / PREDICTIONS, {"external": scored})
    return result


def _readable(folder: Path, listed: list[LabelledImage]) -> tuple[list[LabelledImage], list[str]]:
    """The images that can be read, and what is wrong with those that cannot."""
    usable, unreadable = [], []
    for image in listed:
        try:
            read(folder / image.path)
        except RadiographError as error:
            unreadable.append(str(error))
            continue
        usable.append(image)
    return usable, unreadable


def _refuse_official_test(listed: list[LabelledImage], artifact_folder: Path) -> None:
    """Names are compared, in any case and folder; a few may coincide, as `IM-0001-0001` does between hospitals."""
    if not (artifact_folder / OFFICIAL).is_file():
        return
    official = {
        Path(row["path"]).stem.casefold() for row in read_predictions(artifact_folder) if row["split"] == "test"
    }
    known = sum(Path(image.path).stem.casefold() in official for image in listed)
    if known > MOST_KNOWN * len(listed):
        raise DatasetError(
            f"{known} of {len(listed)} files are named like images of the test split; only `python -m training "
            "evaluate` opens it, and records it."
        )
