"""From a DICOM header to a `DicomContext`.

Only `ELEMENTS` are looked at. This module returns only codes from tables and an age in months, so a name in the wrong
element never leaves it; a birth date becomes an age and is dropped.
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

from model.radiograph.context import (
    BODY_PARTS,
    CHEST,
    MODALITIES,
    OLDEST_MONTHS,
    OTHER,
    UNREADABLE,
    VIEWS,
    DicomContext,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydicom.dataset import Dataset

ELEMENTS = (
    *("Modality", "ViewPosition", "ViewCodeSequence", "BodyPartExamined", "AnatomicRegionSequence", "PatientAge"),
    *("PatientBirthDate", "StudyDate", "PhotometricInterpretation", "PresentationIntentType", "BurnedInAnnotation"),
    *("PixelSpacing", "ImagerPixelSpacing"),
)
"""Keywords of the data elements that are read, and no other."""

_VIEW_CODES = {
    # PS3.16 CID 4010, SNOMED CT and the older SNOMED RT.
    **dict.fromkeys(("399348003", "R-10206"), "AP"),
    **dict.fromkeys(("272479007", "R-10214", "R-40888"), "PA"),
    **dict.fromkeys(("399033003", "R-10202"), "FRONTAL"),
    **dict.fromkeys(("399067008", "R-102CD"), "LATERAL"),
    **dict.fromkeys(("399173006", "R-10236"), "LL"),
    **dict.fromkeys(("399198007", "R-10232"), "RL"),
}

_CHEST_WORDS = frozenset({"CHEST", "THORAX", "LUNG", "LUNGS"})
_CHEST_CODES = dict.fromkeys(("816094009", "51185008", "43799004", "T-D3000", "T-D3200"), CHEST)
"""PS3.16 CID 4031: the chest by its present and earlier codes, and the thoracic cavity."""

_BESIDE_CHEST = frozenset({"PORT", "PORTABLE", "PED", "PEDIATRIC", "PAEDIATRIC", "ERECT", "SUPINE", "V", *VIEWS})
"""Words that some devices write into BodyPartExamined beside the chest itself."""

_AGE = re.compile(r"([0-9]{1,3})([DWMY])")
_BARE = re.compile(r"[0-9]{1,3}")
_DATE = re.compile(r"[0-9]{8}")
_MONTHS_IN = {"Y": 12.0, "M": 1.0, "W": 12 * 7 / 365.25, "D": 12 / 365.25}
_COLOUR = ("RGB", "YBR", "PALETTE")
_YES_NO = {"YES": "YES", "NO": "NO"}
_INTENTS = {"FOR PRESENTATION": "FOR PRESENTATION", "FOR PROCESSING": "FOR PROCESSING"}


def context_of(dataset: Dataset) -> DicomContext:
    """Read from a header whether its image fits the intended use of a model.

    Returns:
        The context; a damaged value is `UNREADABLE` and does not affect the others.
    """
    age, unreadable, bare, differ = _age(dataset)
    return DicomContext(
        modality=_coded(dataset, "Modality", _from(MODALITIES)),
        view=_coded(dataset, "ViewPosition", _view) or _coded_item(dataset, "ViewCodeSequence", _VIEW_CODES),
        body_part=_coded(dataset, "BodyPartExamined", _body_part)
        or _coded_item(dataset, "AnatomicRegionSequence", _CHEST_CODES),
        age_months=age,
        age_unreadable=unreadable,
        age_without_unit=bare,
        ages_differ=differ,
        colour=str(_text(dataset, "PhotometricInterpretation") or "").startswith(_COLOUR),
        intent=_coded(dataset, "PresentationIntentType", _from(_INTENTS)),
        burned_in=_coded(dataset, "BurnedInAnnotation", _from(_YES_NO)),
        spacing_at_detector=_at_detector(dataset),
    )


def _at_detector(dataset: Dataset) -> bool:
    """PS3.3 10.7.1.3: PixelSpacing that equals ImagerPixelSpacing, or is not there, was not corrected."""
    spacing, at_detector = (_text(dataset, keyword) for keyword in ("PixelSpacing", "ImagerPixelSpacing"))
    return at_detector not in (None, UNREADABLE) and spacing in (None, at_detector)


def _text(dataset: Dataset, keyword: str) -> str | None:
    """The value in capitals; of several values all, in one text; None if it is absent, empty or damaged."""
    return _coded(dataset, keyword, str)


def _coded(dataset: Dataset, keyword: str, code_of: Callable[[str], str]) -> str | None:
    try:
        value: Any = dataset.get(keyword)
        parts = [value] if value is None or isinstance(value, str) else list(value)
        text = " ".join(str(part) for part in parts if part is not None).strip().upper()
    except Exception:  # noqa: BLE001 - pydicom converts a value when asked for it and raises a dozen kinds on damage
        return UNREADABLE
    return code_of(text) if text else None


def _coded_item(dataset: Dataset, keyword: str, codes: Mapping[str, str]) -> str | None:
    """The code of a sequence's first item; the meaning written beside it is free text and not looked at."""
    try:
        items = dataset.get(keyword)
        value = str(items[0].get("CodeValue") or "").strip().upper() if items else ""
    except Exception:  # noqa: BLE001 - as above
        return UNREADABLE
    return codes.get(value, OTHER) if value else None


def _from(table: Mapping[str, object]) -> Callable[[str], str]:
    return lambda text: text if text in table else OTHER


def _view(text: str) -> str:
    """One view; a value that names none or several is `OTHER`."""
    found = {word for word in _words(text) if word in VIEWS}
    return found.pop() if len(found) == 1 else OTHER


def _body_part(text: str) -> str:
    words = set(_words(text))
    if words & _CHEST_WORDS and not words - _CHEST_WORDS - _BESIDE_CHEST:
        return CHEST
    joined = "".join(_words(text))
    return joined if joined in BODY_PARTS else OTHER


def _words(text: str) -> list[str]:
    return re.findall("[A-Z]+", text)


def _age(dataset: Dataset) -> tuple[int | None, bool, int | None, bool]:
    """Completed months; whether an age cannot be read; a bare number; whether age and dates differ."""
    text = _text(dataset, "PatientAge")
    stated = _stated_months(text)
    born, seen = (_date(_text(dataset, keyword)) for keyword in ("PatientBirthDate", "StudyDate"))
    counted = _months_between(born, seen)
    if stated is None:
        unreadable = text is not None and counted is None
        bare = int(text) if unreadable and text and _BARE.fullmatch(text) else None
        return _capped(counted), unreadable, None if bare is None else min(bare, OLDEST_MONTHS // 12), False
    # A stated year may be the year of the request: only what a birthday cannot explain counts.
    differ = counted is not None and abs(stated - counted) >= 2 * 12
    return _capped(stated), False, None, differ


def _stated_months(text: str | None) -> int | None:
    match = _AGE.fullmatch(text or "")
    # A little more, so that 365 days are twelve months.
    return int(int(match[1]) * _MONTHS_IN[match[2]] + 0.01) if match else None


def _date(text: str | None) -> datetime.date | None:
    if not _DATE.fullmatch(text or "") or text is None:
        return None
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:  # such as the thirteenth month: not readable, as if it was not stated
        return None


def _months_between(born: datetime.date | None, seen: datetime.date | None) -> int | None:
    if born is None or seen is None or seen < born:
        return None
    return (seen.year - born.year) * 12 + seen.month - born.month - (seen.day < born.day)


def _capped(months: int | None) -> int | None:
    return None if months is None else min(months, OLDEST_MONTHS)
