"""Read the JSON that training wrote, and hold it against the manifest."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.measured.records import (
    Epoch,
    Evaluation,
    GateMeasured,
    History,
    Impostor,
    Ledger,
    Metric,
    Opening,
    ReliabilityBin,
    SharedNumbers,
    SplitResult,
)
from model.calibration import Calibration, OperatingPoint
from model.errors import ArtifactError, ChestXrayError
from model.input_gate import FOLDER, SETTINGS, GateSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.artifact import Manifest

EVALUATION = "evaluation.json"
HISTORY = "history.json"
LEDGER = "test_ledger.jsonl"
GATE = f"{FOLDER}/{SETTINGS}"

T = TypeVar("T")


class MeasuredError(ChestXrayError):
    """A file that training wrote is damaged, or belongs to other weights; its figures may not be shown."""


def read_evaluation(folder: Path, manifest: Manifest) -> Evaluation | None:
    """Read `evaluation.json` and hold it against the manifest.

    Args:
        folder: the artifact.
        manifest: of the weights whose figures are wanted.

    Returns:
        The evaluation, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged, or tells of other weights or another threshold.
    """
    return _read(folder / EVALUATION, lambda text: _evaluation(json.loads(text), manifest))


def read_history(folder: Path) -> History | None:
    """Read `history.json`.

    Args:
        folder: the artifact.

    Returns:
        The learning curves, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    return _read(folder / HISTORY, lambda text: _history(json.loads(text)))


def read_ledger(folder: Path) -> Ledger | None:
    """Read `test_ledger.jsonl`.

    Args:
        folder: the artifact.

    Returns:
        The ledger, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    return _read(
        folder / LEDGER, lambda text: _ledger([json.loads(line) for line in text.splitlines() if line.strip()])
    )


def read_gate(folder: Path) -> GateMeasured | None:
    """Read what was measured of the input gate.

    Args:
        folder: the artifact.

    Returns:
        The measurements, or None where the artifact has no gate.

    Raises:
        MeasuredError: if the gate's settings are damaged or tell of no measurement.
    """
    return _read(folder / GATE, lambda text: _gate(GateSettings.from_json(text).measured))


def _read(path: Path, parse: Callable[[str], T]) -> T | None:
    if not path.is_file():
        return None
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, ArtifactError) as error:
        raise MeasuredError(
            f"{path.name} cannot be read ({type(error).__name__}: {error}). Restore it, or evaluate the model again."
        ) from error


def _evaluation(values: dict[str, Any], manifest: Manifest) -> Evaluation:
    point = OperatingPoint.from_dict(values["operating_point"])
    same_weights = values["weights_sha256"] == manifest.weights_sha256
    same_calibration = Calibration.from_dict(values["calibration"]) == manifest.calibration
    if not (same_weights and same_calibration and point == manifest.operating_point):
        raise MeasuredError(
            f"{EVALUATION} tells of model {values['model_version']} at threshold {point.threshold:.4f}, which is not "
            "the model in this folder. Evaluate this model, or restore both from one version."
        )
    return Evaluation(
        model_version=str(values["model_version"]),
        evaluated=datetime.fromisoformat(values["evaluated"]),
        operating_point=point,
        interval_methods=dict(values["interval_methods"]),
        test=_split(values["test"]),
        validation=_split(values["validation"]),
    )


def _split(values: dict[str, Any]) -> SplitResult:
    matrix, curve = values["confusion_matrix"], values["roc"]
    return SplitResult(
        images=int(values["images"]),
        normal=int(values["normal"]),
        pneumonia=int(values["pneumonia"]),
        patients=int(values["patients"]),
        labels=tuple(matrix["labels"]),
        counts=tuple(tuple(int(count) for count in row) for row in matrix["counts"]),
        metrics={name: _metric(name, figure) for name, figure in values["metrics"].items()},
        false_positive_rate=tuple(map(float, curve["false_positive_rate"])),
        true_positive_rate=tuple(map(float, curve["true_positive_rate"])),
        reliability=tuple(
            ReliabilityBin(
                float(one["from"]),
                float(one["to"]),
                int(one["images"]),
                int(one["pneumonia"]),
                None if "mean_probability" not in one else float(one["mean_probability"]),
            )
            for one in values["reliability"]
        ),
        files_sha256=str(values.get("files_sha256", "")),
        shared=SharedNumbers(**numbers) if (numbers := values.get("patient_numbers_in_training")) else None,
    )


def _metric(name: str, values: dict[str, Any]) -> Metric:
    return Metric(
        name=name,
        value=_or_nan(values["value"]),
        low=_or_nan(values["low"]),
        high=_or_nan(values["high"]),
        interval=str(values["interval"]),
        successes=values.get("successes"),
        trials=values.get("trials"),
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _history(values: dict[str, Any]) -> History:
    epochs = tuple(
        Epoch(
            number=int(one["epoch"]),
            loss=float(one["loss"]),
            accuracy=float(one["accuracy"]),
            val_loss=float(one["val_loss"]),
            val_accuracy=float(one["val_accuracy"]),
            stressed_loss=one.get("stressed_loss"),
            stressed_accuracy=one.get("stressed_accuracy"),
            monitor=one.get("monitor"),
        )
        for one in values["epochs"]
    )
    chosen = [epoch for epoch in epochs if epoch.number == values["chosen_epoch"]]
    return History(
        epochs=epochs,
        chosen=chosen[0],
        chosen_by=str(values.get("chosen_by", "")),
        accuracy_note=str(values.get("accuracy_note", "")),
        lungs_covered_auroc=values.get("views", {}).get("lungs_covered", {}).get("auroc"),
    )


def _ledger(entries: list[dict[str, Any]]) -> Ledger:
    openings = tuple(
        Opening(
            opened=datetime.fromisoformat(one["opened"]),
            by=str(one.get("by", "")),
            model_version=str(one.get("model_version", "")),
            files_sha256=str(one.get("files_sha256", "")),
        )
        for one in entries
        if "note" not in one
    )
    return Ledger(openings=openings, notes=tuple(str(one["note"]) for one in entries if "note" in one))


def _gate(values: dict[str, Any]) -> GateMeasured:
    low, high = values["validation_refused_interval"]
    return GateMeasured(
        measured=datetime.fromisoformat(values["measured"]),
        scans=int(values["validation_scans"]),
        refused=int(values["validation_refused"]),
        low=float(low),
        high=float(high),
        impostors=tuple(
            Impostor(
                str(one["kind"]), int(one["pictures"]), int(one["refused"]), _or_nan(one["auroc"]), bool(one["taught"])
            )
            for one in values["impostors"]
        ),
    )
