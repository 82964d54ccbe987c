"""Mend a DICOM header before its pixels are decoded.

What the standard has a default for gets it, and an optional element that cannot be read is left out. Each change is
told in a remark, which names the element and quotes no value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from model.errors import RadiographError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_NEEDED = {"Rows": "(0028,0010)", "Columns": "(0028,0011)", "BitsAllocated": "(0028,0100)"}
_NUMBERS = (
    *("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "PixelSpacing", "ImagerPixelSpacing"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "SmallestImagePixelValue", "LargestImagePixelValue"),
)
_TABLES = ("ModalityLUTSequence", "VOILUTSequence")
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def mend_header(dataset: Dataset, *, name: str) -> tuple[str, ...]:
    """Mend a header in place.

    Returns:
        One sentence for each change.

    Raises:
        RadiographError: An element without which no pixel can be decoded is missing.
    """
    for keyword, tag in _NEEDED.items():
        if not numbers(dataset, keyword):
            raise RadiographError(
                f"Cannot read {name}: this DICOM file does not state {keyword} {tag}, which is needed to decode the "
                "image. Export it again."
            )
    return (*_fill_in(dataset), *_leave_out(dataset))


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The finite numbers of an element; none if it is missing, empty or not readable. A decimal comma is read, too."""
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom converts a value when asked for it and raises a dozen kinds on damage
        value = bytes(dataset.get_item(keyword).value).decode("ascii", "replace").strip(" \0").split("\\")
    parts = [value] if isinstance(value, (int, float, str)) or value is None else list(value)
    try:
        found = [float(str(part).strip().replace(",", ".")) for part in parts]
    except ValueError:
        return []
    return found if all(map(math.isfinite, found)) else []


def _fill_in(dataset: Dataset) -> list[str]:
    told = []
    photometric = str(dataset.get("PhotometricInterpretation") or "").strip().upper()
    samples = int(next(iter(numbers(dataset, "SamplesPerPixel")), 3 if photometric.startswith(("RGB", "YBR")) else 1))
    allocated = int(numbers(dataset, "BitsAllocated")[0])
    stored = int(next(iter(numbers(dataset, "BitsStored")), allocated))
    dataset.PhotometricInterpretation = photometric or ("RGB" if samples == 3 else "MONOCHROME2")
    if not photometric:
        told.append(f"PhotometricInterpretation is missing; {dataset.PhotometricInterpretation} was assumed.")
    for keyword, value in (
        ("SamplesPerPixel", samples),
        ("BitsStored", stored),
        ("HighBit", stored - 1),
        ("PixelRepresentation", 0),
    ):
        if not numbers(dataset, keyword):
            setattr(dataset, keyword, value)
            told.append(f"{keyword} is missing; {value} was assumed.")
    if numbers(dataset, "RescaleSlope") or numbers(dataset, "RescaleIntercept"):
        for keyword, value in (("RescaleSlope", 1), ("RescaleIntercept", 0)):
            if not numbers(dataset, keyword):
                setattr(dataset, keyword, value)
                told.append(f"{keyword} is missing; {value} was assumed.")
    return told


def _leave_out(dataset: Dataset) -> list[str]:
    unreadable = []
    for keyword in _NUMBERS:
        if keyword not in dataset:
            continue
        found = numbers(dataset, keyword)
        if not found:
            if not _is_empty(dataset, keyword):
                unreadable.append(keyword)
            del dataset[keyword]
        elif not _is_sound(dataset, keyword):
            setattr(dataset, keyword, found if len(found) > 1 else found[0])
    function = str(dataset.get("VOILUTFunction") or "").strip().upper()
    if "VOILUTFunction" in dataset and function not in _FUNCTIONS:
        if function:
            unreadable.append("VOILUTFunction")
        del dataset["VOILUTFunction"]
    for keyword in _TABLES:
        if keyword in dataset and not _has_table(dataset, keyword):
            unreadable.append(keyword)
            del dataset[keyword]
    return [f"{keyword} cannot be read and was left out." for keyword in unreadable]


def _is_empty(dataset: Dataset, keyword: str) -> bool:
    value = dataset.get_item(keyword).value
    return value is None or not (value.strip(b" \0") if isinstance(value, bytes) else str(value).strip())


def _is_sound(dataset: Dataset, keyword: str) -> bool:
    """Whether pydicom reads the element by itself."""
    try:
        value = dataset.get(keyword)
        [float(part) for part in ([value] if isinstance(value, (int, float, str)) else value)]
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _has_table(dataset: Dataset, keyword: str) -> bool:
    try:
        item = dataset.get(keyword)[0]
        return len(item.LUTDescriptor) == 3 and bool(item.LUTData)
    except Exception:  # noqa: BLE001 - as above
        return False
