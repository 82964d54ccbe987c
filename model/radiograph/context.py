"""What a DICOM header says of its image, held against what the model was trained for.

Nothing of the header is in here but codes from the tables below and an age in months (see `model.radiograph.header`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OTHER = "other"
"""Stands for whatever a header states that is in no table here."""

UNREADABLE = "unreadable"
"""Stands for a value that is there and cannot be read."""

OLDEST_MONTHS = 90 * 12
"""Greater ages, which can tell who somebody is, are kept as this one."""

Verdict = Literal["as expected", "mismatch", "not stated"]

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
class TrainedFor:
    """What the training data were, in the terms of a DICOM header.

    Attributes:
        modalities: codes of plain radiography, of `Modality`.
        views: codes of `ViewPosition` that are frontal.
        learned_view: the one among them that the training films have.
        body_part: code of `BodyPartExamined`.
        youngest_months: completed months of age, inclusive.
        oldest_months: completed months of age, inclusive.
        source: where this is published.
    """

    modalities: tuple[str, ...]
    views: tuple[str, ...]
    learned_view: str
    body_part: str
    youngest_months: int
    oldest_months: int
    source: str

    @property
    def ages(self) -> str:
        """The ages in words."""
        return f"{self.youngest_months // 12} to {self.oldest_months // 12} years"


TRAINED_FOR = TrainedFor(
    modalities=("CR", "DX", "DR"),
    views=("AP", "PA", "FRONTAL"),
    learned_view="AP",
    body_part=CHEST,
    youngest_months=12,
    # A child is five until the sixth birthday.
    oldest_months=6 * 12 - 1,
    source="Kermany et al., Cell 172:1122-1131 (2018): anterior-posterior films of children of one to five years",
)
"""PA is taken too: it is the other frontal view, though no training film is known to have it."""


@dataclass(frozen=True)
class Statement:
    """One thing that a header says, or leaves out.

    Attributes:
        subject: what it is about, such as "View".
        value: what is stated, in words; "not stated" where nothing is.
        verdict: how it fits what the model was trained for.
        sentence: for the reader: a warning on a mismatch, a remark where something is to be checked, otherwise empty.
    """

    subject: str
    value: str
    verdict: Verdict
    sentence: str = ""


@dataclass(frozen=True)
class DicomContext:
    """What a DICOM header says of its image; None (or, for the age, False) where it says nothing.

    Attributes:
        modality: a code such as "DX"; `OTHER` for one that is not known here, `UNREADABLE` for a damaged value.
        view: a code such as "AP", likewise.
        body_part: a code such as "CHEST", likewise.
        age_months: completed months at the time of the study, 0 to `OLDEST_MONTHS`.
        age_unreadable: whether an age is given in a form that cannot be read.
        ages_differ: whether the stated age and the one from the dates are two years or more apart.
        colour: whether the pixels are stored in colour.
        intent: "FOR PRESENTATION", "FOR PROCESSING" (raw detector values), or None.
        burned_in: "YES" or "NO": whether there is text in the pixels that could name the patient.
        spacing_at_detector: whether the spacing of the pixels is that at the detector, where the patient is drawn
            larger than life, and nothing says that it was corrected for that.
    """

    modality: str | None = None
    view: str | None = None
    body_part: str | None = None
    age_months: int | None = None
    age_unreadable: bool = False
    ages_differ: bool = False
    colour: bool = False
    intent: str | None = None
    burned_in: str | None = None
    spacing_at_detector: bool = False

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Everything that is held against `TRAINED_FOR`, in the order in which to show it."""
        return (_of_modality(self), _of_view(self), _of_body_part(self), _of_age(self), *_of_pixels(self))

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each mismatch; empty if there is none."""
        return tuple(one.sentence for one in self.statements if one.verdict == "mismatch")

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on what is no mismatch and should be known, above all what is not stated and matters."""
        return tuple(one.sentence for one in self.statements if one.verdict != "mismatch" and one.sentence)

    @property
    def not_stated(self) -> tuple[str, ...]:
        """The subjects of which the header says nothing that can be read."""
        return tuple(one.subject for one in self.statements if one.verdict == "not stated")


def _of_modality(context: DicomContext) -> Statement:
    expected = f"The model was trained on plain radiographs ({_either(TRAINED_FOR.modalities)})."
    return _statement("Modality", context.modality, MODALITIES, fitting=TRAINED_FOR.modalities, expected=expected)


def _of_view(context: DicomContext) -> Statement:
    learned = TRAINED_FOR.learned_view
    expected = f"The model was trained on upright frontal views ({learned})."
    remark = ""
    if context.view in (None, UNREADABLE):
        remark = "The DICOM header does not state the view. Check that it is frontal (AP or PA)."
    elif context.view in TRAINED_FOR.views and context.view != learned:
        remark = f"The view is {_words_for(context.view, VIEWS)}; the training films are {learned}."
    return _statement("View", context.view, VIEWS, fitting=TRAINED_FOR.views, expected=expected, remark=remark)


def _of_body_part(context: DicomContext) -> Statement:
    expected = "The model was trained on radiographs of the chest alone."
    return _statement("Body part", context.body_part, BODY_PARTS, fitting=(TRAINED_FOR.body_part,), expected=expected)


def _of_age(context: DicomContext) -> Statement:
    months, children = context.age_months, f"The model was trained on children of {TRAINED_FOR.ages}."
    if months is None:
        why = "gives the age in a form that cannot be read" if context.age_unreadable else "does not state the age"
        return Statement("Age", "not stated", "not stated", f"The DICOM header {why}. {children} Check the age.")
    if not TRAINED_FOR.youngest_months <= months <= TRAINED_FOR.oldest_months:
        sentence = f"The DICOM header gives the age as {_age_words(months)}. {children}"
        return Statement("Age", _age_words(months), "mismatch", sentence)
    if context.ages_differ:
        sentence = (
            f"The DICOM header states an age of {_age_words(months)}, and its dates of birth and study another one. "
            f"{children} Check the age."
        )
        return Statement("Age", _age_words(months), "mismatch", sentence)
    return Statement("Age", _age_words(months), "as expected")


def _of_pixels(context: DicomContext) -> Iterable[Statement]:
    """What the header says of the pixels; only what is wrong with them."""
    if context.colour:
        yield Statement(
            "Colour",
            "yes",
            "mismatch",
            "The DICOM image is stored in colour, as screenshots are. The model was trained on grey radiographs.",
        )
    if context.intent == "FOR PROCESSING":
        yield Statement(
            "Processing",
            "raw",
            "mismatch",
            "The DICOM image is meant for processing: it holds raw detector values. The model was trained on images "
            "made for reading; send that one.",
        )
    if context.burned_in == "YES":
        yield Statement(
            "Burnt-in text",
            "yes",
            "mismatch",
            "By the DICOM header there is text in the picture itself; it may name the patient and stays in whatever "
            "is saved of the picture.",
        )


def _statement(
    subject: str,
    code: str | None,
    names: Mapping[str, str],
    *,
    fitting: tuple[str, ...],
    expected: str,
    remark: str = "",
) -> Statement:
    if code is None or code == UNREADABLE:
        return Statement(subject, "not stated" if code is None else "not readable", "not stated", remark)
    if code in fitting:
        return Statement(subject, _words_for(code, names), "as expected", remark)
    if code == OTHER:
        said = f"The DICOM header states a {subject.lower()} that is not known here."
    else:
        said = f"The DICOM header gives the {subject.lower()} as {_words_for(code, names)}."
    return Statement(subject, _words_for(code, names), "mismatch", f"{said} {expected}")


def _words_for(code: str, names: Mapping[str, str]) -> str:
    name = names.get(code, "not known here")
    return name if code == OTHER or name.upper() == code else f"{name} ({code})"


def _either(codes: tuple[str, ...]) -> str:
    return f"{', '.join(codes[:-1])} or {codes[-1]}"


def _age_words(months: int) -> str:
    if months >= OLDEST_MONTHS:
        return f"{OLDEST_MONTHS // 12} years or more"
    number, unit = (months, "month") if months < 24 else (months // 12, "year")
    return f"{number} {unit}{'' if number == 1 else 's'}"
