"""Each row of "What can be read" in the documentation: the outcome that it states."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid
from pydicom.data import get_testdata_file

from model.scoring import prepare
from tests import conformance
from tests.model.files import SCAN, dicom_file, encapsulated, encoded
from tests.model.test_radiograph import PLANES_APART, raw_tiff

PAGE = Path(__file__).parents[2] / "docs" / "what-can-be-read.md"
ROWS = dict(
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "|---|" not in line
)


def packaged(name: str) -> bytes:
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def garbled() -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom_file(SCAN)))
    del dataset.PhotometricInterpretation
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def pages() -> bytes:
    return encoded(SCAN, "TIFF", save_all=True, append_images=[Image.fromarray(SCAN[::-1])])


DEEP = SCAN.astype(np.uint16) * 200
FILES = {
    "DICOM, uncompressed, deflated or RLE": [
        dicom_file(SCAN, syntax=syntax)
        for syntax in (uid.ExplicitVRLittleEndian, uid.DeflatedExplicitVRLittleEndian, uid.RLELossless)
    ],
    "DICOM, JPEG, JPEG-LS or JPEG 2000 inside": [
        encapsulated(SCAN, encoded(SCAN, "JPEG"), uid.JPEGBaseline8Bit),
        dicom_file(SCAN, syntax=uid.JPEG2000Lossless),
        packaged("MR_small_jpeg_ls_lossless.dcm"),
    ],
    "DICOM without preamble or meta information": [dicom_file(SCAN)[128:], dicom_file(SCAN)[132:]],
    "DICOM whose header is incomplete or garbled": [garbled()],
    "DICOM in colour": [dicom_file(np.dstack([SCAN] * 3))],
    "DICOM with several frames": [dicom_file(np.stack([SCAN, SCAN]), NumberOfFrames=2, SamplesPerPixel=1)],
    "DICOM without an image (report, document, presentation state)": [packaged("test-SR.dcm")],
    "PNG, 8 or 16 bit, grey or colour": [encoded(SCAN), encoded(Image.fromarray(DEEP)), encoded(np.dstack([SCAN] * 3))],
    "JPEG, also progressive or CMYK": [
        encoded(SCAN, "JPEG", progressive=True),
        encoded(Image.fromarray(SCAN).convert("CMYK"), "JPEG"),
    ],
    "TIFF, 8 to 32 bit": [raw_tiff(SCAN.astype(kind), photometric=1) for kind in ("u1", "<u2", "<u4", "<f4")],
    "TIFF, more than 8 bit, colours stored apart": [PLANES_APART],
    "TIFF with several pages": [pages()],
    "WebP, BMP, JPEG 2000, AVIF, HEIC": [encoded(SCAN, kind) for kind in ("WEBP", "BMP", "JPEG2000", "AVIF")]
    + [encoded(np.dstack([SCAN] * 3), "HEIF")],
    "gzip around one of these": [gzip.compress(encoded(SCAN))],
    "GIF, PDF, video, text and anything else": [
        encoded(SCAN, "GIF"),
        b"%PDF-1.7",
        b"0000ftypisom",
        b"text",
        b"\x17" * 9,
    ],
    "one bit deep, blank, a side under 64 pixels, over 100 megapixels": [
        encoded(SCAN > 100),
        encoded(np.zeros((90, 90), np.uint8)),
        encoded(SCAN[:60]),
    ],
    "cut short or damaged": [encoded(SCAN)[:-60], dicom_file(SCAN)[:-60]],
}
ELSEWHERE = {"DICOMDIR", "ZIP archive"}
"""Rows that differ between pages: the tests of pages and of the command line hold them."""


def test_every_row_has_a_file() -> None:
    assert {*ROWS} - {"file"} == {*FILES} | ELSEWHERE


@pytest.mark.parametrize("row", FILES)
def test_a_file_is_read_or_refused_as_its_row_says(row: str) -> None:
    for data in FILES[row]:
        prepared = prepare(data, "a", thumbnail=False)
        assert (prepared.radiograph is not None) == ROWS[row].startswith("read"), prepared.result.message
        assert prepared.result.message == "" or "unexpected" not in prepared.result.message


def test_a_zip_archive_by_itself_is_named() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", encoded(SCAN))
    assert "zip archive" in prepare(buffer.getvalue(), "a").result.message


def test_the_files_of_pydicom_are_decoded_or_refused_as_the_page_counts() -> None:
    found = conformance.outcomes()
    counts = [[status for status, _ in found.values()].count(status) for status in ("ok", "rejected", "error")]
    sentence = f"of {len(found)} files {counts[0]} were decoded, {counts[1]} refused"
    assert sentence in PAGE.read_text(encoding="utf-8")
    assert f"and {counts[2]} hold no image" in PAGE.read_text(encoding="utf-8")
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert (
        f"Of {len(found)} DICOM files that come with pydicom, {counts[0]} are decoded, {counts[1]} are refused"
        in readme
    )
    assert f"and {counts[2]} hold no image" in readme
    assert not [reason for _, reason in found.values() if "unexpected" in reason or "Error" in reason]
