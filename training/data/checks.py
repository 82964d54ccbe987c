"""Check a data folder: every file readable, no image in two classes or in both train and test."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from model.errors import RadiographError
from model.radiograph import read
from training.data.listing import LabelledImage, name_problems
from training.errors import DatasetError


@dataclass(frozen=True)
class CheckReport:
    """Problems found in a data folder.

    Attributes:
        images: the readable images, with the hashes of their pixels.
        fatal: problems that stop training, each with its paths.
        warnings: problems that training handles (identical pixels within a class), each with its paths.
    """

    images: dict[str, list[LabelledImage]]
    fatal: tuple[str, ...]
    warnings: tuple[str, ...]


def check_images(root: Path, listed: dict[str, list[LabelledImage]]) -> CheckReport:
    """Decode every file and find unreadable and identical images.

    Returns:
        The report; a bad image does not raise, so one run names them all.
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
        if len(group) > 1:
            problem, is_fatal = _name_group(group)
            (fatal if is_fatal else warnings).append(problem)
    return CheckReport(hashed, tuple(fatal), tuple(warnings))


def _name_group(group: list[tuple[str, LabelledImage]]) -> tuple[str, bool]:
    """Describe identical images, and say whether they stop training."""
    paths = ", ".join(image.path for _, image in group)
    splits = {split for split, _ in group}
    if len({image.label for _, image in group}) > 1:
        return f"identical pixels in two classes: {paths}", True
    if "test" in splits and len(splits) > 1:
        return f"identical pixels in two splits: {paths}", True
    if len(splits) > 1:
        return f"identical pixels in two splits, train and val, counted as one patient: {paths}", False
    return f"identical pixels: {paths}", False


def require_sound(report: CheckReport) -> None:
    """Stop if a report holds a fatal problem.

    Raises:
        DatasetError: with every fatal problem, one a line.
    """
    if report.fatal:
        raise DatasetError(
            name_problems(
                "The data folder cannot be used for training; repair or remove these files, then start again:",
                report.fatal,
            )
        )
