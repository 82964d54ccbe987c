"""Score the bytes of an image file, for the command line, the queue and a user's own data."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2

from model.errors import ArtifactError, InputRangeError, RadiographError, UnusableRadiographError
from model.input_gate import NO_LUNGS
from model.labels import LABELS
from model.radiograph import Radiograph, decode, read
from model.radiograph.border import cut_border
from model.records.manifest import BALANCED, IntendedUse
from model.result import Result

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from model.predictor import Prediction

_LOG = logging.getLogger(__name__)

TRACES = logging.getLogger("model.scoring.traces")
"""Tracebacks of unexpected failures. They may quote the file, so they are off unless this level is lowered."""
TRACES.setLevel(logging.CRITICAL)

THUMBNAIL_SIDE = 192
"""Longest side of a thumbnail, pixels."""

NO_INPUT_CHECK = "This model has no input check: it scores any picture, whatever it shows."

MIRRORED = "The film looks mirrored, left and right exchanged. Compare it with the side marker."

_CHECK_WINDOW = "If it is one, check its exposure and its window. "

_NAME = "this file"
"""Messages do not name the file: a file name may hold a patient's name."""


class Scorer(Protocol):
    """The part of `model.predictor.Predictor` that scoring needs."""

    @property
    def intended_use(self) -> IntendedUse | None:
        """Of the artifact."""

    def predict(self, radiograph: Radiograph, *, operating_point: str = BALANCED) -> Prediction:
        """Score one radiograph."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A decoded file, ready to be scored.

    Attributes:
        radiograph: at full size; None if the file could not be decoded.
        result: everything known without the model; final if there is no radiograph.
    """

    radiograph: Radiograph | None
    result: Result


def score_bytes(
    data: bytes, name: str, predictor: Scorer, *, operating_point: str = BALANCED, anyway: bool = False
) -> Result:
    """Score one file; problems with the file become part of the result.

    Raises:
        ArtifactError: the model itself is wrong, for every file.
    """
    return judge(prepare(data, name), predictor, operating_point=operating_point, anyway=anyway)


def prepare(source: bytes | Path, name: str, index: int = 0, *, thumbnail: bool = True) -> Prepared:
    """Decode a file."""
    started, radiograph = time.monotonic(), None
    result = Result(name, "ok", index=index)
    try:
        radiograph = cut_border(read(source) if isinstance(source, Path) else decode(source, name=_NAME))
        result = replace(
            result,
            pixel_sha256=radiograph.pixel_sha256,
            size=radiograph.pixels.shape,
            format=radiograph.format,
            pixel_spacing_mm=radiograph.pixel_spacing_mm,
            context=radiograph.context,
            thumbnail=small_jpeg(radiograph.pixels) if thumbnail else b"",
        )
    except UnusableRadiographError as error:
        result = replace(result, status="rejected", message=str(error))
    except RadiographError as error:
        result = replace(result, status="error", message=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a decoder in Rust panics with what is no Exception
        radiograph, result = None, _unexpected(result, error)
    return Prepared(radiograph, replace(result, seconds=time.monotonic() - started))


def judge(
    prepared: Prepared, predictor: Scorer, *, operating_point: str = BALANCED, anyway: bool = False, hint: str = ""
) -> Result:
    """Score a decoded file.

    Args:
        prepared: by `prepare`.
        predictor: the loaded model.
        operating_point: whose threshold decides.
        anyway: whether to score what the input check refuses, with a warning.
        hint: what the user can do about a refusal by the input check, as a sentence.

    Raises:
        ArtifactError: the model itself is wrong, for every file.
    """
    radiograph, result = prepared.radiograph, prepared.result
    if radiograph is None:
        return result
    started = time.monotonic()
    try:
        prediction = _checked(predictor.predict(radiograph, operating_point=operating_point))
        if prediction.refused_because and not anyway:
            check = _CHECK_WINDOW if radiograph.context and prediction.refused_because == NO_LUNGS else ""
            message = f"Not taken for a frontal chest radiograph: {prediction.refused_because}. {check}{hint}".rstrip()
            told = said_of(radiograph, predictor.intended_use)
            result = replace(result, status="rejected", message=message, warnings=told)
        else:
            warnings = qualifications(radiograph, prediction, predictor.intended_use)
            result = replace(result, prediction=prediction, warnings=warnings)
    except InputRangeError as error:
        result = replace(result, status="error", message=str(error))
    except ArtifactError:
        raise
    except Exception as error:  # noqa: BLE001 - one file must not stop the others
        result = _unexpected(result, error)
    return replace(result, seconds=result.seconds + time.monotonic() - started)


def qualifications(radiograph: Radiograph, prediction: Prediction, use: IntendedUse | None) -> tuple[str, ...]:
    """Qualifications of a score: sentences for `Result.warnings`.

    Args:
        radiograph: that was scored.
        prediction: the score.
        use: of the model; None where the artifact does not say.
    """
    warnings = said_of(radiograph, use)
    if prediction.gate is None:
        return (*warnings, NO_INPUT_CHECK)
    if prediction.gate.mirrored:
        warnings = (*warnings, MIRRORED)
    if because := prediction.refused_because:
        return (*warnings, f"Scored although the input check refused the picture: {because}.")
    return warnings


def said_of(radiograph: Radiograph, use: IntendedUse | None) -> tuple[str, ...]:
    """What qualifies any use of a picture, a sentence each: mismatches in its header, and what was done to it."""
    return (*(radiograph.context.warnings(use) if radiograph.context else ()), *radiograph.remarks)


def _checked(prediction: Prediction) -> Prediction:
    # NaN fails the comparison, too.
    if not 0.0 <= prediction.probability <= 1.0 or prediction.decision not in LABELS:
        raise InputRangeError(
            f"The model returned the probability {prediction.probability} and the decision {prediction.decision!r}; "
            f"expected 0 to 1 and one of {LABELS}. Not scored."
        )
    return prediction


def _unexpected(result: Result, error: BaseException) -> Result:
    _LOG.error("File %d was not scored: unexpected %s.", result.index + 1, type(error).__name__)
    TRACES.debug("File %d", result.index + 1, exc_info=error)
    message = (
        "Cannot score this file: an unexpected failure. Other files are not affected. Export it as PNG and try again."
    )
    return replace(result, status="error", message=message)


def small_jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A thumbnail of at most `THUMBNAIL_SIDE` pixels, a JPEG file.

    Args:
        pixels: uint8, shape (height, width).

    Raises:
        InputRangeError: if it cannot be written.
    """
    height, width = pixels.shape
    scale = min(THUMBNAIL_SIDE / max(height, width), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    done, file = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise InputRangeError(f"A thumbnail of shape {size[::-1]} could not be written as JPEG.")
    return bytes(file.tobytes())
