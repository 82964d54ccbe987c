"""The files that training wrote, read and held against each other: a report never mixes two models."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.artifact import WEIGHTS
from model.errors import ArtifactError
from model.labels import LABELS
from model.records.manifest import BALANCED, Manifest
from training.data.listing import class_and_patient
from training.errors import ReportError
from training.report.network import Layer, read_layers

EVALUATION = "evaluation.json"
PREDICTIONS = "predictions.csv"
SPLIT = "split.json"
HISTORY = "history.json"
ROBUSTNESS = "robustness.json"
EXPLANATIONS = "explanations.json"
GATE = "gate/gate.json"
LABEL_REPORT = "label_report.json"
LEDGER = "test_ledger.jsonl"
ABLATION = "ablation.json"
CROSS_VALIDATION = "cross_validation.json"
PUBLISHED = Path(__file__).parent / "published.json"

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Scans:
    """The test images with their scores.

    Attributes:
        paths: relative to the data folder, n of them.
        sick: bool, shape (n,): whether each truly has pneumonia.
        probabilities: float64, shape (n,), 0 to 1.
    """

    paths: tuple[str, ...]
    sick: npt.NDArray[np.bool_]
    probabilities: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sources:
    """All that a report is written from. None, or empty, stands for a file that is not there.

    Attributes:
        manifest: what the weights are.
        evaluation: `evaluation.json`.
        scans: of `predictions.csv`.
        train: how many images, of which class, of how many patients `split.json` names to train on.
        layers: of `model.keras`.
        history: `history.json`.
        robustness: `robustness.json`.
        explanations: `explanations.json`.
        gate: what `gate/gate.json` measured.
        labels: `label_report.json`.
        ledger: lines of `test_ledger.jsonl`.
        ablation: rows of `ablation.json`.
        cross_validation: `cross_validation.json`.
        published: `published.json` of this package.
    """

    manifest: Manifest
    evaluation: Record
    scans: Scans
    train: dict[str, int] | None
    layers: tuple[Layer, ...]
    history: Record | None
    robustness: Record | None
    explanations: Record | None
    gate: Record | None
    labels: Record | None
    ledger: tuple[Record, ...]
    ablation: tuple[Record, ...]
    cross_validation: Record | None
    published: Record

    @property
    def test(self) -> Record:
        """What `evaluation.json` says of the test split."""
        found: Record = self.evaluation["test"]
        return found

    @property
    def validation(self) -> Record:
        """What `evaluation.json` says of the validation split."""
        found: Record = self.evaluation["validation"]
        return found

    @property
    def official(self) -> bool:
        """Whether test is the split that others report on; the hash of its files tells."""
        return bool(self.test.get("files_sha256") == self.published["files_sha256"])

    @property
    def threshold(self) -> float:
        """Of the balanced operating point, 0 to 1."""
        return next(point.threshold for point in self.manifest.operating_points if point.name == BALANCED)

    @property
    def newest(self) -> str:
        """When the newest of the figures was measured, ISO date and time, UTC."""
        others = [(self.explanations or {}).get("measured", ""), (self.labels or {}).get("created", "")]
        return str(max([self.evaluation["evaluated"], *others]))


def read_sources(artifact: Path) -> Sources:
    """Read an artifact's files.

    Args:
        artifact: folder of an evaluated model.

    Returns:
        What they say.

    Raises:
        ReportError: if the manifest, the evaluation or the predictions are missing, a file is damaged, or one is of
            other weights than the manifest.
    """
    try:
        manifest = Manifest.from_text(_text(artifact / Manifest.FILE))
    except ArtifactError as error:
        raise ReportError(f"{artifact}: {error}") from error
    evaluation = _of(manifest, artifact / EVALUATION, needed=True)
    weights, gate = artifact / WEIGHTS, _json(artifact / GATE)
    return Sources(
        manifest=manifest,
        evaluation=evaluation or {},
        scans=_read_scans(artifact / PREDICTIONS, evaluation or {}),
        train=_count_train(_json(artifact / SPLIT)),
        layers=read_layers(weights) if weights.is_file() else (),
        history=_of(manifest, artifact / HISTORY),
        robustness=_of(manifest, artifact / ROBUSTNESS),
        explanations=_of(manifest, artifact / EXPLANATIONS),
        gate=gate.get("measured") if gate else None,
        labels=_of(manifest, artifact / LABEL_REPORT),
        ledger=_lines(artifact / LEDGER),
        ablation=tuple(_json(artifact / ABLATION) or ()),
        cross_validation=_json(artifact / CROSS_VALIDATION),
        published=json.loads(PUBLISHED.read_text(encoding="utf-8")),
    )


def _text(path: Path) -> str:
    if not path.is_file():
        raise ReportError(f"There is no {path.name} in {path.parent}; train and evaluate the model first.")
    return path.read_text(encoding="utf-8")


def _json(path: Path) -> Any:  # noqa: ANN401 - JSON
    """What a file holds, or None where there is none."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportError(f"{path} is not valid JSON: {error}. Restore it, or write it again.") from error


def _of(manifest: Manifest, path: Path, *, needed: bool = False) -> Record | None:
    """A file that names the weights it was measured on."""
    if needed:
        _text(path)
    found: Record | None = _json(path)
    if found is not None and found.get("weights_sha256") != manifest.weights_sha256:
        raise ReportError(
            f"{path} is of the weights {str(found.get('weights_sha256'))[:12]}, and the manifest of "
            f"{manifest.weights_sha256[:12]}; measure this model, or restore both from one version."
        )
    return found


def _count_train(split: Record | None) -> dict[str, int] | None:
    if split is None:
        return None
    known = [class_and_patient(path) for path in split["train"]]
    sick = sum(label for label, _ in known)
    patients = len({patient for _, patient in known})
    return {"images": len(known), "normal": len(known) - sick, "pneumonia": sick, "patients": patients}


def _lines(path: Path) -> tuple[Record, ...]:
    if not path.is_file():
        return ()
    try:
        return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except ValueError as error:
        raise ReportError(f"{path} is not valid JSON lines: {error}. Restore it.") from error


def _read_scans(path: Path, evaluation: Record) -> Scans:
    try:
        rows = [row for row in csv.DictReader(_text(path).splitlines()) if row["split"] == "test"]
        truths = [LABELS.index(row["true"]) for row in rows]
        scans = Scans(
            paths=tuple(row["path"] for row in rows),
            sick=np.array(truths, dtype=np.bool_),
            probabilities=np.array([float(row["probability"]) for row in rows], dtype=np.float64),
        )
        stated = evaluation["test"]["operating_points"][BALANCED]
        threshold, expected = float(stated["threshold"]), stated["confusion_matrix"]["counts"]
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(f"{path} or {EVALUATION} cannot be read: {error!r}. Evaluate the model again.") from error
    called = scans.probabilities >= threshold
    counts = [[int(np.sum((scans.sick == truth) & (called == call))) for call in (0, 1)] for truth in (0, 1)]
    if counts != expected:
        raise ReportError(
            f"{path} gives the confusion matrix {counts}, and {EVALUATION} says {expected}; evaluate the model again."
        )
    return scans
