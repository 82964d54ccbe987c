"""How good the model is on parts of a split: by kind of pneumonia, series of normals, size and mode of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from model.labels import LABELS
from model.metrics import auroc, bootstrap, wilson
from training.data import kind_of
from training.results import Scored

NOT_IN_THE_DATA = ("age", "sex")
SMALLEST = 10  # images; below it a rate says nothing


def subgroups(scored: Scored, root: Path, threshold: float) -> dict[str, Any]:
    """Every subgroup that the files tell, and what they do not tell.

    Args:
        scored: images of one split.
        root: the data folder, for size and mode of the files.
        threshold: of the operating point.

    Returns:
        `groups`: one record each with by, group, class, images, the rate that is right with its Wilson interval, and
        AUROC against all images of the other class with a bootstrap interval; `uniform`: what is the same for all
        files; `not_in_the_data`.
    """
    headers = [_header(root / image.path) for image in scored.images]
    questions: dict[str, list[str]] = {
        "kind by file name": [kind_of(image.path) for image in scored.images],
        "size": [_size_group(size) for size, _ in headers],
        "mode": [mode for _, mode in headers],
    }
    groups: list[dict[str, Any]] = []
    uniform: dict[str, str] = {}
    for question, answers in questions.items():
        values = sorted(set(answers))
        if len(values) == 1:
            uniform[question] = values[0]
            continue
        for value in values:
            inside = np.array([answer == value for answer in answers])
            for label in range(len(LABELS)):
                member = inside & (scored.labels == label)
                if member.sum() >= SMALLEST:
                    groups.append({"by": question, "group": value, **_record(scored, member, label, threshold)})
    return {"groups": groups, "uniform": uniform, "not_in_the_data": list(NOT_IN_THE_DATA)}


def _header(path: Path) -> tuple[tuple[int, int] | None, str]:
    """Size and mode from a file's header; DICOM and others that Pillow does not know have none."""
    try:
        with Image.open(path) as image:
            return image.size, image.mode
    except OSError:
        return None, "other"


def _size_group(size: tuple[int, int] | None) -> str:
    if size is None:
        return "unknown"
    longer = max(size)
    edges = ((256, "up to 256 px"), (1024, "257 to 1,024 px"), (1536, "1,025 to 1,536 px"))
    return next((name for edge, name in edges if longer <= edge), "over 1,536 px")


def _record(scored: Scored, member: npt.NDArray[np.bool_], label: int, threshold: float) -> dict[str, Any]:
    right = int(((scored.probabilities[member] >= threshold) == bool(label)).sum())
    total = int(member.sum())
    low, high = wilson(right, total)
    against = member | (scored.labels != label)
    labels, probabilities = scored.labels[against], scored.probabilities[against]
    patients = [image.patient_id for image, kept in zip(scored.images, against, strict=True) if kept]
    area_low, area_high = bootstrap(auroc, labels, probabilities, patients, repeats=500)
    return {
        "class": LABELS[label],
        "images": total,
        "rate": ("specificity", "sensitivity")[label],
        "value": right / total,
        "low": low,
        "high": high,
        "auroc": auroc(labels, probabilities),
        "auroc_low": area_low,
        "auroc_high": area_high,
    }
