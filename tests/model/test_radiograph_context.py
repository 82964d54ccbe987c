"""What a DICOM header says of its image: mismatches are reported, and nothing else of the header gets out."""

from __future__ import annotations

import logging
import pickle
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from model.radiograph import decode
from model.radiograph.context import OLDEST_MONTHS, OTHER, UNREADABLE, DicomContext
from model.radiograph.dicom import read_context
from tests.model.files import FITTING, USE, made_dicom


def context(**elements: Any) -> DicomContext:
    return decode(made_dicom(**elements)).context


def coded(value: str, scheme: str = "SCT") -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "Doe^Jane"
    return Sequence([item])


def test_a_header_that_fits_gives_no_warning_and_no_remark() -> None:
    found = context(**FITTING)
    assert found == DicomContext(modality="DX", view="AP", body_part="CHEST", age_months=36)
    assert found.warnings(USE) == found.remarks(USE) == found.not_stated == ()
    stated = ["digital radiography (DX)", "antero-posterior (AP)", "chest", "3 years"]
    assert [one.value for one in found.statements(USE)] == stated


def test_a_header_that_says_nothing_is_no_mismatch_but_view_and_age_are_to_be_checked() -> None:
    found = context()
    assert found == DicomContext()
    assert found.warnings(USE) == ()
    assert found.not_stated == ("Modality", "View", "Body part", "Age")
    view, age = found.remarks(USE)
    assert "view" in view
    assert "1 to 5 years" in age


@pytest.mark.parametrize(
    ("element", "value", "said"),
    [
        *(
            ("Modality", "CT", "computed tomography (CT)"),
            ("Modality", "MG", "mammography"),
            ("Modality", "ZZ", "unknown"),
        ),
        *(("ViewPosition", "LL", "left lateral (LL)"), ("ViewPosition", "LAT", "lateral")),
        *(("ViewPosition", "LLD", "decubitus"), ("ViewPosition", "PA LAT", "unknown view")),
        *(("BodyPartExamined", "ABDOMEN", "abdomen"), ("BodyPartExamined", "CHESTABDOMEN", "chest and abdomen")),
        ("BodyPartExamined", "CHEST ABDOMEN", "chest and abdomen"),
        ("PhotometricInterpretation", "PALETTE COLOR", "colour"),
        ("PresentationIntentType", "FOR PROCESSING", "raw detector"),
        ("BurnedInAnnotation", "YES", "patient"),
    ],
)
def test_a_mismatch_is_one_warning(element: str, value: str, said: str) -> None:
    # Without decoding: the pixels have no palette.
    (warning,) = read_context(made_dicom(**{**FITTING, element: value})).warnings(USE)
    assert said in warning
    assert warning.endswith(".")


@pytest.mark.parametrize(
    ("element", "value", "code"),
    [
        *(("Modality", "CR", "CR"), ("Modality", "DR", "DR"), ("ViewPosition", "ap supine", "AP")),
        *(
            ("ViewPosition", "PA", "PA"),
            ("BodyPartExamined", "Thorax", "CHEST"),
            ("BodyPartExamined", "PORT CHEST", "CHEST"),
        ),
    ],
)
def test_what_fits_in_other_spellings(element: str, value: str, code: str) -> None:
    found = context(**{**FITTING, element: value})
    assert found.warnings(USE) == ()
    assert code in (found.modality, found.view, found.body_part)
    remarks = ["postero-anterior (PA)" in remark and "trained on AP" in remark for remark in found.remarks(USE)]
    assert remarks == [True] * (value == "PA"), "it is taken with a remark"


@pytest.mark.parametrize(
    ("age", "months", "fits"),
    [
        ("000Y", 0, False), ("001Y", 12, True), ("005Y", 60, True), ("006Y", 72, False), ("040Y", 480, False),
        ("120Y", OLDEST_MONTHS, False), ("011M", 11, False), ("012M", 12, True), ("018M", 18, True), ("071M", 71, True),
        ("072M", 72, False), ("010W", 2, False), ("053W", 12, True), ("005D", 0, False), ("364D", 11, False),
        ("365D", 12, True), ("3Y", 36, True),
    ],
)  # fmt: skip
def test_ages(age: str, months: int, fits: bool) -> None:
    found = context(**{**FITTING, "PatientAge": age})
    assert found.age_months == months
    assert (found.warnings(USE) == ()) is fits
    assert fits or "children aged 1 to 5 years" in found.warnings(USE)[0]


@pytest.mark.parametrize(
    ("age", "told"), [("120Y", "90 years or more"), ("001M", "1 month"), ("023M", "23 months"), ("024M", "2 years")]
)
def test_great_ages_are_not_kept_and_small_ones_are_in_months(age: str, told: str) -> None:
    assert context(PatientAge=age).statements(USE)[3].value == told


@pytest.mark.parametrize("age", ["", "three", "003", "-03Y", "Doe^J", "1234", "00３Y"])
def test_an_age_that_cannot_be_read_falls_back_on_the_dates_or_is_said(age: str) -> None:
    data = made_dicom(PatientAge="003Y", PatientBirthDate="20200301", StudyDate="20230228")
    found = read_context(data.replace(b"003Y", age.encode("utf-8")[:4].ljust(4)))
    assert (found.age_months, found.age_unreadable) == (35, False)
    undated = read_context(made_dicom(PatientAge="003Y").replace(b"003Y", b"\xff\xfe?!"))
    assert (undated.age_months, undated.age_unreadable) == (None, True)
    assert any("cannot be read" in remark for remark in undated.remarks(USE))


@pytest.mark.parametrize(
    ("born", "seen", "months"),
    [
        *(("20200301", "20230301", 36), ("20200301", "20230228", 35), ("20200229", "20210228", 11)),
        *(("20200301", "20200229", None), ("20201301", "20230101", None)),
        *(("20200301", "", None), ("", "20230101", None)),
    ],
)
def test_the_age_from_the_dates(born: str, seen: str, months: int | None) -> None:
    data = made_dicom(PatientBirthDate="19990101", StudyDate="20240102")
    found = read_context(data.replace(b"19990101", born.encode().ljust(8)).replace(b"20240102", seen.encode().ljust(8)))
    assert found.age_months == months


@pytest.mark.parametrize(("age", "told"), [("62", "“62” without a unit"), ("003", "“3”"), ("120", "“90 or more”")])
def test_an_age_without_a_unit_is_quoted_in_a_warning(age: str, told: str) -> None:
    found = read_context(made_dicom(**FITTING).replace(b"003Y", age.ljust(4).encode()))
    (warning,) = found.warnings(USE)
    assert told in warning
    assert found.warnings(None)
    assert ("Age" in found.not_stated, found.remarks(USE)) == (False, ())


def test_an_age_that_the_dates_contradict_is_a_warning() -> None:
    dates = {"PatientBirthDate": "19800101", "StudyDate": "20230101"}
    (warning,) = context(**FITTING, **dates).warnings(USE)
    assert "contradict" in warning
    close = {"PatientBirthDate": "20190101", "StudyDate": "20230101"}
    assert context(**FITTING, **close).warnings(USE) == ()


def test_codes_stand_in_for_missing_text() -> None:
    bare = {"Modality": "DX", "PatientAge": "003Y"}
    found = context(**bare, ViewCodeSequence=coded("399348003"), AnatomicRegionSequence=coded("T-D3000", "SRT"))
    assert (found.view, found.body_part, found.warnings(USE)) == ("AP", "CHEST", ())
    lateral = context(**bare, ViewCodeSequence=coded("R-10236", "SRT"), AnatomicRegionSequence=coded("69536005"))
    assert (lateral.view, lateral.body_part, len(lateral.warnings(USE))) == ("LL", OTHER, 2)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_every_syntax_and_a_file_without_preamble(syntax: UID) -> None:
    data = made_dicom(syntax=syntax, **FITTING)
    for whole in (data, data[128:]):
        assert decode(whole).context == DicomContext(modality="DX", view="AP", body_part="CHEST", age_months=36)


def test_a_damaged_element_costs_neither_the_image_nor_the_other_elements() -> None:
    data = made_dicom(**{**FITTING, "ViewCodeSequence": coded("399348003")})
    found = decode(data.replace(b"\x18\x00\x01\x51CS", b"\x18\x00\x01\x51FD")).context  # a number of two bytes
    assert (found.view, found.modality) == (UNREADABLE, "DX")
    assert any("view" in remark for remark in found.remarks(USE))


def test_a_header_that_pydicom_refuses_is_an_empty_context(caplog: pytest.LogCaptureFixture) -> None:
    with patch("model.radiograph.dicom.context_of", side_effect=ValueError("Doe^Jane")):
        assert read_context(made_dicom()) == DicomContext()
    assert "ValueError" in caplog.text
    assert "Jane" not in caplog.text


PATIENT = "Doe^Jane"
NAMES = (
    *("PatientName", "PatientID", "InstitutionName", "ReferringPhysicianName", "StudyDescription"),
    *("OperatorsName", "PatientComments", "AccessionNumber", "PatientAddress", "SeriesDescription"),
)
NAMED = dict.fromkeys(NAMES, PATIENT)
NAMED |= {"PatientBirthDate": "20200417", "StudyDate": "20230518", "PatientSex": "F"}


@pytest.mark.parametrize("misplaced", [False, True])
def test_a_header_full_of_names_leaves_no_trace_even_where_it_is_read(
    misplaced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    elements = {**NAMED, "ViewCodeSequence": coded(PATIENT)}
    if misplaced:
        fields = ("Modality", "ViewPosition", "BodyPartExamined", "PresentationIntentType", "BurnedInAnnotation")
        elements |= dict.fromkeys(fields, "DOE JANE")
    radiograph = decode(made_dicom(**elements), name="a file")
    found = radiograph.context
    said = [repr(radiograph), repr(found.statements(USE)), caplog.text, *found.warnings(USE)]
    kept = pickle.dumps(radiograph) + pickle.dumps(found.statements(USE))
    for trace in ("doe", "jane", "20200417", "20230518"):
        assert trace not in " ".join(said).lower()
        assert trace.encode() not in kept.lower()
    assert (found.age_months, found.modality == OTHER) == (37, misplaced)


def test_random_damage_to_the_header_gives_a_context_or_nothing() -> None:
    random = np.random.default_rng(5)
    data = made_dicom(**FITTING, **NAMED, ViewCodeSequence=coded("399348003"))
    header = data.index(b"\xe0\x7f\x10\x00")
    for _ in range(300):
        damaged = bytearray(data)
        for place in random.integers(132, header, 3):
            damaged[place] = random.integers(256)
        found = read_context(bytes(damaged))
        assert all(one.sentence.isascii() for one in found.statements(USE))
        assert "Jane" not in repr(found)


def test_another_intended_use_gives_other_warnings_and_none_leaves_the_facts() -> None:
    adults = USE.model_copy(update={"population": "adults", "youngest_years": 18, "oldest_years": 90, "views": ("PA",)})
    age, view = sorted(context(**FITTING).warnings(adults))
    assert "adults aged 18 to 90 years" in age
    assert "(PA)" in view
    found = context(**{**FITTING, "PatientAge": "062Y", "ViewPosition": "LL"})
    assert found.warnings(None) == found.remarks(None) == ()
    assert {one.verdict for one in found.statements(None)} == {"not checked"}
    assert [one.value for one in found.statements(None)][1::2] == ["left lateral (LL)", "62 years"]
    assert context(**FITTING, BurnedInAnnotation="YES").warnings(None), "Text in the picture matters to every model."
