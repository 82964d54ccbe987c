"""The reports that the pages give out: of a radiograph on the page and of a stored case, read with poppler's tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import wording
from app.access.roles import Access, access_of
from app.records import CaseNotFoundError, Opinion, Records, open_records
from app.report import ReportError
from app.report.page import NOT_KEPT
from app.services import cases, known, reports
from app.settings import Settings
from app.worklist_page import actions
from app.worklist_page.access import CurrentAccess, NotAllowedError
from model.artifact import PRETRAINED, read_manifest
from model.input_gate import GateResult
from model.predictor import Prediction
from tests.app.driving import png
from tests.app.made_dicom import dicom
from tests.app.records.entries import save
from tests.app.reported import text_of, told

MANIFEST = read_manifest(PRETRAINED)
HEAT = np.eye(7, dtype=np.float32)


def access(role: str) -> Access:
    return access_of({"name": role, "roles": role}, "roles")


def predicted(*, accepted: bool = True) -> Prediction:
    gate = GateResult(accepted, 0.9, "" if accepted else "it looks upside down", np.ones((7, 7), np.float32))
    point = next(one for one in MANIFEST.operating_points if one.name == "balanced")
    version = MANIFEST.model_version
    return Prediction(0.97, "Pneumonia", point.threshold, "balanced", False, "Pneumonia", HEAT, version, gate)


def read(pdf: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    assert re.search(r"^Pages: +1$", told("pdfinfo", path), re.MULTILINE)
    return text_of(path).replace("\xa0", " ")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(Settings(data_dir=tmp_path / "data", keep_pixels=True)) as opened:
        yield opened


@pytest.fixture
def frugal(tmp_path: Path) -> Iterator[Records]:
    """A database that keeps no pictures."""
    with open_records(Settings(data_dir=tmp_path / "data", keep_pixels=False)) as opened:
        yield opened


def test_the_report_of_the_page_names_verdict_model_and_checksum_and_no_file(tmp_path: Path) -> None:
    case = cases.open_case(png(pneumonia=True), file_name="Doe^Jane.png")
    measured = known.performance(PRETRAINED)
    reference = reports.reference_of(case)
    assert re.fullmatch(r"S-[0-9A-F]{12}", reference)
    text = read(reports.report_of_case(MANIFEST, case, predicted(), measured, reference=reference), tmp_path)
    for part in (
        f"Case: {reference}.",
        "Unverified AI result",
        "The model’s verdict: Pneumonia",
        "sensitivity",
        f"Model: {MANIFEST.model_version}",
        MANIFEST.weights_sha256,
        "The heatmap was made by Grad-CAM",
    ):
        assert part in text
    assert "Jane" not in text
    assert b"Jane" not in (tmp_path / "report.pdf").read_bytes()


def test_a_refused_picture_that_was_scored_anyway_carries_its_warning(tmp_path: Path) -> None:
    case = cases.open_case(png(pneumonia=True))
    pdf = reports.report_of_case(MANIFEST, case, predicted(accepted=False), None, reference="a", scored_anyway=True)
    text = read(pdf, tmp_path)
    assert wording.refused_warning("it looks upside down") in text
    assert "The model’s verdict: Pneumonia (on a picture that was refused)" in text


def test_a_header_that_does_not_fit_is_told_without_what_it_says(tmp_path: Path) -> None:
    spacing = {"PixelSpacing": [0.14, 0.15], "ImagerPixelSpacing": [0.14, 0.15]}
    case = cases.open_case(dicom(Modality="CT", PatientAge="061Y", PatientName="Doe^Jane", **spacing))
    text = read(reports.report_of_case(MANIFEST, case, predicted(), None, reference="a"), tmp_path)
    assert wording.MISMATCH_WITHOUT_DETAILS in text
    assert "mm in all, at the detector" in text
    for hidden in ("Jane", "61 years", "omography"):
        assert hidden not in text


@pytest.mark.parametrize("reference", ["Doe, Jane", "scan.png", "x" * 65])
def test_what_is_no_pseudonym_is_refused(reference: str) -> None:
    case = cases.open_case(png(pneumonia=True))
    with pytest.raises(ReportError, match="letters, digits, hyphens and underscores"):
        reports.report_of_case(MANIFEST, case, predicted(), None, reference=reference)


def test_a_stored_case_is_reported_with_its_picture_and_its_review(records: Records, tmp_path: Path) -> None:
    case_id = save(records, 3, 0.97).case_id
    text = read(reports.report_of_stored(records, None, case_id), tmp_path)
    assert f"Case: {case_id}." in text
    assert "Unverified AI result" in text
    assert "Strong influence" in text
    result = records.case(case_id).summary.scoring.result
    assert result.weights_sha256 in text
    seen = records.case(case_id).summary.scoring
    records.review(case_id, Opinion("disagree", "Normal", "Clear."), reader="Dr Łukasz", seen=seen)
    text = read(reports.report_of_stored(records, None, case_id), tmp_path)
    assert "Reviewed by Dr Łukasz" in text
    assert text.count("The reader disagrees with the model. The reader’s answer: Normal.") == 3
    assert "Comment: Clear." in text
    assert "Unverified" not in text


def test_a_label_for_an_open_case_is_neither_agreement_nor_its_opposite(records: Records, tmp_path: Path) -> None:
    case_id = save(records, 3, 0.6, indeterminate=True).case_id
    seen = records.case(case_id).summary.scoring
    records.review(case_id, Opinion("labelled", "Normal"), reader="Ann", seen=seen)
    text = read(reports.report_of_stored(records, None, case_id), tmp_path)
    assert "The model’s verdict: Indeterminate" in text
    assert "The model decided nothing. The reader’s answer: Normal." in text
    assert "agrees" not in text


def test_without_the_picture_the_report_says_so_and_tells_the_heatmap_in_words(frugal: Records, tmp_path: Path) -> None:
    case_id = save(frugal, 3, 0.97).case_id
    text = read(reports.report_of_stored(frugal, None, case_id), tmp_path)
    assert NOT_KEPT in text
    assert "Strong influence" not in text
    assert "The model’s verdict: Pneumonia" in text
    assert told("pdfimages", "-list", tmp_path / "report.pdf").count("\n") == 2  # the head of an empty table


def test_measured_figures_stand_only_beside_the_model_and_threshold_they_are_of(
    records: Records, tmp_path: Path
) -> None:
    measured = known.performance(PRETRAINED)
    point = next(one for one in MANIFEST.operating_points if one.name == "balanced")
    same = {"weights_sha256": MANIFEST.weights_sha256, "model_version": MANIFEST.model_version}
    ours = save(records, 1, 0.97, threshold=point.threshold, **same).case_id
    assert "sensitivity" in read(reports.report_of_stored(records, measured, ours), tmp_path)
    moved = save(records, 2, 0.97, threshold=point.threshold / 2, **same).case_id
    assert "sensitivity" not in read(reports.report_of_stored(records, measured, moved), tmp_path)
    others = save(records, 3, 0.97, threshold=point.threshold).case_id
    assert "sensitivity" not in read(reports.report_of_stored(records, measured, others), tmp_path)
    unmeasured = replace(measured, evaluation=None)
    assert "sensitivity" not in read(reports.report_of_stored(records, unmeasured, ours), tmp_path)


@pytest.mark.parametrize(("role", "may"), [("", False), ("viewer", False), ("reader", True), ("admin", True)])
def test_readers_and_administrators_take_reports(records: Records, role: str, may: bool) -> None:
    case_id = save(records, 3, 0.97).case_id
    who = CurrentAccess(lambda: access(role))
    if may:
        assert actions.report(who, records, None, case_id).startswith(b"%PDF")
        with pytest.raises(CaseNotFoundError):
            actions.report(who, records, None, "C-222222")
    else:
        with pytest.raises(NotAllowedError, match="Only readers take reports"):
            actions.report(who, records, None, case_id)
