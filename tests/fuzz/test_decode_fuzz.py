"""Damaged files: whatever the bytes, decoding gives a Radiograph or a RadiographError, and nothing else."""

from __future__ import annotations

import io
import time
import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from model.errors import RadiographError
from model.radiograph import Radiograph, decode
from tests.model.files import dicom_file, encapsulated

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
    """12 bits inverted, with a window and a padding value."""
    header = {
        **{"PhotometricInterpretation": "MONOCHROME1", "RescaleSlope": "2", "RescaleIntercept": "-10"},
        **{"WindowCenter": "300", "WindowWidth": "400", "PixelPaddingValue": 5, "PixelSpacing": ["0.1", "0.1"]},
    }
    if syntax == JPEGBaseline8Bit:  # pydicom has no encoder for it
        return encapsulated(np.asarray(scan()), raster("JPEG"), syntax, **header)
    return dicom_file(np.asarray(scan()).astype("<u2"), syntax=syntax, BitsStored=12, HighBit=11, **header)


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
    if kind < 3:
        begin, length = int(random.integers(len(data))), int(random.integers(1, 64))
        repeated = data[begin : begin + length] * 2 if kind == 2 else b""
        return data[:begin] + repeated + data[begin + length :]
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
    known = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"II+\x00", b"DICM", b"\x08\x00\x05\x00CS")
    for signature in (b"", *known, bytes(128) + b"DICM"):
        for length in (0, 1, 7, 40, 600):
            with pytest.raises(RadiographError):
                decode(signature + random.bytes(length))
