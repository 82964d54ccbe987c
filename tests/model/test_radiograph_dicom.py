"""DICOM: the greys that a workstation shows first, and a RadiographError without the patient's name for the rest."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.sequence import Sequence

from model.errors import RadiographError, UnusableRadiographError
from model.radiograph import Radiograph, checks, decode, dicom
from tests.model import files
from tests.model.files import HEIGHT, SCAN, WIDTH, dicom_file, encapsulated, encoded, lossless_jpeg, refused, shows

DEEP = SCAN.astype(np.uint16) * 16
TWELVE_BITS = {"BitsStored": 12, "HighBit": 11}
NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian)
SYNTAXES = (*NATIVE, uid.DeflatedExplicitVRLittleEndian, uid.RLELossless, uid.JPEG2000Lossless)


def deep(values: npt.NDArray[Any] = DEEP, **elements: Any) -> bytes:
    """A file of twelve bits, by default of the scan."""
    return dicom_file(values, **TWELVE_BITS, **elements)


def stretched(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    return np.rint((values.astype(np.float64) - low) / (high - low) * 255).astype(np.uint8)


def bare_dataset(data: bytes) -> bytes:
    (length,) = struct.unpack_from("<I", data, 140)
    return data[144 + length :]


def packaged(name: str) -> Radiograph:
    """What a file that pydicom carries is decoded to."""
    return decode(Path(local(name)).read_bytes())


def local(name: str) -> str:
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str), f"{name} is not in the pydicom package"
    return path


def without(*keywords: str) -> bytes:
    """A file of twelve bits that lacks elements."""
    dataset = pydicom.dcmread(io.BytesIO(deep()))
    for keyword in keywords:
        del dataset[keyword]
    return files.written(dataset)


OVERLAY = np.where(SCAN % 2, np.uint16(0x8000), np.uint16(0))
ASSUMED = {
    "a window beside the data": (deep(WindowCenter="60000", WindowWidth="100"), "window"),
    "a window of width 1": (deep(WindowCenter="2000", WindowWidth="1"), "window"),
    "the window of a CT": (deep(WindowCenter="40", WindowWidth="50"), "window"),
    "an intercept without slope": (deep(RescaleIntercept="-1024"), "RescaleSlope is missing"),
    "a slope that is no number": (deep(RescaleSlope="1.0000").replace(b"1.0000", b"one   "), "RescaleSlope cannot"),
    "a decimal comma": (deep(RescaleSlope="1.0000", RescaleIntercept="0").replace(b"1.0000", b"1,0000"), ""),
    "a padding that is text": (deep(PixelPaddingValue=7).replace(b"(\0 \1US\2\0", b"(\0 \1DS\2\0"), "PixelPadding"),
    "an unknown function": (deep(VOILUTFunction="ODD"), "VOILUTFunction cannot"),
    "an empty function": (deep(VOILUTFunction=""), ""),
    "a table without entries": (deep(VOILUTSequence=[Dataset()]), "VOILUTSequence cannot"),
    "MONOCHROME2 in small letters": (deep().replace(b"MONOCHROME2 ", b"monochrome2 "), ""),
    **{
        f"no {keyword}": (without(keyword), f"{keyword} is missing")
        for keyword in ("SamplesPerPixel", "HighBit", "PixelRepresentation", "PhotometricInterpretation")
    },
}
"""What real devices leave out or garble; each with the remark that tells it."""


@pytest.mark.parametrize("fault", ASSUMED)
def test_what_is_missing_or_garbled_is_assumed_or_left_out_and_told(fault: str) -> None:
    data, remark = ASSUMED[fault]
    shows(data, SCAN, within=1)
    context = decode(data).context
    assert context is not None
    assert len(context.repairs) == bool(remark)
    assert all(remark in sentence and sentence in context.remarks(files.USE) for sentence in context.repairs)


@pytest.mark.parametrize(
    ("directions", "mirrored"),
    [(["R", "F"], True), (["RP", "FL"], True), (["L", "F"], False), (["R", "H"], False), ("", False), ("R", False)],
)
def test_a_film_that_its_header_calls_mirrored_is_turned_over_and_told(directions: Any, mirrored: bool) -> None:
    data = deep(PatientOrientation=directions)
    shows(data, SCAN[:, ::-1] if mirrored else SCAN)
    context = decode(data).context
    assert context
    assert [sentence for sentence in context.repairs if "PatientOrientation" in sentence] == list(context.repairs)
    assert bool(context.repairs) == mirrored


def test_colour_is_measured_as_in_other_files() -> None:
    striped = np.dstack([SCAN, SCAN, np.where(np.arange(WIDTH) % 40 < 20, 255 - SCAN, SCAN)])
    expected = decode(encoded(striped)).colourfulness
    assert expected > 20
    for values in (striped, striped.astype(np.uint16) << 8):
        assert decode(dicom_file(values)).colourfulness == pytest.approx(expected, abs=1)
    assert decode(encoded(np.dstack([SCAN // 2, SCAN // 2, SCAN]))).colourfulness < 3  # a film on a blue base
    assert decode(deep()).colourfulness == 0


@pytest.mark.parametrize("keyword", ["Rows", "Columns", "BitsAllocated"])
def test_what_no_pixel_can_be_decoded_without_is_named(keyword: str) -> None:
    refused(without(keyword), f"does not state {keyword}")


FORMS = {
    **{f"8 bits, {syntax.name}": dicom_file(SCAN, syntax=syntax) for syntax in SYNTAXES},
    **{f"12 bits, {syntax.name}": deep(syntax=syntax) for syntax in SYNTAXES},
    "lossless JPEG": encapsulated(DEEP, lossless_jpeg(DEEP, 12), uid.JPEGLosslessSV1, **TWELVE_BITS),
    "no preamble": deep()[128:],
    "no preamble and no DICM": deep()[132:],
    **{f"no meta information, {syntax.name}": bare_dataset(deep(syntax=syntax)) for syntax in NATIVE},
    "a TIFF header for a preamble": b"II*\x00" + dicom_file(SCAN)[4:],
    "8 bits, MONOCHROME1": dicom_file(255 - SCAN, PhotometricInterpretation="MONOCHROME1"),
    "12 bits, MONOCHROME1": deep(4095 - DEEP, PhotometricInterpretation="MONOCHROME1"),
    "signed": dicom_file(DEEP.astype(np.int16) - 1000, RescaleSlope="2", RescaleIntercept="-5", RescaleType="US"),
    "rescaled to fractions": dicom_file(SCAN, RescaleSlope="0.003", RescaleIntercept="0"),
    "an empty rescale": deep(RescaleSlope=None, RescaleIntercept=None),
    **{
        f"a senseless window {centre}, {width}": deep(WindowCenter=centre, WindowWidth=width)
        for centre, width in (("100", "0"), ("100", "-5"), ("", "100"), ("100", ""), (["", "3"], "4"))
    },
    "an overlay in bit 15": deep(DEEP | OVERLAY),
    "an overlay in bit 15, JPEG 2000": encapsulated(
        DEEP, encoded(DEEP | OVERLAY, "JPEG2000"), uid.JPEG2000Lossless, **TWELVE_BITS
    ),
    "zeros after a compressed image": encapsulated(SCAN, encoded(SCAN, "JPEG2000") + bytes(400), uid.JPEG2000Lossless),
    "an 8-bit stream in 16 bits": encapsulated(SCAN, encoded(SCAN, "JPEG2000"), uid.JPEG2000Lossless, BitsAllocated=16),
    "pixel data of twice the length": dicom_file(np.concatenate([SCAN, SCAN]), Rows=HEIGHT),
    "the highest 12 of 16 bits": dicom_file(DEEP << 4, BitsStored=12, HighBit=15),
    **{
        f"8 bits, a window of {width}": dicom_file(SCAN, WindowCenter="128", WindowWidth=str(width))
        for width in (256, 2048, 8192)
    },
    "a window much wider than 12 bits": deep(WindowCenter="2048", WindowWidth="60000"),
    "colour of 8 bits": dicom_file(np.dstack([SCAN] * 3)),
    "colour of 16 bits": dicom_file(np.dstack([DEEP] * 3)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_greys_of_the_scan(form: str) -> None:
    assert decode(FORMS[form]).format == "DICOM"
    shows(FORMS[form], SCAN, within=1 if "window of" in form else 0)


def test_a_baseline_jpeg_equals_the_jpeg_grey_or_coloured() -> None:
    for values, elements in ((SCAN, {}), (np.dstack([SCAN] * 3), {"PhotometricInterpretation": "YBR_FULL_422"})):
        code = encoded(values, "JPEG", quality=95)
        shows(encapsulated(values, code, uid.JPEGBaseline8Bit, **elements), decode(code).pixels, within=2)


@pytest.mark.parametrize("kind", ["jpeg_ls_lossless", "jp2klossless", "RLE", "bigendian"])
def test_compressed_files_that_pydicom_carries(kind: str) -> None:
    np.testing.assert_array_equal(packaged(f"MR_small_{kind}.dcm").pixels, packaged("MR_small.dcm").pixels)


def test_a_twelve_bit_extended_jpeg_and_a_palette_image_that_pydicom_carries() -> None:
    # The same scintigram, compressed with loss in two ways.
    one, other = packaged("JPGExtended.dcm").pixels, packaged("JPEG2000.dcm").pixels
    assert one.shape == (1024, 256)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95
    assert packaged("examples_palette.dcm").pixels.shape == (350, 800)


def test_an_extended_jpeg_whose_scan_ends_at_0_is_read() -> None:
    data = Path(local("JPGExtended.dcm")).read_bytes()
    sound, faulty = b"\xff\xda\0\x08\1\1\0\0\x3f\0", b"\xff\xda\0\x08\1\1\0\0\0\0"
    assert data.count(sound) == 1
    np.testing.assert_array_equal(decode(data.replace(sound, faulty)).pixels, decode(data).pixels)


@pytest.mark.parametrize(("top", "left", "side"), [(3, 9, 1), (30, 40, 8)], ids=["a pixel", "a box of 1 %"])
def test_what_is_burnt_in_at_full_scale_takes_no_greys_from_the_film(top: int, left: int, side: int) -> None:
    values, expected = DEEP >> 2, SCAN.copy()
    values[top : top + side, left : left + side], expected[top : top + side, left : left + side] = 65535, 255
    shows(dicom_file(values), expected, within=1)
    shows(dicom_file(values, WindowCenter="32768", WindowWidth="65535"), expected, within=1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *(("DICOMDIR", "index of a disc"), ("reportsi.dcm", "structured report"), ("test-SR.dcm", "structured report")),
        *(("waveform_ecg.dcm", "waveform"), ("rtplan.dcm", "radiotherapy")),
    ],
)
def test_an_object_without_an_image_is_named(name: str, said: str) -> None:
    refused(Path(local(name)).read_bytes(), said)


@pytest.mark.parametrize(
    ("elements", "within"),
    [
        ({"WindowCenter": "2000", "WindowWidth": "1500"}, 1),
        ({"WindowCenter": ["2000", "9"], "WindowWidth": ["1500", "9"]}, 1),
        ({"RescaleSlope": "2", "RescaleIntercept": "100", "WindowCenter": "4100", "WindowWidth": "3000"}, 2),
    ],
    ids=["one", "the first of two", "after the rescale"],
)
def test_a_window_is_applied(elements: dict[str, Any], within: int) -> None:
    # PS3.3 C.11.2.1.2.1, centre 2000 and width 1500 of twelve bits.
    line = ((DEEP.astype(float) - (2000 - 0.5)) / (1500 - 1) + 0.5) * 4095
    shows(deep(**elements), stretched(np.clip(line, 0, 4095)), within=within)


def test_a_window_after_a_negative_slope_is_not_upside_down() -> None:
    window = {"WindowCenter": "2048", "WindowWidth": "4096"}
    shows(deep(4095 - DEEP, RescaleSlope="-1", RescaleIntercept="4095", **window), SCAN, within=1)


def lut(entries: npt.NDArray[Any], bits: int) -> Sequence:
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, 0, bits]
    item.LUTData = entries.astype(int).tolist()
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    return Sequence([item])


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian])
def test_a_lookup_table_is_applied_and_preferred_to_a_window(bits: int, syntax: uid.UID) -> None:
    table = np.sqrt(np.arange(4096) / 4095) * (2**bits - 1)
    looked_up = stretched(table.astype(int)[DEEP])
    shows(deep(syntax=syntax, VOILUTSequence=lut(table, bits), WindowCenter="1", WindowWidth="2"), looked_up, within=1)
    shows(deep(syntax=syntax, ModalityLUTSequence=lut(table, bits)), looked_up, within=1)
    shallow = dicom_file(SCAN, syntax=syntax, ModalityLUTSequence=lut(table, bits))
    shows(shallow, stretched(table.astype(int)[SCAN]), within=1)


@pytest.mark.parametrize(
    ("padding", "sign", "written"), [(-2000, "i", b"US\2\0\x30\xf8"), (60000, "u", b"SS\2\0\x60\xea")]
)
def test_padding_of_the_other_sign_is_padding_too(padding: int, sign: str, written: bytes) -> None:
    values = DEEP.astype(f"{sign}2")
    values[50:] = padding
    data = dicom_file(values, PixelPaddingValue=padding)
    right = (b"SS" if sign == "i" else b"US") + written[2:]
    assert data.count(right) == 1
    expected = np.vstack([stretched(SCAN[:50]), np.zeros_like(SCAN[50:])])
    shows(data.replace(right, written), expected)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("padding", [(60000, None), (50000, 65535)])
def test_padding_is_black_and_does_not_squeeze_the_rest(photometric: str, padding: tuple[int, int | None]) -> None:
    values = DEEP.copy() if photometric == "MONOCHROME2" else 4080 - DEEP
    values[50:] = 60000
    elements = dict(zip(("PixelPaddingValue", "PixelPaddingRangeLimit"), padding, strict=True))
    expected = np.vstack([stretched(SCAN[:50]), np.zeros_like(SCAN[50:])])
    shows(dicom_file(values, PhotometricInterpretation=photometric, **elements), expected)


@pytest.mark.parametrize(
    ("elements", "spacing"),
    [
        ({"PixelSpacing": ["0.14", "0.15"], "ImagerPixelSpacing": ["0.2", "0.2"]}, (0.14, 0.15)),
        ({"ImagerPixelSpacing": ["0.2", "0.3"]}, (0.2, 0.3)),
        ({"PixelSpacing": ["0", "0.3"]}, None),
        ({"PixelSpacing": None}, None),
    ],
)
def test_pixel_spacing(elements: dict[str, Any], spacing: tuple[float, float] | None) -> None:
    assert decode(dicom_file(SCAN, **elements)).pixel_spacing_mm == spacing


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_stream_inside_a_whole_dicom_is_refused(share: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, SCAN.shape, dtype=np.uint8)
    streams = {
        uid.JPEGBaseline8Bit: encoded(noise, "JPEG"),
        uid.JPEG2000Lossless: encoded(noise, "JPEG2000", no_jp2=True),
        uid.JPEGLosslessSV1: lossless_jpeg(noise, 8),
        uid.RLELossless: get_frame(pydicom.dcmread(io.BytesIO(dicom_file(noise, syntax=uid.RLELossless))).PixelData, 0),
    }
    for syntax, code in streams.items():
        decode(encapsulated(noise, code, syntax))
        refused(encapsulated(noise, code[: int(len(code) * share)], syntax), "cut short|damaged")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (deep(np.full_like(DEEP, 7)), "blank"),
        (dicom_file(np.concatenate([SCAN, SCAN]), Rows=HEIGHT, NumberOfFrames="2"), "several frames"),
        (Path(local("SC_rgb_rle_2frame.dcm")).read_bytes(), "several frames"),
        (dicom_file(SCAN, BitsAllocated=1, BitsStored=1, HighBit=0), "one bit"),
    ],
)
def test_a_sound_image_that_cannot_be_scored_is_refused(data: bytes, said: str) -> None:
    refused(data, said, UnusableRadiographError)


def test_what_has_no_image_or_no_known_greys_is_refused() -> None:
    refused(dicom_file(SCAN, PhotometricInterpretation="SECRET"), "neither MONOCHROME1")
    refused(files.written(files.dataset_of(SCAN, uid.ExplicitVRLittleEndian)), "no pixel data")


def resized(code: bytes, marker: bytes, offset: int, size: bytes) -> bytes:
    """A compressed stream whose own header gives another size."""
    begin = code.index(marker) + offset
    return code[:begin] + size + code[begin + len(size) :]


JPEG_BOMB = resized(encoded(SCAN, "JPEG"), b"\xff\xc0", 5, struct.pack(">HH", 65_000, 65_000))
J2K_BOMB = resized(encoded(SCAN, "JPEG2000"), b"\xff\x4f\xff\x51", 8, struct.pack(">II", 40_000, 40_000))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(dicom_file(SCAN, Rows=60_000, Columns=60_000), id="native"),
        pytest.param(encapsulated(SCAN, JPEG_BOMB, uid.JPEGBaseline8Bit), id="JPEG"),
        pytest.param(encapsulated(SCAN, J2K_BOMB, uid.JPEG2000Lossless), id="JPEG 2000"),
    ],
)
def test_a_dicom_bomb_is_refused_before_its_pixels_are_decoded(data: bytes) -> None:
    with patch.object(dicom, "pixel_array", side_effect=AssertionError("the pixels were decoded")):
        refused(data, "100 megapixels", UnusableRadiographError)


def test_a_deflated_dicom_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dicom_file(SCAN, syntax=uid.DeflatedExplicitVRLittleEndian)
    monkeypatch.setattr(dicom, "_MAX_INFLATED_BYTES", 1000)
    for whole in (data, data[132:]):
        refused(whole, "once unpacked", UnusableRadiographError)


@pytest.mark.filterwarnings("default")
def test_nothing_about_the_patient_is_said_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dataset = files.dataset_of(SCAN, uid.ExplicitVRLittleEndian, WindowCenter="5", WindowWidth="0")
    dataset.PixelData = SCAN.tobytes()[:-7]
    with pytest.raises(RadiographError) as caught, warnings.catch_warnings(record=True) as warned:
        decode(files.written(dataset), name="a.dcm")
    # Values that pydicom finds invalid, and would quote.
    broken = dicom_file(SCAN).replace(b"1.2.3.4\x00", b"Secret^1").replace(b"ID-4711", b"\xff\xfe4711\x00")
    decode(broken, name="b.dcm")
    said = f"{caught.value} {caplog.text} {[str(item.message) for item in warned]}"
    assert not any(secret in said for secret in ("Secret", "Person", "4711"))
    assert caught.value.__suppress_context__


def test_decoders_are_as_before_afterwards() -> None:
    before = logging.getLogger("pydicom").level, list(warnings.filters)
    decode(dicom_file(SCAN))
    assert (logging.getLogger("pydicom").level, list(warnings.filters)) == before
    assert not checks._DECODER_LOCK.locked()
