"""Pictures of the hardest cases, read from the data folder that the settings name; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.services.model import KEEP_S, Fingerprint, fingerprint
from app.services.radiographs import OVERLAY_OPACITY, Look, as_jpeg, fit
from model.errors import ChestXrayError
from model.labels import LABELS
from model.radiograph import read

if TYPE_CHECKING:
    from model.predictor import Predictor

SIDE = 320
"""Longest side of a picture in the gallery, pixels."""

SAME = 1e-3
"""By how much a probability may differ from the stored one, as in `python -m training verify`."""


class GalleryError(ChestXrayError):
    """A picture cannot be shown; the message says why, and names no place outside the data folder."""


@dataclass(frozen=True, eq=False)
class GalleryPicture:
    """A scan with its heatmap beside it.

    Attributes:
        jpeg: both in one JPEG file; the scan alone without a model.
        probability: the score now, 0 to 1; None without a model.
    """

    jpeg: bytes = field(repr=False)
    probability: float | None = None


def data_folder(folder: Path) -> Path:
    """The data folder that the settings name, with all links followed.

    Raises:
        GalleryError: if it is no folder, or has no `test` in it.
    """
    try:
        found = folder.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise GalleryError(
            "CXR_DATA_SET names no folder that can be read. Set it to the data folder, with `test` in it."
        ) from error
    if not (found / "test").is_dir():
        raise GalleryError(
            "The folder in CXR_DATA_SET has no `test` in it. Set it to the data folder itself, such as chest_xray, "
            "with test/NORMAL and test/PNEUMONIA."
        )
    return found


def file_within(root: Path, path: str) -> Path:
    """The file of a path from `predictions.csv`, which may be a stranger's: its paths are not trusted.

    Args:
        root: of `data_folder`.
        path: with slashes, within it.

    Raises:
        GalleryError: if the path is absolute, leads outside once all links are followed, or names no file.
    """
    parts = PurePosixPath(path)
    outside = GalleryError("The path of this picture leads outside the data folder, so it is not read.")
    if not path or parts.is_absolute() or ".." in parts.parts or set(path) & set("\\:\0"):
        raise outside
    try:
        found = (root / parts).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise GalleryError("This picture is not in the data folder.") from error
    if not found.is_relative_to(root):
        raise outside
    if not found.is_file():
        raise GalleryError("This picture is not in the data folder.")
    return found


def picture(root: Path, path: str, predictor: Predictor | None) -> GalleryPicture:
    """A scan with the evidence for pneumonia beside it; kept in memory for a while.

    Args:
        root: of `data_folder`.
        path: within it.
        predictor: loaded; None as long as there is none.

    Raises:
        GalleryError: if the path may not or cannot be followed.
        RadiographError: if it is no radiograph.
        InputRangeError: if the network's output is not finite.
    """
    file = file_within(root, path)
    weights = "" if predictor is None else predictor.manifest.weights_sha256
    return _picture(str(file), fingerprint(file.parent, (file.name,)), weights, predictor)


@st.cache_data(max_entries=128, ttl=KEEP_S, show_spinner=False)
def _picture(
    file: str,
    changed: Fingerprint,  # noqa: ARG001 - part of the cache's key
    weights: str,  # noqa: ARG001 - likewise
    _predictor: Predictor | None,
) -> GalleryPicture:
    radiograph = read(Path(file))
    scan = fit(radiograph.pixels, SIDE)
    if _predictor is None:
        return GalleryPicture(as_jpeg(scan))
    prediction = _predictor.predict(radiograph, explain=LABELS[1])
    if prediction.saliency_map is None:
        return GalleryPicture(as_jpeg(scan), prediction.probability)
    overlay = Look().draw(scan, prediction.saliency_map, OVERLAY_OPACITY)
    both = np.hstack([np.repeat(scan[..., np.newaxis], 3, axis=2), overlay])
    return GalleryPicture(as_jpeg(both), prediction.probability)
