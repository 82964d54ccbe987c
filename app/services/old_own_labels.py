"""Which label each uploaded image has: by its folder in a ZIP archive, or by a CSV file. Nothing is stored."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from app.worklist import LIMITS, NamedFile, NotRead, take
from model.errors import ChestXrayError
from model.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.worklist import Intake, Limits

WORDS = {"normal": 0, "pneumonia": 1, "opacity": 1}
"""What labels are called, in any case; the index in `model.labels.LABELS`."""

FILE, LABEL = COLUMNS = ("file", "label")
MOST_CSV_BYTES = 1024**2
_TOLD = 3
_WITH_TABLE = replace(LIMITS, files=LIMITS.files + 1)
"""The labels may lie among the images in one archive; how many images are taken, the queue says as well."""

_DELIMITERS = (",", ";", "\t")


class LabelsError(ChestXrayError):
    """What was uploaded cannot be taken as labelled images; the message says what to change."""


@dataclass(frozen=True)
class LabelledFiles:
    """Images with their labels.

    Attributes:
        files: to be scored.
        labels: of each, an index in `model.labels.LABELS`.
        without_label: how many files were left out since nothing gives them a label.
        refused: not taken, with the reason.
    """

    files: tuple[NamedFile, ...]
    labels: tuple[int, ...]
    without_label: int = 0
    refused: tuple[NotRead, ...] = field(default=(), repr=False)


def labelled(uploads: Sequence[NamedFile]) -> LabelledFiles:
    """Take uploaded images with their labels.

    Args:
        uploads: one ZIP archive with a folder a class; or a CSV file with the columns "file" and "label", and the
            images or one ZIP archive of them.

    Returns:
        The images in the order given.

    Raises:
        LabelsError: if there are no labels, one is unknown, or the CSV file names what was not given.
        ArchiveError: if the files cannot be taken at all: too many, too large, or a damaged archive.
    """
    tables = [one for one in uploads if _is_table(one)]
    intake = take([one for one in uploads if not _is_table(one)], _limits(uploads))
    tables += [one for one in intake.files if _is_table(one)]
    files = tuple(one for one in intake.files if not _is_table(one))
    if len(tables) > 1:
        raise LabelsError(f"{len(tables)} CSV files were given; expected one. Put all labels into one file.")
    if not files:
        why = f" {intake.refused[0].reason}" if intake.refused else ""
        raise LabelsError(
            f"No image was given. Give one ZIP archive with the images in it, or the images themselves.{why}"
        )
    return _by_table(tables[0].data, files, intake) if tables else _by_folder(files, intake)


def _limits(uploads: Sequence[NamedFile]) -> Limits:
    return _WITH_TABLE if len([one for one in uploads if not _is_table(one)]) == 1 else LIMITS


def _is_table(one: NamedFile) -> bool:
    return one.name.lower().endswith(".csv")


def _by_folder(files: tuple[NamedFile, ...], intake: Intake) -> LabelledFiles:
    """The nearest folder above a file that is called like a label; a file in no folder is left out."""
    found = [(one, _folder_label(one.name)) for one in files]
    known = [(one, label) for one, label in found if label is not None]
    strangers = [one.name.split("/")[-2] for one, label in found if label is None and "/" in one.name]
    if not known:
        raise LabelsError(
            f"None of the {len(files):,} files has a label. Give a ZIP archive with the folders NORMAL and PNEUMONIA "
            "(or normal and opacity), or a CSV file with the columns file and label."
        )
    if strangers:
        raise LabelsError(
            f"{len(strangers):,} files lie in folders that are no label: {_some(strangers)}. Expected NORMAL and "
            "PNEUMONIA (or normal and opacity). Rename the folders, or take them out."
        )
    return LabelledFiles(
        tuple(one for one, _ in known), tuple(label for _, label in known), len(found) - len(known), intake.refused
    )


def _folder_label(name: str) -> int | None:
    folders = reversed(name.split("/")[:-1])
    return next((WORDS[part.strip().lower()] for part in folders if part.strip().lower() in WORDS), None)


def _by_table(data: bytes, files: tuple[NamedFile, ...], intake: Intake) -> LabelledFiles:
    """Each row's file: the only one that is called so, with as many of the row's folders as it takes to tell."""
    rows = _rows(data)
    by_last: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys([one.name for one in files] + [one.name for one in intake.refused]):
        by_last[_parts(name)[-1]].append(name)
    labels: dict[str, int] = {}
    missing: list[str] = []
    ambiguous: list[str] = []
    for told, label in rows.items():
        parts = _parts(told)
        alike = by_last.get(parts[-1], [])
        found = _ending(alike, parts) if len(alike) > 1 else alike
        if len(found) != 1:
            (ambiguous if alike else missing).append(told)
        elif labels.setdefault(found[0], label) != label:
            raise LabelsError(
                f"Several rows of the CSV file are about the file {found[0]!r}, and give it both labels: "
                f"{' and '.join(LABELS)}. Keep one row, or give each file with its folder."
            )
    if missing:
        raise LabelsError(
            f"The CSV file names {len(missing):,} files that were not given: {_some(missing)}. Give them too, or take "
            "their rows out."
        )
    if ambiguous:
        raise LabelsError(
            f"Several files are called the same as in the CSV file: {_some(ambiguous)}. Write their folders, too, as "
            "they are in the archive."
        )
    kept = tuple(one for one in files if one.name in labels)
    return LabelledFiles(kept, tuple(labels[one.name] for one in kept), len(files) - len(kept), intake.refused)


def _ending(names: list[str], parts: tuple[str, ...]) -> list[str]:
    """The one that is a path to the letter, or else all that end in it."""
    whole = [name for name in names if _parts(name) == parts]
    return whole or [name for name in names if _parts(name)[-len(parts) :] == parts]


def _parts(name: str) -> tuple[str, ...]:
    """A path's folders and file; an accented letter can be one character or two, and both are the same name."""
    return PurePosixPath(unicodedata.normalize("NFC", name)).parts or ("",)


def _rows(data: bytes) -> dict[str, int]:
    """Label by file name.

    Raises:
        LabelsError: if it is no such table.
    """
    if len(data) > MOST_CSV_BYTES:
        raise LabelsError(f"The CSV file has {len(data):,} bytes, and at most {MOST_CSV_BYTES:,} are read.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError("The CSV file is not in UTF-8. Save it as “CSV UTF-8”.") from error
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        raise LabelsError(f"The CSV file cannot be read: {error}. Export it again.") from error
    head = [cell.strip().lower() for cell in (table[0] if table else [])]
    if not set(COLUMNS) <= set(head):
        raise LabelsError(f"The first line of the CSV file must name the columns {FILE} and {LABEL}.")
    places = head.index(FILE), head.index(LABEL)
    return _labels([(row[places[0]].strip(), row[places[1]].strip()) for row in table[1:] if len(row) > max(places)])


def _labels(rows: list[tuple[str, str]]) -> dict[str, int]:
    pairs = [(name.replace("\\", "/"), label) for name, label in rows if name]
    if not pairs:
        raise LabelsError(f"The CSV file has no row. Expected one an image: {FILE} and {LABEL}.")
    if unknown := [label for _, label in pairs if label.lower() not in WORDS]:
        raise LabelsError(
            f"{len(unknown):,} rows of the CSV file have an unknown label: {_some(unknown)}. Expected one of "
            f"{', '.join(WORDS)}."
        )
    found: dict[str, int] = {}
    for name, label in pairs:
        if found.setdefault(name, WORDS[label.lower()]) != WORDS[label.lower()]:
            raise LabelsError(f"The CSV file gives {name[:120]!r} both labels: {' and '.join(LABELS)}. Keep one row.")
    return found


def _delimiter(text: str) -> str:
    first = text.splitlines()[0] if text.strip() else ""
    return max(_DELIMITERS, key=first.count)


def _some(names: Iterable[str]) -> str:
    """The first few, such as "a", "b", "c" and 4 more."""
    different = list(dict.fromkeys(names))
    told = ", ".join(f"“{name[:60]}”" for name in different[:_TOLD])
    return f"{told} and {len(different) - _TOLD:,} more" if len(different) > _TOLD else told
