"""The split that an artifact was trained on, stored beside it."""

from __future__ import annotations

import json
from pathlib import Path

from model.artifact import Manifest
from training import data
from training.data import LabelledImage
from training.errors import DatasetError

SPLIT = "split.json"

Images = tuple[LabelledImage, ...]


def stored_split(manifest: Manifest, folder: Path, root: Path) -> tuple[Images, Images]:
    """The train and validation images of an artifact.

    Args:
        manifest: with the hash of the split.
        folder: the artifact, with `split.json`.
        root: the data folder.

    Returns:
        Train and validation, each in stored order.

    Raises:
        DatasetError: if `split.json` is not the split that the network was trained on, or an image is not in `root`.
    """
    split = json.loads((folder / SPLIT).read_text(encoding="utf-8"))
    if data.hash_of_lists(split["train"], split["validation"]) != manifest.split["sha256"]:
        raise DatasetError(f"{folder / SPLIT} is not the split that this network was trained on; restore the folder.")
    known = {image.path: image for images in data.list_training_images(root).values() for image in images}
    wanted = [*split["train"], *split["validation"]]
    missing = [path for path in wanted if path not in known]
    if missing:
        raise DatasetError(
            f"{len(missing)} of {len(wanted)} images of this model's split are not in {root}, first {missing[0]}. "
            "Give the data folder that it was trained on."
        )
    return tuple(known[path] for path in split["train"]), tuple(known[path] for path in split["validation"])
