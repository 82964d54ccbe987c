"""Radiographs as the bytes of image files, DICOM with any header, and what the decoder must make of them."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian

from model.errors import RadiographError
from model.radiograph import decode
from model.radiograph.checks import quiet_decoders
from model.records.manifest import IntendedUse
from tests.made import made_radiograph

USE = IntendedUse(
    finding="pneumonia",
    population="children",
    youngest_years=1,
    oldest_years=5,
    examination="chest radiographs",
    view="frontal",
    modalities=("CR", "DX", "DR"),
    views=("AP", "PA", "FRONTAL"),
    trained_views=("AP",),
    body_parts=("CHEST",),
    source="made for tests",
)
FITTING = {"Modality": "DX", "ViewPosition": "AP", "BodyPartExamined": "CHEST", "PatientAge": "003Y"}

HEIGHT, WIDTH = 72, 96


def scan(height: int = HEIGHT, width: int = WIDTH) -> npt.NDArray[np.uint8]:
    """A made-up grey picture with every value from 0 to 255, different in each quadrant."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = 255 * (0.3 * rows / (height - 1) + 0.7 * columns / (width - 1))
    picture[: height // 4, : width // 4] = 230
    picture[0, 0], picture[0, 1] = 0, 255
    return picture.round().astype(np.uint8)


SCAN = scan()


def encoded(picture: Image.Image | npt.NDArray[Any], format_: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def shows(data: bytes, expected: npt.NDArray[Any], *, within: float = 0) -> None:
    """A file is decoded to these greys."""
    np.testing.assert_allclose(decode(data).pixels.astype(int), expected, rtol=0, atol=within)


def refused(data: bytes, said: str, kind: type[RadiographError] = RadiographError) -> None:
    """A file is refused in words that say why, and then how to mend it."""
    with pytest.raises(RadiographError, match=rf"^Cannot (read|use) a\.png: .*({said}).*\. [A-Z].+\.$") as caught:
        decode(data, name="a.png")
    assert type(caught.value) is kind


def dataset_of(values: npt.NDArray[Any], syntax: UID, **elements: Any) -> Dataset:
    """A header for these stored values, which has no pixel data yet; `elements` by keyword."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PatientName, dataset.PatientID = "Secret^Person", "ID-4711"
    dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    if values.ndim == 3:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def written(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dicom_file(values: npt.NDArray[Any], *, syntax: UID = ExplicitVRLittleEndian, **elements: Any) -> bytes:
    """A DICOM file of these stored values; compressed by pydicom where the syntax asks for it."""
    native = ExplicitVRLittleEndian if syntax.is_encapsulated else syntax
    dataset = dataset_of(values, native, **elements)
    order = ">" if native == ExplicitVRBigEndian else "<"
    dataset.PixelData = values.astype(values.dtype.newbyteorder(order)).tobytes()
    dataset["PixelData"].VR = "OB" if values.itemsize == 1 else "OW"
    if syntax.is_encapsulated:
        dataset.compress(syntax, generate_instance_uid=False)
    return written(dataset)


def encapsulated(values: npt.NDArray[Any], code: bytes, syntax: UID, **elements: Any) -> bytes:
    """A DICOM file around a compressed stream that was made elsewhere."""
    dataset = dataset_of(values, syntax, **elements)
    dataset.PixelData = encapsulate([code])
    dataset["PixelData"].VR = "OB"
    return written(dataset)


def made_dicom(*, syntax: UID = ExplicitVRLittleEndian, **elements: Any) -> bytes:
    """A made radiograph under any header, be it one that DICOM does not allow."""
    with quiet_decoders():  # pydicom warns of what is not allowed, and writes it
        return dicom_file(made_radiograph(1, pneumonia=True, size=(224, 280)), syntax=syntax, **elements)


def lossless_jpeg(values: npt.NDArray[Any], bits: int) -> bytes:
    """ITU-T T.81 process 14 with predictor 1, and a Huffman table that gives all 17 categories five bits."""
    height, width = values.shape
    table = bytes([0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))
    head = b"\xff\xd8\xff\xc3" + struct.pack(">HBHHBBBB", 11, bits, height, width, 1, 1, 0x11, 0)
    head += b"\xff\xc4" + struct.pack(">HB", 3 + len(table), 0) + table
    head += b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 0, 0)
    signed = values.astype(int)
    predicted = np.empty_like(signed)
    predicted[:, 1:] = signed[:, :-1]
    predicted[1:, 0] = signed[:-1, 0]
    predicted[0, 0] = 1 << (bits - 1)
    stream = []
    for difference in (signed - predicted).ravel().tolist():
        size = abs(difference).bit_length()
        stream.append(f"{size:05b}")
        if size:
            stream.append(f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}")
    text = "".join(stream)
    text += "1" * (-len(text) % 8)
    body = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    return head + body + b"\xff\xd9"
