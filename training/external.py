"""Evaluate a trained model on any other labelled folder: what counts is how it does on a site's own data.

Calibration and thresholds stay as chosen, and the artifact is not changed. Unreadable files are named and left out.
"""

from __future__ import annotations

from pathlib import Path

from model import artifact as artifacts
from model.errors import RadiographError
from model.evaluation import INTERVAL_METHODS
from model.radiograph import read
from model.records.evaluation import ExternalEvaluation
from model.records.scores import PREDICTIONS as OFFICIAL
from model.records.scores import Scores, write_predictions
from training import data, provenance
from training.data import LabelledImage
from training.errors import DatasetError
from training.evaluate import describe, score_files, scores_of
from training.subgroups import subgroups

PREDICTIONS = "external_predictions.csv"
MOST_KNOWN = 0.05


def evaluate_external(folder: Path, artifact_folder: Path, output: Path) -> ExternalEvaluation:
    """Score a labelled folder and write the report.

    Raises:
        DatasetError: if a class is missing, too few files can be read, or the folder is the official test split, which
            only `evaluate` may open.
        ArtifactError: if the artifact is broken or has no operating point.
    """
    artifact = artifacts.load(artifact_folder)
    point = artifact.manifest.point()
    listed = data.list_labelled_folder(folder, folder)
    _refuse_official_test(listed, artifact_folder)
    images, unreadable = _readable(folder, listed)
    if {image.label for image in images} != {0, 1}:
        raise DatasetError(f"Too few files of {folder} can be read: a class is left without any.")
    logits = score_files(artifact, folder, images, "External")
    manifest = artifact.manifest
    scores = scores_of(images, manifest.calibration.probabilities(logits))
    groups = subgroups(scores, folder, point.threshold)
    result = ExternalEvaluation(
        model_version=manifest.model_version,
        weights_sha256=manifest.weights_sha256,
        evaluated=provenance.now(),
        operating_points=manifest.operating_points,
        interval_methods=INTERVAL_METHODS,
        unreadable=tuple(unreadable),
        external=describe(scores, manifest, artifact_folder, folder).model_copy(update={"subgroups": groups}),
    )
    output.mkdir(parents=True, exist_ok=True)
    result.write(output)
    write_predictions(output / PREDICTIONS, {"external": scores})
    return result


def _readable(folder: Path, listed: list[LabelledImage]) -> tuple[list[LabelledImage], list[str]]:
    """The readable images, and a message for each other one."""
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
    """Compares names, regardless of case and folder; a few may coincide, as `IM-0001-0001` does between hospitals."""
    if not (artifact_folder / OFFICIAL).is_file():
        return
    test = Scores.read_all(artifact_folder / OFFICIAL).get("test")
    official = {Path(path).stem.casefold() for path in test.paths} if test else set()
    known = sum(Path(image.path).stem.casefold() in official for image in listed)
    if known > MOST_KNOWN * len(listed):
        raise DatasetError(
            f"{known} of {len(listed)} files are named like images of the test split; only `python -m training "
            "evaluate` opens it, and records it."
        )
