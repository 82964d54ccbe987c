"""The data folder: what is in it, whose it is, whether it can be trained on, and the cut into train and validation.

Reads `{train,val,test}/{NORMAL,PNEUMONIA}` and the other common cut, `{normal,opacity}`, in any case. Training asks
for `train` and `val` alone; `open_test_split` is for `training.evaluate` and for nobody else, and a test holds that.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from model.errors import RadiographError
from model.radiograph import read
from training.errors import DatasetError

CLASS_FOLDERS = {"normal": 0, "pneumonia": 1, "opacity": 1}
TRAINING_SPLITS = ("train", "val")
MINIMUM_VALIDATION_IMAGES = 100

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


@dataclass(frozen=True)
class Split:
    """Train and validation images, cut by patient.

    Attributes:
        train: images to learn from.
        validation: images of other patients, for every choice.
        rule: how the cut was made, in words.
    """

    train: tuple[LabelledImage, ...]
    validation: tuple[LabelledImage, ...]
    rule: str

    def to_dict(self) -> dict[str, Any]:
        """File lists and rule, as stored beside the artifact."""
        return {
            "rule": self.rule,
            "sha256": self.sha256,
            "train": [image.path for image in self.train],
            "validation": [image.path for image in self.validation],
        }

    @property
    def sha256(self) -> str:
        """Hash of both file lists, the same on every machine and whatever the order of reading."""
        lists = {
            "train": sorted(i.path for i in self.train),
            "validation": sorted(i.path for i in self.validation),
        }
        return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()


def patient_of(name: str) -> str:
    """The patient a file shows, from its name.

    `person123_bacteria_456` and `person123_virus_7` are one group (`person123`), `IM-0115-0001` and
    `NORMAL2-IM-0115-0001` another (`IM-0115`). The numbers are known to be reused for different
    people; to group too much is the safe side, since nobody is then in both train and validation. Any other name is
    a patient of its own.

    Args:
        name: file name, with or without folder and suffix.

    Returns:
        The patient_id.
    """
    stem = Path(name).stem
    if match := _PERSON.match(stem):
        return f"person{int(match[1])}"
    if match := _NORMAL.match(stem):
        return f"IM-{int(match[1]):04d}"
    return stem


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
    """The files of `train` and `val`; `test` is not looked into.

    Returns:
        Per split found, its images in order of path.

    Raises:
        DatasetError: if there is no `train`, a class folder is missing or empty, or a folder is none of the known.
    """
    if _find(root, "train") is None:
        raise DatasetError(
            f"No folder `train` in {root}; expected train/NORMAL and train/PNEUMONIA (or normal/opacity) below it. "
            "Give the folder that holds train and test with --data."
        )
    return {split: _list_split(root, split) for split in TRAINING_SPLITS if _find(root, split)}


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


def _list_split(root: Path, split: str) -> list[LabelledImage]:
    folder = _find(root, split)
    if folder is None:
        raise DatasetError(f"No folder `{split}` in {root}; expected {split}/NORMAL and {split}/PNEUMONIA below it.")
    images: list[LabelledImage] = []
    problems: list[str] = []
    for child in sorted(folder.iterdir()):
        if child.name.startswith(".") or not child.is_dir():
            continue
        label = CLASS_FOLDERS.get(child.name.lower())
        if label is None:
            problems.append(f"{child}: unknown class folder; expected one of {sorted(CLASS_FOLDERS)}")
            continue
        files = [f for f in sorted(child.rglob("*")) if f.is_file() and not f.name.startswith(".")]
        images += [LabelledImage(f.relative_to(root).as_posix(), label, patient_of(f.name)) for f in files]
    for label, word in enumerate(("NORMAL", "PNEUMONIA or OPACITY")):
        if not any(image.label == label for image in images):
            problems.append(f"{folder}: no image of class {word}")
    if problems:
        raise DatasetError(_join(f"Cannot use {folder}:", problems))
    return images


def _join(headline: str, problems: Sequence[str]) -> str:
    shown = [f"  - {problem}" for problem in problems[:50]]
    if len(problems) > len(shown):
        shown.append(f"  - and {len(problems) - len(shown)} more")
    return "\n".join([headline, *shown])


@dataclass(frozen=True)
class CheckReport:
    """What was found wrong in a data folder.

    Attributes:
        images: the readable images, with the hashes of their pixels.
        fatal: problems that stop training, each with its paths.
        warnings: problems that are dealt with (identical pixels within a class), each with its paths.
    """

    images: dict[str, list[LabelledImage]]
    fatal: tuple[str, ...]
    warnings: tuple[str, ...]


def check_images(root: Path, listed: dict[str, list[LabelledImage]]) -> CheckReport:
    """Decode every file and compare pixels: unreadable, in two classes, in two splits, or there twice.

    Args:
        root: the data folder.
        listed: per split, its images.

    Returns:
        The report; it does not raise on a bad image, so that one run names them all.
    """
    fatal: list[str] = []
    hashed: dict[str, list[LabelledImage]] = {split: [] for split in listed}
    same: dict[str, list[tuple[str, LabelledImage]]] = defaultdict(list)
    everything = [(split, image) for split, images in listed.items() for image in images]
    for split, image in tqdm(everything, desc="Checking images", unit="image", disable=None):
        try:
            pixel_sha256 = read(root / image.path).pixel_sha256
        except RadiographError as error:
            fatal.append(f"{image.path}: {error}")
            continue
        kept = LabelledImage(image.path, image.label, image.patient_id, pixel_sha256)
        hashed[split].append(kept)
        same[pixel_sha256].append((split, kept))
    warnings: list[str] = []
    for group in same.values():
        if len(group) == 1:
            continue
        paths = ", ".join(image.path for _, image in group)
        if len({image.label for _, image in group}) > 1:
            fatal.append(f"identical pixels in two classes: {paths}")
        elif len({split for split, _ in group}) > 1:
            fatal.append(f"identical pixels in two splits: {paths}")
        else:
            warnings.append(f"identical pixels: {paths}")
    return CheckReport(hashed, tuple(fatal), tuple(warnings))


def require_sound(report: CheckReport) -> None:
    """Stop if a report holds a fatal problem.

    Raises:
        DatasetError: with every fatal problem, one a line.
    """
    if report.fatal:
        raise DatasetError(
            _join(
                "The data folder cannot be trained on; mend or remove these files, then start again:",
                report.fatal,
            )
        )


def cut_validation(
    images: dict[str, list[LabelledImage]], *, folds: int, fold: int, seed: int, hold_out: str = ""
) -> Split:
    """Cut train into train and validation by patient, stratified by class.

    A `val` of at least 100 images is taken as it is; a smaller one (the common download has 16) joins train
    first. Patients whose images share identical pixels are one patient.

    Args:
        images: per split, its images, with pixel hashes.
        folds: number of equal parts; validation is one of them.
        fold: which part, 0 to folds - 1.
        seed: of the shuffle.
        hold_out: a `kind_of` to keep out of train altogether: those images become the validation images of
            their class, so that validation asks about a kind of image never seen.

    Returns:
        The split; no patient is in both parts.

    Raises:
        DatasetError: if either part would lack a class, or val and train share a patient.
    """
    given = images.get("val", [])
    if len(given) >= MINIMUM_VALIDATION_IMAGES:
        split = _as_given(images["train"], given)
    else:
        pool = sorted([*images["train"], *given])
        groups = _merge_patients(pool)
        splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
        labels = [image.label for image in pool]
        smallest = min(len({g for g, y in zip(groups, labels, strict=True) if y == c}) for c in (0, 1))
        if smallest < folds:
            raise DatasetError(f"{smallest} patients in the smaller class cannot be cut into {folds} folds.")
        _, chosen = list(splitter.split(labels, labels, groups))[fold]
        validation = set(chosen.tolist())
        if hold_out:
            held = {i for i, image in enumerate(pool) if kind_of(image.path) == hold_out}
            label_held = {pool[i].label for i in held}
            patients = {groups[i] for i in held}
            validation = {i for i in validation if pool[i].label not in label_held} | held
            dropped = {i for i, g in enumerate(groups) if g in patients} - held
            split_train = [image for i, image in enumerate(pool) if i not in validation | dropped]
        else:
            split_train = [image for i, image in enumerate(pool) if i not in validation]
        rule = (
            f"fold {fold} of {folds} of train, by patient, stratified by class, seed {seed} (StratifiedGroupKFold); "
            f"a val of fewer than {MINIMUM_VALIDATION_IMAGES} images joins train first"
            + (f"; every {hold_out} image held out" if hold_out else "")
        )
        split = Split(tuple(split_train), tuple(pool[i] for i in sorted(validation)), rule)
    for part, members in (("train", split.train), ("validation", split.validation)):
        if {image.label for image in members} != {0, 1}:
            raise DatasetError(f"The {part} part lacks a class; the data are too few to cut by patient.")
    return split


def _as_given(train: list[LabelledImage], validation: list[LabelledImage]) -> Split:
    shared = {image.patient_id for image in train} & {image.patient_id for image in validation}
    kept = tuple(sorted(image for image in train if image.patient_id not in shared))
    rule = f"val as given; {len(train) - len(kept)} train images of patients who are in val are left out of train"
    return Split(kept, tuple(sorted(validation)), rule)


def _merge_patients(images: Sequence[LabelledImage]) -> list[str]:
    """Patient ids after joining those whose images have identical pixels."""
    representative: dict[str, str] = {}

    def root_of(patient: str) -> str:
        while representative.setdefault(patient, patient) != patient:
            patient = representative[patient]
        return patient

    first_with: dict[str, str] = {}
    for image in images:
        if image.pixel_sha256:
            owner = first_with.setdefault(image.pixel_sha256, image.patient_id)
            representative[root_of(image.patient_id)] = root_of(owner)
    return [root_of(image.patient_id) for image in images]


def load_pixels(root: Path, images: Iterable[LabelledImage], size: int) -> npt.NDArray[np.uint8]:
    """Read and squash images, before windowing.

    Args:
        root: the data folder.
        images: which.
        size: side of the square, pixels.

    Returns:
        uint8, shape (n, size, size).

    Raises:
        RadiographError: if a file cannot be read.
    """
    from model.preprocessing import resize

    chosen = list(images)
    pixels = np.empty((len(chosen), size, size), dtype=np.uint8)
    for index, image in enumerate(tqdm(chosen, desc="Reading images", unit="image", disable=None)):
        pixels[index] = resize(read(root / image.path).pixels, size)
    return pixels


def load_lung_masks(
    folder: Path | None, images: Iterable[LabelledImage], size: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Read the lung outlines that exist.

    Args:
        folder: holds `<the image's path>.png`, or None where there are no outlines.
        images: which.
        size: side of the square, pixels.

    Returns:
        Masks, uint8, shape (n, size, size), 0 or 255, all 0 where there is none; and whether there is one, bool,
        shape (n,).

    Raises:
        DatasetError: if the folder is given and not one outline of it matches, so that a wrong folder is not taken
            for images without outlines.
    """
    import cv2

    chosen = list(images)
    masks = np.zeros((len(chosen), size, size), dtype=np.uint8)
    present = np.zeros(len(chosen), dtype=np.bool_)
    if folder is None:
        return masks, present
    for index, image in enumerate(chosen):
        path = (folder / image.path).with_suffix(".png")
        if path.is_file():
            outline = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if outline is None:
                raise DatasetError(f"{path}: not a readable lung outline.")
            masks[index] = cv2.resize(outline, (size, size), interpolation=cv2.INTER_NEAREST)
            present[index] = bool(masks[index].any())
    if not present.any():
        raise DatasetError(f"No lung outline in {folder} matches; expected e.g. {folder / chosen[0].path} as .png.")
    return masks, present
