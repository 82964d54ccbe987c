"""Suspected label errors and near-duplicates: lists of file names for human review.

No file is changed or excluded. Training labels are judged by networks that did not see the patient
(`training.cross_validation`), with confident learning (Northcutt, Jiang and Chuang 2021; cleanlab). Labels of the test
split are judged by the shipped model's stored predictions, so the split is not opened again. Near-duplicates are found
by a perceptual hash of 256 bits (imagehash); of test only hashes are compared.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt
from cleanlab.filter import find_label_issues
from PIL import Image
from tqdm import tqdm

from model import artifact as artifacts
from model.labels import LABELS
from model.radiograph import read
from model.records.labels import LabelReport, NearDuplicates, Suspect
from model.records.scores import PREDICTIONS, Scores
from training import data, provenance
from training.cross_validation import read_out_of_fold
from training.data import LabelledImage

logger = logging.getLogger(__name__)

HASH_SIDE = 16
NEAR = 32
"""Largest difference, in bits of 256, between hashes of near-duplicates; other scans of this data set differ more."""

Bits = npt.NDArray[np.bool_]


def report_labels(root: Path, out_of_fold: Path, artifact_folder: Path, output: Path) -> LabelReport:
    """List suspected label errors and near-duplicates.

    Args:
        root: the data folder; of test, if it is there, only hashes of pixels are taken.
        out_of_fold: `out_of_fold.csv` of `training.cross_validation`.
        artifact_folder: an artifact whose stored predictions judge the labels of test, if it has some.
        output: made if it is not there.

    Raises:
        ConfigError: if `out_of_fold` is missing or not readable.
        DatasetError: if the data folder has no training images.
    """
    rows = read_out_of_fold(out_of_fold)
    judge = ""
    suspected = {"train": suspects([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])}
    if (artifact_folder / PREDICTIONS).is_file():
        judge = artifacts.read_manifest(artifact_folder).weights_sha256
        stored = Scores.read_all(artifact_folder / PREDICTIONS)["test"]
        suspected["test"] = suspects(stored.paths, stored.labels.tolist(), stored.probabilities.tolist())
    images = [image for split in data.list_training_images(root).values() for image in split]
    if data.has_test_split(root):
        images += data.open_test_split(root)
    report = LabelReport(
        created=provenance.now(),
        versions=provenance.versions(),
        judged_by={"train": "networks of a cross-validation that did not see the patient", "test": "the artifact"},
        weights_sha256=judge,
        suspected=suspected,
        near_duplicates=near_duplicates(images, perceptual_hashes(root, images)),
        near=f"at most {NEAR} of {HASH_SIDE**2} bits of a perceptual hash differ",
        images=len(images),
    )
    output.mkdir(parents=True, exist_ok=True)
    report.write(output)
    return report


def suspects(paths: Sequence[str], labels: Sequence[int], probabilities: Sequence[float]) -> tuple[Suspect, ...]:
    """Images with a suspected label error, the most suspicious first.

    Args:
        paths: n paths.
        labels: n labels, 0 or 1, as given.
        probabilities: n probabilities of Pneumonia, of a network that did not learn from the image.

    Returns:
        The suspects.
    """
    found, both = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    order = find_label_issues(
        both,
        np.stack([1.0 - found, found], axis=1),
        return_indices_ranked_by="self_confidence",
        filter_by="confident_learning",
        n_jobs=1,
    )
    return tuple(Suspect(path=paths[i], given=LABELS[both[i]], probability=round(float(found[i]), 4)) for i in order)


def perceptual_hashes(root: Path, images: Sequence[LabelledImage]) -> Bits:
    """The perceptual hash of every image.

    Returns:
        bool, shape (n, 256).
    """
    progress = tqdm(images, desc="Hashing", unit="image", disable=None)
    return np.stack(
        [
            imagehash.phash(Image.fromarray(read(root / image.path).pixels), hash_size=HASH_SIDE).hash.ravel()
            for image in progress
        ]
    )


def near_duplicates(images: Sequence[LabelledImage], hashes: Bits) -> tuple[NearDuplicates, ...]:
    """Groups of images that look nearly the same.

    Args:
        images: n images.
        hashes: bool, shape (n, bits).

    Returns:
        The groups, the most worrying first.
    """
    packed = np.packbits(hashes, axis=1)
    groups = list(range(len(images)))

    def root_of(index: int) -> int:
        while groups[index] != index:
            groups[index] = groups[groups[index]]
            index = groups[index]
        return index

    distances: dict[tuple[int, int], int] = {}
    for index in range(len(images) - 1):
        bits = np.bitwise_count(packed[index + 1 :] ^ packed[index]).sum(axis=1)
        for offset in np.flatnonzero(bits <= NEAR):
            other = index + 1 + int(offset)
            distances[index, other] = int(bits[offset])
            groups[root_of(other)] = root_of(index)
    members: dict[int, list[int]] = {}
    for index in sorted({i for pair in distances for i in pair}):
        members.setdefault(root_of(index), []).append(index)
    found = [_group(images, group, distances) for group in members.values()]
    return tuple(sorted(found, key=lambda g: (not g.two_labels, not g.two_splits, not g.two_patients, g.paths)))


def _group(images: Sequence[LabelledImage], group: list[int], distances: dict[tuple[int, int], int]) -> NearDuplicates:
    shown = [images[index] for index in group]
    within = [distance for (one, other), distance in distances.items() if one in group and other in group]
    return NearDuplicates(
        paths=tuple(image.path for image in shown),
        bits=max(within),
        two_labels=len({image.label for image in shown}) > 1,
        two_splits=len({image.path.split("/")[0] for image in shown}) > 1,
        two_patients=len({(image.label, image.patient_id) for image in shown}) > 1,
    )
