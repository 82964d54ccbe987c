"""What training measured and wrote beside the weights: evaluation, learning curves, test ledger and input gate.

Read here as plain frozen data, so that no page touches JSON and none shows a number that no script wrote.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from model.calibration import OperatingPoint
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


@dataclass(frozen=True)
class Metric:
    """One figure with its 95 % interval.

    Attributes:
        name: as in the file, such as "sensitivity".
        value: usually 0 to 1; NaN where it is not defined.
        low: lower bound.
        high: upper bound.
        interval: key of `Evaluation.interval_methods`.
        successes: of a proportion, how many; None for other statistics.
        trials: of a proportion, of how many.
    """

    name: str
    value: float
    low: float
    high: float
    interval: str
    successes: int | None = None
    trials: int | None = None


@dataclass(frozen=True)
class ReliabilityBin:
    """Images whose probability lies in one range.

    Attributes:
        low: lower edge, 0 to 1, included.
        high: upper edge, 0 to 1; included in the last bin only.
        images: how many.
        pneumonia: how many of them had pneumonia.
    """

    low: float
    high: float
    images: int
    pneumonia: int


@dataclass(frozen=True)
class SharedNumbers:
    """Patient numbers of the test images that occur outside it too.

    Attributes:
        shared: how many numbers.
        of: how many numbers test has.
        images: of test that carry a shared number.
    """

    shared: int
    of: int
    images: int


@dataclass(frozen=True)
class SplitResult:
    """What was measured on one split.

    Attributes:
        images: how many.
        normal: truly Normal.
        pneumonia: truly Pneumonia.
        patients: how many patient numbers; the data set reuses numbers, so they need not be as many children.
        labels: class names, in the order of rows and columns.
        counts: confusion matrix; rows true, columns predicted.
        metrics: by name.
        false_positive_rate: x of the ROC curve.
        true_positive_rate: y of the ROC curve.
        reliability: bins in rising order.
        files_sha256: of the files' names; "" where not recorded.
        shared: patient numbers that training has too, or None where not recorded.
    """

    images: int
    normal: int
    pneumonia: int
    patients: int
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    metrics: dict[str, Metric]
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    reliability: tuple[ReliabilityBin, ...]
    files_sha256: str = ""
    shared: SharedNumbers | None = None

    def bin_of(self, probability: float) -> ReliabilityBin | None:
        """The reliability bin that a probability falls into, or None where the file has none for it."""
        for index, one in enumerate(self.reliability):
            last = index == len(self.reliability) - 1
            if one.low <= probability < one.high or (last and probability == one.high):
                return one
        return None


@dataclass(frozen=True)
class Evaluation:
    """The content of `evaluation.json`.

    Attributes:
        model_version: that was evaluated.
        evaluated: when.
        operating_point: threshold and where it came from.
        interval_methods: how each kind of interval was computed, in words.
        test: the official test split.
        validation: the split that the threshold was chosen on.
    """

    model_version: str
    evaluated: datetime
    operating_point: OperatingPoint
    interval_methods: dict[str, str]
    test: SplitResult
    validation: SplitResult


@dataclass(frozen=True)
class Epoch:
    """One epoch of training; losses are cross-entropies, accuracies 0 to 1.

    Attributes:
        number: counted from 1.
        loss: on training images.
        accuracy: on training images.
        val_loss: on validation images.
        val_accuracy: on validation images.
        stressed_loss: on validation images stressed on purpose, or None where not measured.
        stressed_accuracy: likewise.
        monitor: the loss that decides which epoch is kept, or None where not recorded.
    """

    number: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    stressed_loss: float | None = None
    stressed_accuracy: float | None = None
    monitor: float | None = None


@dataclass(frozen=True)
class History:
    """The learning curves.

    Attributes:
        epochs: in order.
        chosen: the epoch whose weights were kept.
        chosen_by: the rule, in words.
        accuracy_note: how to read the training accuracy, in words.
        lungs_covered_auroc: on validation images with the lungs covered, or None where not measured.
    """

    epochs: tuple[Epoch, ...]
    chosen: Epoch
    chosen_by: str
    accuracy_note: str
    lungs_covered_auroc: float | None = None


@dataclass(frozen=True)
class Opening:
    """One time the test split was scored.

    Attributes:
        opened: when.
        by: the command.
        model_version: that was scored.
        files_sha256: of the test files' names; "" where not recorded.
    """

    opened: datetime
    by: str
    model_version: str
    files_sha256: str = ""


@dataclass(frozen=True)
class Ledger:
    """How often the test split was opened.

    Attributes:
        openings: by command, oldest first.
        notes: what was written down about openings before or outside the command.
    """

    openings: tuple[Opening, ...]
    notes: tuple[str, ...]

    def of_files(self, files_sha256: str) -> Ledger:
        """The ledger without openings of another test split; an opening that does not say which stays.

        Args:
            files_sha256: of the test split that is meant; all stay if "".
        """
        known = {"", files_sha256}
        kept = [one for one in self.openings if not files_sha256 or one.files_sha256 in known]
        return replace(self, openings=tuple(kept))


@dataclass(frozen=True)
class Impostor:
    """Pictures of one kind that the input gate should refuse.

    Attributes:
        kind: in words.
        pictures: how many.
        refused: how many of them were.
        auroc: of telling them from validation scans.
    """

    kind: str
    pictures: int
    refused: int
    auroc: float


@dataclass(frozen=True)
class GateMeasured:
    """What the input gate was measured to do.

    Attributes:
        measured: when.
        scans: of validation.
        refused: how many of them were, wrongly.
        low: lower bound of that share's 95 % interval.
        high: upper bound.
        impostors: by kind.
    """

    measured: datetime
    scans: int
    refused: int
    low: float
    high: float
    impostors: tuple[Impostor, ...]


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
    if values["weights_sha256"] != manifest.weights_sha256 or point != manifest.operating_point:
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
            ReliabilityBin(float(one["from"]), float(one["to"]), int(one["images"]), int(one["pneumonia"]))
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
            Impostor(str(one["kind"]), int(one["pictures"]), int(one["refused"]), _or_nan(one["auroc"]))
            for one in values["impostors"]
        ),
    )
