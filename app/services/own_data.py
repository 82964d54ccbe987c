"""A reader's own labelled images: labels from folders or a CSV file; scored by the queue, kept for the session only."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.services.queue import queue
from model.errors import ChestXrayError
from model.evaluation import evaluate, proportion
from model.intake.archive import take
from model.intake.limits import LIMITS
from model.labels import LABELS
from model.records.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.intake.job import Job
    from model.intake.limits import Intake, NamedFile, NotRead
    from model.predictor import Predictor
    from model.records.evaluation import Metric, SplitResult
    from model.records.manifest import Manifest
    from model.result import Result

WORDS = {"normal": 0, "pneumonia": 1, "opacity": 1}
"""Names of labels, in any case, with their index in `model.labels.LABELS`."""

FILE, LABEL = COLUMNS = ("file", "label")
MOST_CSV_BYTES = 1024**2
_NAMED = 3
_WITH_TABLE = replace(LIMITS, files=LIMITS.files + 1)
"""One archive may hold the labels among the images; the queue limits the number of images."""

_DELIMITERS = (",", ";", "\t")
_STATISTICS = ("auroc", "expected_calibration_error", "expected_calibration_error_balanced")
"""Each takes 2,000 resamples while somebody waits."""


class LabelsError(ChestXrayError):
    """The upload cannot be taken as labelled images; the message says what to change."""


@dataclass(frozen=True)
class LabelledFiles:
    """Images with their labels.

    Attributes:
        files: to be scored.
        labels: of each, an index in `model.labels.LABELS`.
        without_label: number of files left out, since nothing labels them.
        refused: files that were not taken, with the reason.
    """

    files: tuple[NamedFile, ...]
    labels: tuple[int, ...]
    without_label: int = 0
    refused: tuple[NotRead, ...] = field(default=(), repr=False)


class Labelled(NamedTuple):
    """A result with the label that its owner gave, an index in `model.labels.LABELS`."""

    result: Result
    label: int

    @property
    def score(self) -> float | None:
        """0 to 1; None if it was not scored."""
        return self.result.prediction.probability if self.result.prediction else None

    @property
    def is_refused(self) -> bool:
        """Whether the input check refuses the image, scored or not."""
        return bool(self.result.prediction and self.result.prediction.refused_because)

    def classified(self, threshold: float) -> int | None:
        """The model's class at a threshold, an index in `model.labels.LABELS`; None if it was not scored."""
        return None if self.score is None else int(self.score >= threshold)


@dataclass(frozen=True, eq=False)
class OwnResult:
    """What became of the images.

    Attributes:
        manifest: of the model that scored them.
        images: in the order given.
        without_label: number of files left out.
        unread: number of files that were not taken from the upload.
        accepted: figures of the images that the input check accepts; None without one.
        every: figures of all scored images; None without one.
        problem: what ended the scoring early, for the user; otherwise "".
    """

    manifest: Manifest
    images: tuple[Labelled, ...] = field(repr=False)
    without_label: int
    unread: int
    accepted: SplitResult | None
    every: SplitResult | None
    problem: str = ""

    def scored(self, *, with_refused: bool) -> tuple[Labelled, ...]:
        """The images behind the figures; `with_refused` counts those that the input check refuses."""
        return tuple(one for one in self.images if one.score is not None and (with_refused or not one.is_refused))

    @property
    def refused(self) -> Metric:
        """The share of scored images that the input check refuses."""
        scored = self.scored(with_refused=True)
        return proportion(sum(one.is_refused for one in scored), len(scored))


@dataclass(frozen=True, eq=False)
class OwnList:
    """Labelled images that are being scored, or were; `given` holds no files any more."""

    job: Job
    given: LabelledFiles = field(repr=False)
    manifest: Manifest

    def result(self) -> OwnResult:
        """The figures of what was scored so far; takes seconds.

        Raises:
            ArtifactError: if the model has no balanced operating point.
        """
        snapshot = self.job.snapshot()
        images = tuple(Labelled(result, self.given.labels[result.index]) for result in snapshot.results)
        scored = [one for one in images if one.score is not None]
        accepted = [one for one in scored if not one.is_refused]
        every = _figures(scored, self.manifest)
        problem = snapshot.problem
        if snapshot.state == "cancelled":
            problem = f"Cancelled: {snapshot.done:,} of {snapshot.total:,} images were scored."
        return OwnResult(
            manifest=self.manifest,
            images=images,
            without_label=self.given.without_label,
            unread=len(self.given.refused),
            accepted=every if len(accepted) == len(scored) else _figures(accepted, self.manifest),
            every=every,
            problem=problem,
        )


def score(given: LabelledFiles, predictor: Predictor, *, owner: str) -> OwnList:
    """Begin to score labelled images; returns at once. Images that the input check refuses are scored and marked.

    Args:
        given: the caller should not keep it. Nothing of it is saved.
        predictor: loaded and warm.
        owner: who asks, such as a session: one unfinished list each.

    Raises:
        QueueFullError: the owner has an unfinished list, or there are too many, or too many bytes.
    """
    job = queue().submit(given.files, predictor, owner=owner, anyway=True)
    return OwnList(job, replace(given, files=()), predictor.manifest)


def scores(images: Sequence[Labelled]) -> Scores:
    """Labels and scores of images that were scored; each counts as a patient of its own."""
    return Scores(
        np.array([one.label for one in images], dtype=np.int64),
        np.array([one.score for one in images], dtype=np.float64),
    )


def mistakes(images: Iterable[Labelled], threshold: float) -> tuple[Labelled, ...]:
    """Images that are misclassified at a threshold: missed cases first, each kind's surest mistake first."""
    wrong = [one for one in images if one.classified(threshold) not in (None, one.label)]
    return tuple(sorted(wrong, key=lambda one: (-one.label, -abs((one.score or 0.0) - threshold))))


def labelled(uploads: Sequence[NamedFile]) -> LabelledFiles:
    """Take uploaded images with their labels, in the order given.

    Args:
        uploads: one ZIP archive with a folder per class; or a CSV file with the columns "file" and "label", and the
            images or one ZIP archive of them.

    Raises:
        LabelsError: if there are no labels, one is unknown, or the CSV file names what was not given.
        ArchiveError: if the files cannot be taken at all: too many, too large, or a damaged archive.
    """
    tables = [one for one in uploads if _is_table(one)]
    others = [one for one in uploads if not _is_table(one)]
    intake = take(others, _WITH_TABLE if len(others) == 1 else LIMITS)
    tables += [one for one in intake.files if _is_table(one)]
    files = tuple(one for one in intake.files if not _is_table(one))
    if len(tables) > 1:
        raise LabelsError(f"{len(tables)} CSV files were given; expected one. Put all labels into one file.")
    if not files:
        why = f" {intake.refused[0].reason}" if intake.refused else ""
        raise LabelsError(f"No image was given. Give one ZIP archive of images, or the images themselves.{why}")
    return _by_table(tables[0].data, files, intake) if tables else _by_folder(files, intake)


def _figures(images: list[Labelled], manifest: Manifest) -> SplitResult | None:
    if not images:
        return None
    return evaluate(scores(images), manifest.operating_points, manifest.band, statistics=_STATISTICS)


def _is_table(file: NamedFile) -> bool:
    return file.name.lower().endswith(".csv")


def _by_folder(files: tuple[NamedFile, ...], intake: Intake) -> LabelledFiles:
    """The nearest folder above a file that is named like a label; a file in no folder is left out."""
    found = [(file, _folder_label(file.name)) for file in files]
    known = [(file, label) for file, label in found if label is not None]
    strangers = [file.name.split("/")[-2] for file, label in found if label is None and "/" in file.name]
    expected = "the folders NORMAL and PNEUMONIA (or normal and opacity)"
    if not known:
        raise LabelsError(
            f"None of the {len(files):,} files has a label. Give a ZIP archive with {expected}, or a CSV file with the "
            "columns file and label."
        )
    if strangers:
        raise LabelsError(
            f"{len(strangers):,} files are in folders that are not labels: {_some(strangers)}. Expected {expected}. "
            "Rename the folders or remove them."
        )
    labels = tuple(label for _, label in known)
    return LabelledFiles(tuple(file for file, _ in known), labels, len(found) - len(known), intake.refused)


def _folder_label(name: str) -> int | None:
    folders = [part.strip().lower() for part in name.split("/")[:-1]]
    return next((WORDS[part] for part in reversed(folders) if part in WORDS), None)


def _by_table(data: bytes, files: tuple[NamedFile, ...], intake: Intake) -> LabelledFiles:
    """Each row's file: the only one of that name, with as many of the row's folders as it takes to tell."""
    by_last: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys([file.name for file in files] + [file.name for file in intake.refused]):
        by_last[_parts(name)[-1]].append(name)
    labels: dict[str, int] = {}
    missing: list[str] = []
    ambiguous: list[str] = []
    for row, label in _rows(data).items():
        alike = by_last.get(_parts(row)[-1], [])
        found = _ending(alike, _parts(row)) if len(alike) > 1 else alike
        if len(found) != 1:
            (ambiguous if alike else missing).append(row)
        elif labels.setdefault(found[0], label) != label:
            raise LabelsError(
                f"Several rows of the CSV file give the file {found[0]!r} both labels, {' and '.join(LABELS)}. Keep "
                "one row, or name each file with its folder."
            )
    if missing:
        raise LabelsError(
            f"The CSV file names {len(missing):,} files that were not given: {_some(missing)}. Give them too, or "
            "remove their rows."
        )
    if ambiguous:
        raise LabelsError(
            f"Several files have a name that stands in the CSV file: {_some(ambiguous)}. Write their folders, too, as "
            "they are in the archive."
        )
    kept = tuple(file for file in files if file.name in labels)
    return LabelledFiles(kept, tuple(labels[file.name] for file in kept), len(files) - len(kept), intake.refused)


def _ending(names: list[str], parts: tuple[str, ...]) -> list[str]:
    """The name that is exactly this path, or else all that end in it."""
    exact = [name for name in names if _parts(name) == parts]
    return exact or [name for name in names if _parts(name)[-len(parts) :] == parts]


def _parts(name: str) -> tuple[str, ...]:
    """A path's folders and file; an accented letter may be one character or two, and both are the same name."""
    return PurePosixPath(unicodedata.normalize("NFC", name)).parts or ("",)


def _rows(data: bytes) -> dict[str, int]:
    """Label by file name."""
    if len(data) > MOST_CSV_BYTES:
        raise LabelsError(f"The CSV file has {len(data):,} bytes; at most {MOST_CSV_BYTES:,} are read.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError("The CSV file is not in UTF-8. Save it as “CSV UTF-8”.") from error
    first = text.splitlines()[0] if text.strip() else ""
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True)
        table = [[cell.strip() for cell in line] for line in lines]
    except csv.Error as error:
        raise LabelsError(f"The CSV file cannot be read: {error}. Export it again.") from error
    head = [cell.lower() for cell in (table[0] if table else [])]
    if not set(COLUMNS) <= set(head):
        raise LabelsError(f"The first line of the CSV file must name the columns {FILE} and {LABEL}.")
    file, label = head.index(FILE), head.index(LABEL)
    pairs = [(row[file].replace("\\", "/"), row[label]) for row in table[1:] if len(row) > max(file, label)]
    return _labels([(name, given) for name, given in pairs if name])


def _labels(pairs: list[tuple[str, str]]) -> dict[str, int]:
    if not pairs:
        raise LabelsError(f"The CSV file has no row. Expected one for each image: {FILE} and {LABEL}.")
    if unknown := [label for _, label in pairs if label.lower() not in WORDS]:
        raise LabelsError(
            f"{len(unknown):,} rows of the CSV file have an unknown label: {_some(unknown)}. Expected one of "
            f"{', '.join(WORDS)}."
        )
    found: dict[str, int] = {}
    for name, label in pairs:
        if found.setdefault(name, WORDS[label.lower()]) != WORDS[label.lower()]:
            raise LabelsError(f"The CSV file gives {name[:120]!r} both labels, {' and '.join(LABELS)}. Keep one row.")
    return found


def _some(names: Iterable[str]) -> str:
    """The first few, such as “a”, “b”, “c” and 4 more."""
    different = list(dict.fromkeys(names))
    some = ", ".join(f"“{name[:60]}”" for name in different[:_NAMED])
    return f"{some} and {len(different) - _NAMED:,} more" if len(different) > _NAMED else some
