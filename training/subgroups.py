"""How good the model is on parts of a split: by kind of pneumonia, series of normals, size and mode of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from model.evaluation import auroc
from model.labels import LABELS
from model.records.evaluation import Subgroup, Subgroups
from model.records.scores import Scores
from model.statistics.intervals import bootstrap, share
from training.data import kind_of

NOT_IN_THE_DATA = ("age", "sex")
SMALLEST = 10  # images; a rate of fewer is not reported


def subgroups(scores: Scores, root: Path, threshold: float) -> Subgroups:
    """Every subgroup known from the files, and what is unknown."""
    headers = [_header(root / path) for path in scores.paths]
    questions: dict[str, list[str]] = {
        "kind by file name": [kind_of(path) for path in scores.paths],
        "size": [_size_group(size) for size, _ in headers],
        "mode": [mode for _, mode in headers],
    }
    groups, uniform = [], {}
    for question, answers in questions.items():
        values = sorted(set(answers))
        if len(values) == 1:
            uniform[question] = values[0]
            continue
        for value in values:
            inside = np.array([answer == value for answer in answers])
            for label in range(len(LABELS)):
                member = inside & (scores.labels == label)
                if member.sum() >= SMALLEST:
                    found = _subgroup(scores, member, by=question, group=value, label=label, threshold=threshold)
                    groups.append(found)
    return Subgroups(groups=tuple(groups), uniform=uniform, not_in_the_data=NOT_IN_THE_DATA)


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


def _subgroup(
    scores: Scores, member: npt.NDArray[np.bool_], *, by: str, group: str, label: int, threshold: float
) -> Subgroup:
    right, images = int(((scores.probabilities[member] >= threshold) == bool(label)).sum()), int(member.sum())
    rate = share(right, images)
    against = member | (scores.labels != label)
    labels, probabilities = scores.labels[against], scores.probabilities[against]
    patients = [patient for patient, kept in zip(scores.patients, against, strict=True) if kept]
    area_low, area_high = bootstrap(auroc, labels, probabilities, patients, repeats=500)
    return Subgroup(
        by=by,
        group=group,
        truth=LABELS[label],
        images=images,
        rate=("specificity", "sensitivity")[label],
        value=rate.value,
        low=rate.low,
        high=rate.high,
        auroc=auroc(labels, probabilities),
        auroc_low=area_low,
        auroc_high=area_high,
    )
