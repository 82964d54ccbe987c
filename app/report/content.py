"""What stands in a case's report: plain frozen data, checked when it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model.errors import ChestXrayError

if TYPE_CHECKING:
    from datetime import datetime

    from model.records.manifest import Estimate, UncertaintyBand

Picture = npt.NDArray[np.uint8]

_CASE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReportError(ChestXrayError, ValueError):
    """A report cannot be made of what was given; nothing is written."""


@dataclass(frozen=True)
class Verdict:
    """What the model says.

    Attributes:
        decision: the class that was called, such as "Pneumonia".
        probability: of Pneumonia, 0 to 1.
        threshold: of the operating point, 0 to 1.
        operating_point: its name.
        indeterminate: whether the probability lies in the band where both answers stay possible.
        band: the band, or None where the model has none.
        sensitivity: at the operating point, or None where it was not measured.
        specificity: likewise.
        measured_on: on which images both were measured, as in "measured on …"; needed where either is given.
        calibration: what such a probability meant where it was measured, in sentences; "" where not measured.
    """

    decision: str
    probability: float
    threshold: float
    operating_point: str
    indeterminate: bool = False
    band: UncertaintyBand | None = None
    sensitivity: Estimate | None = None
    specificity: Estimate | None = None
    measured_on: str = ""
    calibration: str = ""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ReportError: if a number is not within 0 to 1, or a rate comes without the images it was measured on.
        """
        for name in ("probability", "threshold"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ReportError(f"A verdict has the {name} {value}; expected 0 to 1.")
        if (self.sensitivity or self.specificity) and not self.measured_on.strip():
            raise ReportError("Sensitivity or specificity is given without the images it was measured on; name them.")


@dataclass(frozen=True)
class Review:
    """What a reader says of the verdict, and signs.

    Attributes:
        reader: the reader's name.
        signed: when, with its time zone.
        agrees: whether with the model's verdict; None where the model decided nothing to agree with.
        corrected_label: the reader's own answer; "" for none.
        comment: in the reader's words; "" for none.
    """

    reader: str
    signed: datetime
    agrees: bool | None
    corrected_label: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        """Check that somebody signed at some time.

        Raises:
            ReportError: if the name is empty or the time has no time zone.
        """
        if not self.reader.strip():
            raise ReportError("A review has no reader's name; without one the report stays unverified.")
        _require_zone("A review's time", self.signed)


@dataclass(frozen=True, eq=False)
class ReportContent:
    """Everything that a report shows.

    Attributes:
        case_id: a pseudonym: up to 64 letters, digits, hyphens and underscores. Names of persons and files, which
            mostly hold a space, dot or caret, do not pass; one that does cannot be told from a pseudonym.
        created: when the report is made, with its time zone.
        scan: uint8, shape (height, width): the radiograph as read; None where it was not kept.
        overlay: uint8, shape (height, width, 3), RGB: the heatmap over the same radiograph, or None.
        verdict: what the model says, or None where the picture was refused and not scored.
        examination: what was submitted, in sentences.
        technique: how it was scored and explained, in sentences.
        overlay_shows: what the overlay's colour marks, for its caption and alternative text; "" without overlay.
        findings: what the network measured, in sentences. None may name what nothing measured.
        warnings: of the input gate, in sentences.
        limits: for whom the model is, and what it cannot see, in sentences.
        model_version: of the artifact.
        weights_sha256: of its weights, 64 hexadecimal digits.
        review: signed by a reader, or None; without one the page says that the result is unverified.
    """

    case_id: str
    created: datetime
    scan: Picture | None
    overlay: Picture | None
    verdict: Verdict | None
    examination: tuple[str, ...]
    technique: tuple[str, ...]
    overlay_shows: str
    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    limits: tuple[str, ...]
    model_version: str
    weights_sha256: str
    review: Review | None = None

    def __post_init__(self) -> None:
        """Check what can be checked.

        Raises:
            ReportError: if something contradicts the attributes' description; the text says what.
        """
        if not _CASE_ID.fullmatch(self.case_id):
            raise ReportError(
                "The case's identifier is not a pseudonym; expected 1 to 64 letters, digits, hyphens and underscores."
            )
        if not _SHA256.fullmatch(self.weights_sha256):
            raise ReportError("The weights' SHA-256 is not 64 hexadecimal digits; take it from the manifest.")
        _require_zone("The report's time", self.created)
        if self.scan is not None:
            _require_picture("scan", self.scan, channels=None)
        elif self.overlay is not None:
            raise ReportError("An overlay is given without the scan that it lies on; give both or neither.")
        if self.overlay is not None:
            _require_picture("overlay", self.overlay, channels=3)
        if self.verdict is None and self.overlay is not None:
            raise ReportError(
                "A picture that was not scored has no overlay: give the verdict or leave out the overlay."
            )
        if self.verdict is None and not any(text.strip() for text in self.warnings):
            raise ReportError("A picture was not scored and no warning says why; give the input gate's reason.")


def _require_zone(what: str, moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ReportError(f"{what} has no time zone, so nobody could tell when it was; give an aware datetime.")


def _require_picture(name: str, picture: Picture, *, channels: int | None) -> None:
    expected = ("height", "width") if channels is None else ("height", "width", channels)
    right = picture.ndim == len(expected) and (channels is None or picture.shape[-1] == channels)
    if not right or picture.dtype != np.uint8 or 0 in picture.shape:
        raise ReportError(
            f"The {name} has shape {picture.shape} and type {picture.dtype}; expected uint8 of shape {expected}."
        )
