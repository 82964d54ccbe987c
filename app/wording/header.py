"""What a DICOM header has to say to the reader: mismatches and what is missing, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import joined

if TYPE_CHECKING:
    from model.radiograph.context import DicomContext

MISMATCH_TITLE = "The DICOM header does not fit what the model was trained for"

MISMATCH_ADVICE = "The figures on this page were not measured on such images."

MISMATCH_WITHOUT_DETAILS = "The DICOM header of this image did not fit what the model was trained for."


def header_line(context: DicomContext) -> str:
    """What became of holding the header against the model, on one line; no value of the header is in it."""
    number = len(context.warnings)
    told = f"{number} mismatch{'' if number == 1 else 'es'}" if number else "no mismatch"
    missing = [subject.lower() for subject in context.not_stated]
    silent = f" It does not state the {joined(missing)}." if missing else ""
    return f"Held against what the model was trained for: {told}.{silent} Nothing else of it is shown, kept or logged."
