"""Split into train and validation, by patient."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.data.listing import LabelledImage, kind_of
from training.errors import DatasetError

logger = logging.getLogger(__name__)

MINIMUM_VALIDATION_IMAGES = 100


@dataclass(frozen=True)
class Split:
    """Train and validation images, split by patient."""

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
        """Hash of both file lists, independent of machine and reading order."""
        lists = {
            "train": sorted(i.path for i in self.train),
            "validation": sorted(i.path for i in self.validation),
        }
        return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()


def hash_of_lists(train: Sequence[str], validation: Sequence[str]) -> str:
    """SHA-256 of the two lists of paths, in any order."""
    lists = {"train": sorted(train), "validation": sorted(validation)}
    return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()


def cut_validation(
    images: dict[str, list[LabelledImage]], *, folds: int, fold: int, seed: int, hold_out: str = ""
) -> Split:
    """Split train into train and validation by patient, stratified by class.

    A `val` of at least 100 images is taken as it is, and train images of the same patients are left out; a smaller one
    (the common download has 16) joins train first. Patients whose images share identical pixels are one patient.

    Args:
        images: per split, its images, with pixel hashes.
        folds: number of equal parts; validation is one of them.
        fold: which part, 0 to folds - 1.
        seed: of the shuffle.
        hold_out: a `kind_of` to exclude from train: those images become the validation images of their class, so
            validation tests on a kind of image never seen.

    Returns:
        The split; no patient is in both parts.

    Raises:
        DatasetError: if either part would lack a class, or no image is of the kind to hold out.
    """
    given = images.get("val", [])
    if len(given) >= MINIMUM_VALIDATION_IMAGES:
        split = _as_given(images["train"], given)
    else:
        split = _cut(sorted([*images["train"], *given]), folds, fold, seed)
    if hold_out:
        split = _without_kind(split, hold_out)
    for part, members in (("train", split.train), ("validation", split.validation)):
        if {image.label for image in members} != {0, 1}:
            raise DatasetError(f"The {part} part lacks a class; the data are too few to cut by patient.")
    return split


def _as_given(train: list[LabelledImage], validation: list[LabelledImage]) -> Split:
    groups = _merge_patients([*train, *validation])
    in_validation = set(groups[len(train) :])
    kept = [image for image, group in zip(train, groups, strict=False) if group not in in_validation]
    left_out = len(train) - len(kept)
    if left_out:
        logger.warning("%d of %d train images show patients who are in val; they are left out.", left_out, len(train))
    rule = f"val as given; {left_out} train images of patients who are in val are left out of train"
    return Split(tuple(sorted(kept)), tuple(sorted(validation)), rule)


def _cut(pool: list[LabelledImage], folds: int, fold: int, seed: int) -> Split:
    groups, labels = _merge_patients(pool), [image.label for image in pool]
    smallest = min(len({g for g, y in zip(groups, labels, strict=True) if y == c}) for c in (0, 1))
    if smallest < folds:
        raise DatasetError(
            f"{smallest} patients in the smaller class cannot be cut into {folds} folds; "
            "bring more data, or set fewer folds (--set folds=2)."
        )
    from sklearn.model_selection import (
        StratifiedGroupKFold,
    )  # seconds long: the help of `fit` lists settings without it

    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    _, chosen = list(splitter.split(labels, labels, groups))[fold]
    validation = set(chosen.tolist())
    rule = (
        f"fold {fold} of {folds} of train, by patient, stratified by class, seed {seed} (StratifiedGroupKFold); "
        f"a val of fewer than {MINIMUM_VALIDATION_IMAGES} images joins train first"
    )
    train = tuple(image for i, image in enumerate(pool) if i not in validation)
    return Split(train, tuple(pool[i] for i in sorted(validation)), rule)


def _without_kind(split: Split, kind: str) -> Split:
    """Validation has only that kind, for its class; train has neither the kind nor its patients."""
    pool = sorted([*split.train, *split.validation])
    held = [image for image in pool if kind_of(image.path) == kind]
    if not held:
        known = sorted({kind_of(image.path) for image in pool})
        raise DatasetError(f"No image is of kind {kind!r}; there are {known}.")
    labels, patients = {image.label for image in held}, {image.patient_id for image in held}
    train = tuple(i for i in split.train if i.patient_id not in patients and kind_of(i.path) != kind)
    others = [image for image in split.validation if image.label not in labels]
    return Split(train, tuple(sorted([*others, *held])), f"{split.rule}; every {kind} image held out")


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
