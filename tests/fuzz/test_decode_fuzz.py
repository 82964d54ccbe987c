"""Damaged files: whatever the bytes, decoding gives a Radiograph or a RadiographError, and nothing else."""

from __future__ import annotations

import io
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from model.errors import RadiographError
from model.radiograph import Radiograph, decode

if TYPE_CHECKING:
    from pydicom.uid import UID

SECONDS_A_FORMAT = 0.7
ROUNDS = 150


def scan() -> Image.Image:
    rows, columns = np.mgrid[0:70, 0:80]
    return Image.fromarray((rows * 2 + columns).astype(np.uint8))


def raster(format_: str, mode: str = "L", **options: Any) -> bytes:
    buffer = io.BytesIO()
    scan().convert(mode).save(buffer, format_, **options)
    return buffer.getvalue()


def dicom(syntax: UID) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_encapsulated else syntax
    dataset.Rows, dataset.Columns = 70, 80
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.RescaleSlope, dataset.RescaleIntercept = "2", "-10"
    dataset.WindowCenter, dataset.WindowWidth = "300", "400"
    dataset.PixelPaddingValue = 5
    dataset.PixelSpacing = ["0.1", "0.1"]
    dataset.PixelData = np.asarray(scan()).astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    if syntax == JPEGBaseline8Bit:
        # pydicom has no encoder for it.
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.PixelData = encapsulate([raster("JPEG")])
        dataset["PixelData"].VR = "OB"
    elif syntax.is_encapsulated:
        dataset.compress(syntax, generate_instance_uid=False)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


SEEDS = {
    "jpeg": raster("JPEG"),
    "progressive cmyk jpeg": raster("JPEG", "CMYK", progressive=True),
    "png": raster("PNG"),
    "palette png": raster("PNG", "P"),
    "tiff": raster("TIFF", "RGB"),
    "deflated tiff": raster("TIFF", compression="tiff_adobe_deflate"),
    "dicom": dicom(ExplicitVRLittleEndian),
    "implicit dicom": dicom(ImplicitVRLittleEndian),
    "deflated dicom": dicom(DeflatedExplicitVRLittleEndian),
    "rle dicom": dicom(RLELossless),
    "jpeg dicom": dicom(JPEGBaseline8Bit),
    "jpeg 2000 dicom": dicom(JPEG2000Lossless),
}


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """Cut, flip, repeat or drop some bytes; half of the flips fall on the header, which decides most."""
    kind = random.integers(4)
    if kind == 0:
        return data[: random.integers(len(data))]
    if kind == 1:
        begin, length = int(random.integers(len(data))), int(random.integers(1, 64))
        return data[:begin] + data[begin + length :]
    if kind == 2:
        begin, length = int(random.integers(len(data))), int(random.integers(1, 64))
        return data[:begin] + data[begin : begin + length] * 2 + data[begin + length :]
    changed = bytearray(data)
    reach = len(data) if random.integers(2) else min(len(data), 700)
    for position in random.integers(reach, size=random.integers(1, 8)):
        changed[position] = random.integers(256)
    return bytes(changed)


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_a_damaged_file_is_a_radiograph_or_a_radiograph_error(name: str) -> None:
    random = np.random.default_rng(sorted(SEEDS).index(name))
    assert isinstance(decode(SEEDS[name]), Radiograph)
    end = time.monotonic() + SECONDS_A_FORMAT
    refused = 0
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(ROUNDS):
            try:
                result = decode(damaged(SEEDS[name], random))
            except RadiographError:
                refused += 1
            else:
                assert result.pixels.dtype == np.uint8
                assert min(result.pixels.shape) >= 64
            if time.monotonic() > end:
                break
    assert refused
    assert warned == []


def test_random_bytes_behind_every_signature_are_refused() -> None:
    random = np.random.default_rng(99)
    signatures = [
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"II*\x00",
        b"MM\x00*",
        b"II+\x00",
        b"DICM",
        b"\x08\x00\x05\x00CS",
    ]
    for signature in [*signatures, bytes(128) + b"DICM"]:
        for length in (0, 1, 7, 40, 600):
            with pytest.raises(RadiographError):
                decode(signature + random.bytes(length))
