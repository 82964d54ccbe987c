"""The split that an artifact was trained on, stored beside it."""

from __future__ import annotations

from pathlib import Path

from model.records.manifest import Manifest
from model.records.split import SplitLists
from training import data
from training.data import LabelledImage
from training.errors import ConfigError, DatasetError

Images = tuple[LabelledImage, ...]


def require_unseen(folder: Path, validation: Images, role: str) -> None:
    """Refuse a network that was trained on the validation patients.

    Raises:
        ConfigError: if the network was trained on a patient of `validation`, or its patients are unknown.
    """
    lists = SplitLists.read(folder)
    if lists is None:
        raise ConfigError(f"The {role} {folder} has no {SplitLists.FILE}, so nothing says which patients it has seen.")
    # By patient alone, like the split: a child may have scans of both classes.
    seen = {data.class_and_patient(image)[1] for image in lists.train}
    shared = [image.path for image in validation if image.patient_id in seen]
    if shared:
        raise ConfigError(
            f"The {role} {folder} was trained on patients of {len(shared)} of {len(validation)} validation images, "
            f"first {shared[0]}; its figures on them would be too good. Use the same folds, fold and split_seed."
        )


def stored_split(manifest: Manifest, folder: Path, root: Path) -> tuple[Images, Images]:
    """The train and validation images of an artifact.

    Returns:
        Train and validation, each in stored order.

    Raises:
        DatasetError: if `split.json` is missing or not the split that the network was trained on, or an image is not
            in `root`.
    """
    lists = SplitLists.read(folder)
    if lists is None:
        raise DatasetError(f"{folder} has no {SplitLists.FILE}, so nothing says what its network was trained on.")
    if data.hash_of_lists(lists.train, lists.validation) != manifest.split["sha256"]:
        raise DatasetError(
            f"{folder / SplitLists.FILE} is not the split that this network was trained on; restore the folder."
        )
    known = {image.path: image for images in data.list_training_images(root).values() for image in images}
    wanted = [*lists.train, *lists.validation]
    missing = [path for path in wanted if path not in known]
    if missing:
        raise DatasetError(
            f"{len(missing)} of {len(wanted)} images of this model's split are not in {root}, first {missing[0]}. "
            "Give the data folder that it was trained on."
        )
    return tuple(known[path] for path in lists.train), tuple(known[path] for path in lists.validation)
