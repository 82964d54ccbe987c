"""The outcome of one file: a prediction, a refusal or an error, with all its qualifications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from model.predictor import Prediction
    from model.radiograph.context import DicomContext

Status = Literal["ok", "rejected", "error"]


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome of one file.

    Attributes:
        name: as the user knows it. It may name a patient: shown only to the user who gave it, never logged.
        status: "ok" if scored; "rejected" if a sound image is not to be scored, or the input check refuses it; "error"
            if it could not be read or scored.
        message: for the user: why it was not scored; empty if it was.
        warnings: sentences for the user that qualify the result. Wherever the result goes, they go with it.
        prediction: None unless the status is "ok".
        index: place in its list, from 0.
        duplicate_of: index of the first file of its list with the same pixels.
        pixel_sha256: of `Radiograph.pixel_sha256`; empty if the file could not be decoded.
        size: height and width, pixels.
        format: as in `Radiograph`; empty if the file could not be decoded.
        pixel_spacing_mm: height and width of a pixel.
        thumbnail: JPEG file; empty if the file could not be decoded, or no thumbnail was wanted.
        seconds: wall time from decoding to the verdict, waiting excluded.
        data: the file itself where that was asked for.
    """

    name: str = field(repr=False)
    status: Status
    message: str = ""
    warnings: tuple[str, ...] = ()
    prediction: Prediction | None = None
    index: int = 0
    duplicate_of: int | None = None
    pixel_sha256: str = ""
    size: tuple[int, int] | None = None
    format: str = ""
    pixel_spacing_mm: tuple[float, float] | None = None
    context: DicomContext | None = None
    thumbnail: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    data: bytes | None = field(default=None, repr=False)
