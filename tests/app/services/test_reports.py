"""The reports that pages give out: of a film and of a stored case, read with poppler's tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.records.repository import Records, open_records
from app.records.values import CaseNotFoundError, Opinion
from app.reports.case import ReportError
from app.services import measured, reports
from app.services.radiographs import open_film
from app.settings import Settings
from model.artifact import PRETRAINED
from tests.app.driving import png
from tests.app.records.entries import save
from tests.app.reports.reading import text_of, told
from tests.app.services.predicted import BECAUSE, MANIFEST, prediction
from tests.model.files import made_dicom

Read = Callable[[bytes], str]
UNVERIFIED, NOT_KEPT = "Unverified AI result", "The radiograph was not kept"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The text of a report of one page."""

    def text(pdf: bytes) -> str:
        path = tmp_path / "report.pdf"
        path.write_bytes(pdf)
        assert re.search(r"^Pages: +1$", told("pdfinfo", path), re.MULTILINE)
        return " ".join(text_of(path).replace("\xa0", " ").split())

    return text


@pytest.fixture(params=[True, False], ids=["kept", "not kept"])
def keeps_pixels(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def records(tmp_path: Path, *, keeps_pixels: bool) -> Iterator[Records]:
    with open_records(Settings(data_dir=tmp_path / "data", keep_pixels=keeps_pixels)) as opened:
        yield opened


def test_the_report_of_a_film_names_verdict_model_and_checksum_and_no_file(read: Read, tmp_path: Path) -> None:
    film = open_film(png(pneumonia=True), file_name="Doe^Jane.png")
    reference = reports.reference_of(film)
    assert re.fullmatch(r"S-[0-9A-F]{12}", reference)
    text = read(reports.of_film(film, prediction(), measured.read(PRETRAINED), reference=reference))
    for part in (reference, UNVERIFIED, "Pneumonia", "ensitivity", MANIFEST.model_version, MANIFEST.weights_sha256):
        assert part in text
    assert b"Jane" not in (tmp_path / "report.pdf").read_bytes()


@pytest.mark.parametrize("anyway", [True, False])
def test_a_rejected_picture_has_its_reason_and_a_verdict_only_if_asked_for(read: Read, *, anyway: bool) -> None:
    film, refused = open_film(png(pneumonia=True)), prediction(accepted=False)
    text = read(reports.of_film(film, refused, None, reference="a", scored_anyway=anyway))
    assert BECAUSE in text
    assert ("verdict: Pneumonia" in text) == anyway


def test_a_header_that_does_not_match_is_mentioned_without_the_name(read: Read) -> None:
    film = open_film(made_dicom(PatientAge="061Y", PatientName="Doe^Jane"))
    text = read(reports.of_film(film, prediction(), measured.read(PRETRAINED), reference="a"))
    assert "Warning" in text
    assert "Jane" not in text


@pytest.mark.parametrize("reference", ["Doe, Jane", "scan.png", "x" * 65])
def test_a_reference_that_is_no_pseudonym_is_refused(reference: str) -> None:
    with pytest.raises(ReportError, match="letters, digits, hyphens and underscores"):
        reports.of_film(open_film(png(pneumonia=True)), prediction(), None, reference=reference)


def test_a_stored_case_is_reported_as_it_is(
    records: Records, read: Read, tmp_path: Path, *, keeps_pixels: bool
) -> None:
    case_id = save(records, 3, 0.97, warnings=("The patient is 62 years old.",)).case_id
    text = read(reports.of_case(records, None, case_id))
    assert {case_id, UNVERIFIED, "62 years old"} <= {
        part for part in (case_id, UNVERIFIED, "62 years old") if part in text
    }
    assert (NOT_KEPT not in text) == keeps_pixels
    assert bool(told("pdfimages", "-list", tmp_path / "report.pdf").splitlines()[2:]) == keeps_pixels
    seen = records.case(case_id).summary.scoring
    records.review(case_id, Opinion("disagree", "Normal", "Clear."), reader="Dr Łukasz", seen=seen)
    text = read(reports.of_case(records, None, case_id))
    assert "Reviewed by Dr Łukasz" in text
    assert "Comment: Clear." in text
    assert UNVERIFIED not in text
    with pytest.raises(CaseNotFoundError):
        reports.of_case(records, None, "C-222222")


@pytest.mark.parametrize("keeps_pixels", [False])
def test_measured_figures_stand_only_beside_the_model_and_threshold_they_are_of(records: Records, read: Read) -> None:
    known, point = measured.read(PRETRAINED), MANIFEST.point()
    same = {"weights_sha256": MANIFEST.weights_sha256, "model_version": MANIFEST.model_version}
    made = [
        save(records, 1, 0.97, threshold=point.threshold, **same),
        save(records, 2, 0.97, threshold=point.threshold / 2, **same),
        save(records, 3, 0.97, threshold=point.threshold),
    ]
    texts = [read(reports.of_case(records, known, one.case_id)) for one in made]
    assert [bool(re.search("sensitivity", text, re.IGNORECASE)) for text in texts] == [True, False, False]
