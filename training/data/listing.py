"""List a data folder: files, classes and patients.

Reads `{train,val,test}/{NORMAL,PNEUMONIA}` and the other common form, `{normal,opacity}`, in any case. Training reads
only `train` and `val`. `open_test_split` is for `evaluate` and `explain`, which report on the test split and record it,
and for `check` and `labels`, which only compare hashes of pixels; a test ensures this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.errors import DatasetError

CLASS_FOLDERS = {"normal": 0, "pneumonia": 1, "opacity": 1}
TRAINING_SPLITS = ("train", "val")
SUFFIXES = frozenset({".jpeg", ".jpg", ".png", ".tif", ".tiff", ".dcm", ".dicom"})

_PERSON = re.compile(r"person(\d+)_", re.IGNORECASE)
_NORMAL = re.compile(r"(?:NORMAL2-)?IM-(\d+)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class LabelledImage:
    """One file of the data folder.

    Attributes:
        path: relative to the data folder, with forward slashes.
        label: position in `model.architecture.LABELS`.
        patient_id: who it shows, by `patient_of`.
        pixel_sha256: hash of the decoded pixels; empty before `check_images`.
    """

    path: str
    label: int
    patient_id: str
    pixel_sha256: str = ""


def stem_of(path: str) -> str:
    """A path without its image suffix; a name without one, such as `1.2.840.7`, is kept."""
    parsed = PurePosixPath(path)
    return str(parsed.with_suffix("")) if parsed.suffix.lower() in SUFFIXES else str(parsed)


def patient_of(path: str) -> str:
    """The patient a file shows, from its path below the class folder.

    `person123_bacteria_456` and `person123_virus_7` are one group (`person123`), `IM-0115-0001` and
    `NORMAL2-IM-0115-0001` another (`IM-0115`). The numbers are known to be reused for different people; grouping too
    much is safe, since no patient is then in both train and validation. For any other name, the subfolder is the
    patient (`alice/001.png`, `alice/002.png`); without one, each file is a patient.

    Args:
        path: relative to the class folder, with forward slashes, with or without suffix.

    Returns:
        The patient_id.
    """
    stem = PurePosixPath(stem_of(path))
    if match := _PERSON.match(stem.name):
        return f"person{int(match[1])}"
    if match := _NORMAL.match(stem.name):
        return f"IM-{int(match[1]):04d}"
    return stem.parts[0] if len(stem.parts) > 1 else stem.name


def class_and_patient(path: str) -> tuple[int, str]:
    """Class and patient_id of a path `split/class/...`.

    Raises:
        DatasetError: if the second part is no known class folder.
    """
    _, folder, *rest = PurePosixPath(path).parts
    if folder.lower() not in CLASS_FOLDERS or not rest:
        raise DatasetError(f"{path!r} does not have the form split/class/name.")
    return CLASS_FOLDERS[folder.lower()], patient_of("/".join(rest))


def kind_of(name: str) -> str:
    """The kind of image by its name: `bacteria`, `virus`, `IM`, `NORMAL2`, or `other`."""
    stem = Path(name).stem
    for word in ("bacteria", "virus"):
        if f"_{word}" in stem:
            return word
    if stem.startswith("NORMAL2"):
        return "NORMAL2"
    return "IM" if stem.startswith("IM-") else "other"


def list_training_images(root: Path) -> dict[str, list[LabelledImage]]:
    """The files of `train` and `val`; `test` is not opened.

    Returns:
        Per split found, its images in order of path.

    Raises:
        DatasetError: if there is no `train`, or a class folder is missing, empty or unknown.
    """
    if _find(root, "train") is None:
        raise DatasetError(
            f"No folder `train` in {root}; expected train/NORMAL and train/PNEUMONIA (or normal/opacity) below it. "
            "Give the folder that holds train and test with --data."
        )
    return {split: _list_split(root, split) for split in TRAINING_SPLITS if _find(root, split)}


def has_test_split(root: Path) -> bool:
    """Whether there is a folder `test`, in any case; it is not opened.

    Raises:
        DatasetError: if the data folder does not exist, or holds two such folders.
    """
    return _find(root, "test") is not None


def open_test_split(root: Path) -> list[LabelledImage]:
    """The files of the official test split, for `training.evaluate` alone.

    Raises:
        DatasetError: if there is no `test`, or a class folder is missing or empty.
    """
    return _list_split(root, "test")


def _find(parent: Path, name: str) -> Path | None:
    if not parent.is_dir():
        raise DatasetError(f"The data folder {parent} does not exist or is not a folder. Give it with --data.")
    matches = [child for child in sorted(parent.iterdir()) if child.is_dir() and child.name.lower() == name]
    if len(matches) > 1:
        raise DatasetError(f"{parent} holds {len(matches)} folders called {name!r} in different case; keep one.")
    return matches[0] if matches else None


def list_labelled_folder(folder: Path, root: Path) -> list[LabelledImage]:
    """The files of class folders.

    Args:
        folder: holds NORMAL and PNEUMONIA (or normal and opacity, in any case).
        root: paths are told relative to it; `folder` or one above.

    Raises:
        DatasetError: if a class folder is missing, empty or unknown.
    """
    if not folder.is_dir():
        raise DatasetError(f"The folder {folder} does not exist or is not a folder.")
    images: list[LabelledImage] = []
    problems: list[str] = []
    for child in sorted(folder.iterdir()):
        if child.name.startswith(".") or not child.is_dir():
            continue
        label = CLASS_FOLDERS.get(child.name.lower())
        if label is None:
            problems.append(f"{child}: unknown class folder; expected one of {sorted(CLASS_FOLDERS)}")
            continue
        for file in sorted(child.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                patient = patient_of(file.relative_to(child).as_posix())
                images.append(LabelledImage(file.relative_to(root).as_posix(), label, patient))
    for label, word in enumerate(("NORMAL", "PNEUMONIA or OPACITY")):
        if not any(image.label == label for image in images):
            problems.append(f"{folder}: no image of class {word}")
    if problems:
        raise DatasetError(name_problems(f"Cannot use {folder}:", problems))
    return images


def _list_split(root: Path, split: str) -> list[LabelledImage]:
    folder = _find(root, split)
    if folder is None:
        raise DatasetError(f"No folder `{split}` in {root}; expected {split}/NORMAL and {split}/PNEUMONIA below it.")
    return list_labelled_folder(folder, root)


def name_problems(headline: str, problems: Sequence[str]) -> str:
    """A message that lists problems, one a line, the first fifty in full."""
    shown = [f"  - {problem}" for problem in problems[:50]]
    if len(problems) > len(shown):
        shown.append(f"  - and {len(problems) - len(shown)} more")
    return "\n".join([headline, *shown])
