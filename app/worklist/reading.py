"""One file of a list: decoded, then judged. Nothing that is wrong with it gets out, but for a broken model."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from app.worklist.result import FileResult, Status
from model.errors import ArtifactError, InputRangeError, RadiographError, UnusableRadiographError
from model.labels import LABELS
from model.radiograph import Radiograph, decode

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from app.worklist.archive import NamedFile
    from model.scoring import Scored, Scorer

_LOG = logging.getLogger(__name__)

THUMBNAIL_SIDE = 192
"""Longest side of a thumbnail, in pixels."""

_NAME = "this file"
"""What messages call a file: its own name stands beside them, and stays out of whatever they are written to."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A decoded file, or why it could not be decoded.

    Attributes:
        radiograph: at full size, or None.
        pixel_sha256: of its pixels, or empty.
        thumbnail: JPEG file, or empty.
        status: "ok" if it was decoded.
        message: why not, for the user.
        seconds: that it took.
    """

    radiograph: Radiograph | None
    pixel_sha256: str = ""
    thumbnail: bytes = b""
    status: Status = "ok"
    message: str = ""
    seconds: float = 0.0


def prepare(data: bytes) -> Prepared:
    """Decode a file, for `judge`.

    Args:
        data: the whole file.

    Returns:
        The radiograph with its hash and thumbnail, or what is wrong with the file.
    """
    started = time.monotonic()
    try:
        radiograph = decode(data, name=_NAME)
        sha256, thumbnail = radiograph.pixel_sha256, _thumbnail(radiograph.pixels)
    except UnusableRadiographError as error:
        return Prepared(None, status="rejected", message=str(error), seconds=time.monotonic() - started)
    except RadiographError as error:
        return Prepared(None, status="error", message=str(error), seconds=time.monotonic() - started)
    except BaseException as error:  # noqa: BLE001 - a decoder in Rust panics with what is no Exception
        return Prepared(None, status="error", message=_unexpected(error), seconds=time.monotonic() - started)
    return Prepared(radiograph, sha256, thumbnail, seconds=time.monotonic() - started)


def judge(
    prepared: Prepared, file: NamedFile, index: int, scorer: Scorer, *, operating_point: str, anyway: bool
) -> FileResult:
    """Score what was decoded.

    Args:
        prepared: of `prepare`.
        file: that it was made from.
        index: its place in the list.
        scorer: the loaded model.
        operating_point: whose threshold decides.
        anyway: whether a picture that the input gate refuses is scored all the same, with the gate's reason kept.

    Returns:
        The result, without the file's data.

    Raises:
        ArtifactError: it is the model that is wrong, for every file.
    """
    if prepared.radiograph is None:
        return FileResult(index, file.name, prepared.status, prepared.message, seconds=prepared.seconds)
    started = time.monotonic()
    scored, status, message = _score(prepared.radiograph, scorer, operating_point, anyway=anyway)
    radiograph = prepared.radiograph
    height, width = radiograph.pixels.shape
    return FileResult(
        index,
        file.name,
        status,
        message,
        prediction=scored,
        pixel_sha256=prepared.pixel_sha256,
        size=(height, width),
        format=radiograph.format,
        pixel_spacing_mm=radiograph.pixel_spacing_mm,
        context=radiograph.context,
        thumbnail=prepared.thumbnail,
        seconds=prepared.seconds + time.monotonic() - started,
    )


def _score(
    radiograph: Radiograph, scorer: Scorer, operating_point: str, *, anyway: bool
) -> tuple[Scored | None, Status, str]:
    try:
        scored = scorer.predict(radiograph, operating_point=operating_point)
        _check(scored)
    except InputRangeError as error:
        return None, "error", str(error)
    except ArtifactError:
        raise
    except Exception as error:  # noqa: BLE001 - one file must not stop the others
        return None, "error", _unexpected(error)
    if scored.gate is None or scored.gate.accepted:
        return scored, "ok", ""
    if anyway:
        return scored, "ok", f"Scored although {scored.gate.reason}."
    return None, "rejected", f"Not taken for a frontal chest radiograph: {scored.gate.reason}."


def _check(scored: Scored) -> None:
    """Refuse what no model of ours can mean; nan fails the comparison, too."""
    if not 0.0 <= scored.probability <= 1.0 or scored.decision not in LABELS:
        raise InputRangeError(
            f"The model returned the probability {scored.probability} and the decision {scored.decision!r}; expected 0 "
            f"to 1 and one of {LABELS}. Not scored."
        )


def _unexpected(error: BaseException) -> str:
    # The error's own text could quote the file.
    _LOG.error("A file of a list was not scored: unexpected %s.", type(error).__name__)
    return f"Cannot score this file: unexpected {type(error).__name__}. The other files are not affected."


def _thumbnail(pixels: npt.NDArray[np.uint8]) -> bytes:
    height, width = pixels.shape
    scale = min(THUMBNAIL_SIDE / max(height, width), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    done, file = cv2.imencode(
        ".jpg", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, 85]
    )
    if not done:
        raise InputRangeError(f"A thumbnail of shape {size[::-1]} could not be written as JPEG.")
    return bytes(file.tobytes())
