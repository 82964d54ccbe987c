"""Read `evaluation.json`, and hold it against the manifest."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.measured.evaluated import (
    BandResult,
    Evaluation,
    GateRefusals,
    PointResult,
    ReliabilityBin,
    SharedNumbers,
    SplitResult,
    Subgroup,
    Subgroups,
)
from app.measured.files import MeasuredError, metric, or_nan, read_if_there
from model.records.manifest import BALANCED, Calibration, OperatingPoint, UncertaintyBand

if TYPE_CHECKING:
    from pathlib import Path

    from model.records.manifest import Manifest

EVALUATION = "evaluation.json"


def read_evaluation(folder: Path, manifest: Manifest) -> Evaluation | None:
    """Read `evaluation.json` and hold it against the manifest.

    Args:
        folder: the artifact.
        manifest: of the weights whose figures are wanted.

    Returns:
        The evaluation, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged, or tells of other weights, another calibration, other operating points or
            another band.
    """
    return read_if_there(folder / EVALUATION, lambda text: _evaluation(json.loads(text), manifest))


def _evaluation(values: dict[str, Any], manifest: Manifest) -> Evaluation:
    points = tuple(OperatingPoint(**one) for one in values["operating_points"])
    band = UncertaintyBand(**values["band"]) if values["band"] else None
    agrees = {
        "weights": values["weights_sha256"] == manifest.weights_sha256,
        "calibration": Calibration(**values["calibration"]) == manifest.calibration,
        "operating points": points == manifest.operating_points,
        "band": band == manifest.band,
    }
    if differing := [name for name, same in agrees.items() if not same]:
        raise MeasuredError(
            f"{EVALUATION} tells of model {values['model_version']}, which is not the model in this folder: not the "
            f"manifest’s {', '.join(differing)}. Evaluate this model, or restore both from one version."
        )
    return Evaluation(
        model_version=str(values["model_version"]),
        evaluated=datetime.fromisoformat(values["evaluated"]),
        operating_points=points,
        band=band,
        interval_methods=dict(values["interval_methods"]),
        test=_split(values["test"], points),
        validation=_split(values["validation"], points),
    )


def _split(values: dict[str, Any], points: tuple[OperatingPoint, ...]) -> SplitResult:
    curve, matrix = values["roc"], values["confusion_matrix"]
    size = int(values["normal"]), int(values["pneumonia"])
    band, groups, refusals = values["band"], values.get("subgroups"), values.get("refused_by_the_gate")
    numbers = values.get("patient_numbers_in_training")
    return SplitResult(
        images=int(values["images"]),
        normal=size[0],
        pneumonia=size[1],
        patients=int(values["patients"]),
        labels=tuple(matrix["labels"]),
        operating_point=BALANCED,
        counts=_counts(matrix, size),
        metrics={name: metric(name, figure) for name, figure in values["metrics"].items()},
        false_positive_rate=tuple(map(float, curve["false_positive_rate"])),
        true_positive_rate=tuple(map(float, curve["true_positive_rate"])),
        reliability=tuple(map(_bin, values["reliability"])),
        points=tuple(_point(point, values["operating_points"][point.name], size) for point in points),
        band=BandResult(**{name: metric(name, figure) for name, figure in band.items()}) if band else None,
        subgroups=_subgroups(groups) if groups else None,
        refused_by_the_gate=_refusals(refusals) if refusals else None,
        files_sha256=str(values.get("files_sha256", "")),
        shared=SharedNumbers(**numbers) if numbers else None,
    )


def _counts(matrix: dict[str, Any], size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
    """A confusion matrix whose rows must add up to the size of each class."""
    counts = tuple(tuple(int(count) for count in row) for row in matrix["counts"])
    if tuple(map(sum, counts)) != size:
        raise ValueError(f"a confusion matrix of {counts} is not one of {size[0]} normal and {size[1]} with pneumonia")
    return counts


def _point(point: OperatingPoint, values: dict[str, Any], size: tuple[int, int]) -> PointResult:
    if float(values["threshold"]) != point.threshold:
        raise ValueError(f"figures at {values['threshold']}, but {point.name} lies at {point.threshold}")
    return PointResult(
        name=point.name,
        counts=_counts(values["confusion_matrix"], size),
        metrics={name: metric(name, figure) for name, figure in values["metrics"].items()},
    )


def _bin(values: dict[str, Any]) -> ReliabilityBin:
    mean = values.get("mean_probability")
    return ReliabilityBin(
        low=float(values["from"]),
        high=float(values["to"]),
        images=int(values["images"]),
        pneumonia=int(values["pneumonia"]),
        mean_probability=None if mean is None else float(mean),
    )


def _subgroups(values: dict[str, Any]) -> Subgroups:
    groups = tuple(
        Subgroup(
            by=str(one["by"]),
            group=str(one["group"]),
            truth=str(one["class"]),
            images=int(one["images"]),
            rate=str(one["rate"]),
            value=or_nan(one["value"]),
            low=or_nan(one["low"]),
            high=or_nan(one["high"]),
            auroc=or_nan(one["auroc"]),
            auroc_low=or_nan(one["auroc_low"]),
            auroc_high=or_nan(one["auroc_high"]),
        )
        for one in values["groups"]
    )
    uniform = tuple((str(question), str(answer)) for question, answer in values["uniform"].items())
    return Subgroups(groups, uniform, tuple(map(str, values["not_in_the_data"])))


def _refusals(values: dict[str, Any]) -> GateRefusals:
    return GateRefusals(int(values["refused"]), int(values["images"]), or_nan(values["low"]), or_nan(values["high"]))
