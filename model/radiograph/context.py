"""What a DICOM header states about its image, and whether that fits a model's intended use.

Only codes from the tables below and an age are taken from the header (see `model.radiograph.header`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from model.records.manifest import IntendedUse

OTHER = "other"
"""Stands for a value that is in no table here."""

UNREADABLE = "unreadable"
"""Stands for a damaged value."""

OLDEST_MONTHS = 90 * 12
"""Greater ages could identify a person and are stored as this one."""

Verdict = Literal["fits", "mismatch", "not stated", "not checked"]

MODALITIES = {
    "CR": "computed radiography",
    "DX": "digital radiography",
    "DR": "digital radiography",
    "RG": "film-screen radiography",
    "RF": "fluoroscopy",
    "XA": "X-ray angiography",
    "MG": "mammography",
    "IO": "intra-oral radiography",
    "PX": "panoramic radiography",
    "CT": "computed tomography",
    "MR": "magnetic resonance",
    "US": "ultrasound",
    "NM": "nuclear medicine",
    "PT": "positron emission tomography",
    "SC": "secondary capture",
    "OT": "another kind of image",
    "ES": "endoscopy",
    "XC": "photography",
    "SM": "slide microscopy",
    "OP": "ophthalmic photography",
    "DOC": "a document",
    "RTIMAGE": "radiotherapy",
}

VIEWS = {
    "AP": "antero-posterior",
    "PA": "postero-anterior",
    "FRONTAL": "frontal",
    "LL": "left lateral",
    "RL": "right lateral",
    "LAT": "lateral",
    "LATERAL": "lateral",
    "LLD": "left lateral decubitus",
    "RLD": "right lateral decubitus",
    "LAO": "left anterior oblique",
    "RAO": "right anterior oblique",
    "LPO": "left posterior oblique",
    "RPO": "right posterior oblique",
    "LLO": "left lateral oblique",
    "RLO": "right lateral oblique",
}

CHEST = "CHEST"
BODY_PARTS = {
    CHEST: "chest",
    "ABDOMEN": "abdomen",
    "CHESTABDOMEN": "chest and abdomen",
    "CHESTABDPELVIS": "chest, abdomen and pelvis",
    "NECKCHEST": "neck and chest",
    "WHOLEBODY": "whole body",
    "ABDOMENPELVIS": "abdomen and pelvis",
    "TSPINE": "thoracic spine",
    "CSPINE": "cervical spine",
    "LSPINE": "lumbar spine",
    **{
        part.upper(): part
        for part in (
            *("ankle", "arm", "breast", "clavicle", "elbow", "extremity", "femur", "finger", "foot", "forearm", "hand"),
            *("head", "heart", "hip", "humerus", "jaw", "knee", "leg", "neck", "pelvis", "rib", "shoulder", "skull"),
            *("spine", "sternum", "thigh", "thumb", "toe", "wrist"),
        )
    },
}


@dataclass(frozen=True)
class Statement:
    """One thing that a header says, or leaves out.

    Attributes:
        subject: what it is about, such as "View".
        value: what is stated, in words; "not stated" where nothing is.
        verdict: whether it fits the intended use; "not checked" where that is not known.
        sentence: for the reader: a warning on a mismatch, a remark where something should be checked, otherwise empty.
    """

    subject: str
    value: str
    verdict: Verdict
    sentence: str = ""


@dataclass(frozen=True)
class DicomContext:
    """What a DICOM header says of its image; None or False where it says nothing.

    Attributes:
        modality: a code such as "DX", or `OTHER` or `UNREADABLE`.
        view: a code such as "AP", likewise.
        body_part: a code such as "CHEST", likewise.
        age_months: completed months at the time of the study, 0 to `OLDEST_MONTHS`.
        age_unreadable: whether an age is given in a form that cannot be read.
        age_without_unit: an age that is a bare number, which may count years, months or days; at most 90.
        ages_differ: whether the stated age and the one from the dates are two years or more apart.
        colour: whether the pixels are stored in colour.
        intent: "FOR PRESENTATION" or "FOR PROCESSING" (raw detector values).
        burned_in: "YES" or "NO": whether text in the pixels could name the patient.
        spacing_at_detector: whether the pixel spacing is that at the detector, where the patient is drawn larger than
            life, and nothing says that it was corrected for that.
        repairs: what was assumed or left out in decoding the pixels, a sentence each.
    """

    modality: str | None = None
    view: str | None = None
    body_part: str | None = None
    age_months: int | None = None
    age_unreadable: bool = False
    age_without_unit: int | None = None
    ages_differ: bool = False
    colour: bool = False
    intent: str | None = None
    burned_in: str | None = None
    spacing_at_detector: bool = False
    repairs: tuple[str, ...] = ()

    def statements(self, use: IntendedUse | None) -> tuple[Statement, ...]:
        """Everything that matters for a model, in the order in which to show it.

        Args:
            use: of the model; None where the artifact does not say, and only the pixels are judged.
        """
        checked = (_modality(self, use), _view(self, use), _body_part(self, use), _age(self, use))
        return (*checked, *_pixels(self))

    def warnings(self, use: IntendedUse | None) -> tuple[str, ...]:
        """One sentence for each mismatch."""
        return tuple(one.sentence for one in self.statements(use) if one.verdict == "mismatch")

    def remarks(self, use: IntendedUse | None) -> tuple[str, ...]:
        """Sentences on what should be checked without being a mismatch, such as missing values."""
        return tuple(one.sentence for one in self.statements(use) if one.verdict != "mismatch" and one.sentence)

    @property
    def not_stated(self) -> tuple[str, ...]:
        """The subjects without a readable value in the header."""
        return tuple(one.subject for one in self.statements(None) if one.verdict == "not stated")


def _modality(context: DicomContext, use: IntendedUse | None) -> Statement:
    accepted, meant = (use.modalities, f"plain radiographs ({_either(use.modalities)})") if use else (None, "")
    return _coded("Modality", context.modality, MODALITIES, accepted=accepted, meant=meant)


def _view(context: DicomContext, use: IntendedUse | None) -> Statement:
    remark = ""
    if context.view in (None, UNREADABLE):
        remark = "The DICOM header does not state the view."
        if use:
            remark += f" Check that it is {use.view} ({_either(use.views)})."
    elif use and context.view in use.views and context.view not in use.trained_views:
        trained = _either(use.trained_views)
        remark = f"The view is {_words_for(context.view, VIEWS)}; the model was trained on {trained} views."
    accepted, meant = (use.views, f"{use.view} views ({_either(use.views)})") if use else (None, "")
    return _coded("View", context.view, VIEWS, accepted=accepted, meant=meant, remark=remark)


def _body_part(context: DicomContext, use: IntendedUse | None) -> Statement:
    accepted, meant = (use.body_parts, use.examination) if use else (None, "")
    return _coded("Body part", context.body_part, BODY_PARTS, accepted=accepted, meant=meant)


def _age(context: DicomContext, use: IntendedUse | None) -> Statement:
    months, meant = context.age_months, f" The model is meant for {use.patients}." if use else ""
    if months is None:
        if (number := context.age_without_unit) is not None:
            told = f"{number}{' or more' if number >= OLDEST_MONTHS // 12 else ''}"
            sentence = f"The DICOM header gives the age as “{told}” without a unit: years, months or days.{meant}"
            return Statement("Age", f"{told} without a unit", "mismatch", f"{sentence} Check the age.")
        why = "gives the age in a form that cannot be read" if context.age_unreadable else "does not state the age"
        return Statement("Age", "not stated", "not stated", f"The DICOM header {why}.{meant} Check the age.")
    words = _age_words(months)
    if use and not use.youngest_months <= months <= use.oldest_months:
        return Statement("Age", words, "mismatch", f"The DICOM header gives the age as {words}.{meant}")
    if context.ages_differ:
        sentence = (
            f"The DICOM header states an age of {words}, which its dates of birth and study contradict.{meant} "
            "Check the age."
        )
        return Statement("Age", words, "mismatch", sentence)
    return Statement("Age", words, "fits" if use else "not checked")


def _pixels(context: DicomContext) -> Iterable[Statement]:
    """Only problems of the pixels."""
    for sentence in context.repairs:
        yield Statement("Header", "incomplete", "not checked", sentence)
    if context.colour:
        yield Statement(
            "Colour",
            "yes",
            "mismatch",
            "The DICOM image is stored in colour, as screenshots are; radiographs are grey.",
        )
    if context.intent == "FOR PROCESSING":
        yield Statement(
            "Processing",
            "raw",
            "mismatch",
            "The DICOM image holds raw detector values, meant for processing. Send the image made for reading.",
        )
    if context.burned_in == "YES":
        yield Statement(
            "Burnt-in text",
            "yes",
            "mismatch",
            "According to the DICOM header, the picture itself contains text. It may name the patient, and it remains "
            "in every saved copy of the picture.",
        )


def _coded(
    subject: str,
    code: str | None,
    names: Mapping[str, str],
    *,
    accepted: tuple[str, ...] | None,
    meant: str,
    remark: str = "",
) -> Statement:
    if code is None or code == UNREADABLE:
        return Statement(subject, "not stated" if code is None else "not readable", "not stated", remark)
    words = _words_for(code, names)
    if accepted is None:
        return Statement(subject, words, "not checked", remark)
    if code in accepted:
        return Statement(subject, words, "fits", remark)
    said = f"gives the {subject.lower()} as {words}" if code != OTHER else f"states an unknown {subject.lower()}"
    return Statement(subject, words, "mismatch", f"The DICOM header {said}. The model is meant for {meant}.")


def _words_for(code: str, names: Mapping[str, str]) -> str:
    name = names.get(code, "unknown")
    return name if code == OTHER or name.upper() == code else f"{name} ({code})"


def _either(codes: tuple[str, ...]) -> str:
    return f"{', '.join(codes[:-1])} or {codes[-1]}" if len(codes) > 1 else "".join(codes)


def _age_words(months: int) -> str:
    if months >= OLDEST_MONTHS:
        return f"{OLDEST_MONTHS // 12} years or more"
    number, unit = (months, "month") if months < 24 else (months // 12, "year")
    return f"{number} {unit}{'' if number == 1 else 's'}"
