"""The data folder: files, patients, checks, and the split into train and validation."""

from __future__ import annotations

from training.data.checks import CheckReport, check_images, require_sound
from training.data.listing import (
    LabelledImage,
    class_and_patient,
    has_test_split,
    kind_of,
    list_labelled_folder,
    list_training_images,
    open_test_split,
    patient_of,
)
from training.data.pixels import load_lung_masks, load_pixels
from training.data.split import MINIMUM_VALIDATION_IMAGES, Split, cut_validation, hash_of_lists

__all__ = [
    "MINIMUM_VALIDATION_IMAGES",
    "CheckReport",
    "LabelledImage",
    "Split",
    "check_images",
    "class_and_patient",
    "cut_validation",
    "has_test_split",
    "hash_of_lists",
    "kind_of",
    "list_labelled_folder",
    "list_training_images",
    "load_lung_masks",
    "load_pixels",
    "open_test_split",
    "patient_of",
    "require_sound",
]
