"""Read `label_report.json`: labels that look wrong, and pictures that are nearly the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.measured.files import read_if_there

if TYPE_CHECKING:
    from pathlib import Path

    from model.records.manifest import Manifest

LABEL_REPORT = "label_report.json"


@dataclass(frozen=True)
class Suspect:
    """A file whose label looks wrong.

    Attributes:
        split: "train" or "test".
        path: within the data folder.
        given: the label that it has.
        probability: of Pneumonia, by what judged it, 0 to 1.
    """

    split: str
    path: str
    given: str
    probability: float


@dataclass(frozen=True)
class LabelReport:
    """The content of `label_report.json`.

    Attributes:
        created: when.
        judged_by: what judged each split, in words.
        suspects: by split in order, the surest first.
        of_this_model: whether the suspects of test were judged by the model in use.
        near_duplicates: groups of files that show nearly the same.
        two_labels: how many of these groups have both labels.
        two_splits: how many lie in train and test.
        near: what counts as nearly the same, in words.
        images: looked at.
    """

    created: datetime
    judged_by: dict[str, str]
    suspects: tuple[Suspect, ...]
    of_this_model: bool
    near_duplicates: tuple[tuple[str, ...], ...]
    two_labels: int
    two_splits: int
    near: str
    images: int

    def of_split(self, split: str) -> tuple[Suspect, ...]:
        """The suspects of one split."""
        return tuple(one for one in self.suspects if one.split == split)


def read_label_report(folder: Path, manifest: Manifest) -> LabelReport | None:
    """Read `label_report.json`.

    Args:
        folder: the artifact.
        manifest: of the model in use.

    Returns:
        The report, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    return read_if_there(folder / LABEL_REPORT, lambda text: _report(json.loads(text), manifest))


def _report(values: dict[str, Any], manifest: Manifest) -> LabelReport:
    groups = values["near_duplicates"]
    return LabelReport(
        created=datetime.fromisoformat(values["created"]),
        judged_by={str(split): str(judge) for split, judge in values["judged_by"].items()},
        suspects=tuple(
            Suspect(str(split), str(one["path"]), str(one["given"]), float(one["probability"]))
            for split, found in values["suspected"].items()
            for one in found
        ),
        of_this_model=values["weights_sha256"] == manifest.weights_sha256,
        near_duplicates=tuple(tuple(map(str, group["paths"])) for group in groups),
        two_labels=sum(bool(group["two_labels"]) for group in groups),
        two_splits=sum(bool(group["two_splits"]) for group in groups),
        near=str(values["near"]),
        images=int(values["images"]),
    )
