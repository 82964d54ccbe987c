"""The decoder: every accepted form gives the same greys, everything else a RadiographError that says why."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image, ImageFile, TiffImagePlugin
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from model import radiograph as radiograph_package
from model.errors import InputRangeError, RadiographError, UnusableRadiographError
from model.radiograph import Radiograph, checks, decode, dicom, read

Grey = npt.NDArray[np.uint8]
HEIGHT, WIDTH = 72, 96


def scan(height: int = HEIGHT, width: int = WIDTH) -> Grey:
    """A made-up grey picture with every value from 0 to 255, different in each quadrant."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = 255 * (0.3 * rows / (height - 1) + 0.7 * columns / (width - 1))
    picture[: height // 4, : width // 4] = 230
    picture[0, 0], picture[0, 1] = 0, 255
    return picture.round().astype(np.uint8)


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def stretched(values: npt.NDArray[Any]) -> Grey:
    low, high = float(values.min()), float(values.max())
    return np.rint((values.astype(np.float64) - low) / (high - low) * 255).astype(np.uint8)


# ------------------------------------------------------------------------------------------------ Radiograph


def test_a_radiograph_is_read_only_and_hashed_by_content() -> None:
    one, same = Radiograph(scan(), "PNG"), decode(encoded(Image.fromarray(scan()), "TIFF"))
    with pytest.raises(ValueError, match="read-only"):
        one.pixels[0, 0] = 1
    assert one.pixel_sha256 == same.pixel_sha256
    assert one.pixel_sha256 != Radiograph(scan().reshape(WIDTH, HEIGHT), "PNG").pixel_sha256
    assert len(one.pixel_sha256) == 64


@pytest.mark.parametrize(
    "pixels", [np.zeros((2, 2), np.float32), np.zeros((2, 2, 3), np.uint8), np.zeros((0, 2), np.uint8)]
)
def test_a_radiograph_of_another_shape_or_type_is_refused(pixels: Any) -> None:
    with pytest.raises(InputRangeError, match="expected uint8"):
        Radiograph(pixels, "PNG")


# ---------------------------------------------------------------------------------------- JPEG, PNG and TIFF


@pytest.mark.parametrize(("format_", "options"), [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})])
def test_eight_bit_grey_values_stay_as_they_are(format_: str, options: dict[str, Any]) -> None:
    result = decode(encoded(Image.fromarray(scan()), format_, **options))
    assert result.format == format_
    assert result.pixel_spacing_mm is None
    np.testing.assert_array_equal(result.pixels, scan())


def test_a_three_channel_jpeg_of_a_grey_scan_gives_exactly_its_channel() -> None:
    data = encoded(Image.fromarray(scan()).convert("RGB"), "JPEG", quality=95)
    channels = np.asarray(Image.open(io.BytesIO(data)))
    assert channels.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(decode(data).pixels, channels[..., 0])


def test_equal_channels_give_that_value_for_all_256_greys() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    result = decode(encoded(Image.fromarray(np.dstack([ramp] * 3)), "PNG"))
    np.testing.assert_array_equal(result.pixels, ramp)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_grey_jpeg(progressive: bool) -> None:
    data = encoded(Image.fromarray(scan()), "JPEG", quality=95, progressive=progressive)
    result = decode(data)
    assert result.format == "JPEG"
    np.testing.assert_array_equal(result.pixels, np.asarray(Image.open(io.BytesIO(data))))


def test_colours_become_luma() -> None:
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    red[..., 0] = scan()
    result = decode(encoded(Image.fromarray(red), "PNG"))
    np.testing.assert_allclose(result.pixels, 0.299 * scan(), atol=1)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_parts_become_black(mode: str) -> None:
    image = Image.fromarray(scan()).convert(mode)
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[40:, 60:] = 0
    image.putalpha(Image.fromarray(alpha))
    expected = np.where(alpha == 0, 0, scan())
    np.testing.assert_array_equal(decode(encoded(image, "PNG")).pixels, expected)


def test_palette_with_and_without_transparency() -> None:
    image = Image.fromarray(scan()).convert("P")
    inverted = [255 - grey for grey in range(256) for _ in range(3)]
    image.putpalette(inverted)
    np.testing.assert_array_equal(decode(encoded(image, "PNG")).pixels, 255 - scan())
    holed = decode(encoded(image, "PNG", transparency=0)).pixels
    np.testing.assert_array_equal(holed, np.where(scan() == 0, 0, 255 - scan()))


def test_cmyk_jpeg_as_adobe_writes_it_is_not_a_negative() -> None:
    ink = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    ink[..., 3] = 255 - scan()  # black ink only
    data = encoded(Image.fromarray(ink, mode="CMYK"), "JPEG", quality=98)
    assert b"Adobe" in data
    np.testing.assert_allclose(decode(data).pixels.astype(int), scan(), atol=40)
    assert np.corrcoef(decode(data).pixels.ravel(), scan().ravel())[0, 1] > 0.99


def test_cmyk_tiff() -> None:
    ink = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    ink[..., 3] = 255 - scan()
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(ink, mode="CMYK"), "TIFF")).pixels, scan())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_the_exif_rotation_is_applied(orientation: int, format_: str) -> None:
    upright = scan()
    # What a camera that was held so has stored, by the definition of the tag.
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.T, 6: upright.T[::-1], 7: upright[::-1, ::-1].T, 8: upright.T[:, ::-1],
    }[orientation]  # fmt: skip
    stored = {6: np.rot90(upright, 1), 8: np.rot90(upright, -1)}.get(orientation, stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100} if format_ == "JPEG" else {}
    result = decode(encoded(Image.fromarray(np.ascontiguousarray(stored)), format_, exif=exif, **options))
    assert result.pixels.shape == upright.shape
    np.testing.assert_allclose(result.pixels.astype(int), upright, atol=12 if format_ == "JPEG" else 0)


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<i4", "<f4"])
def test_deep_tiff_is_stretched_from_minimum_to_maximum(dtype: str) -> None:
    values = scan().astype(dtype) * 12 + 500
    result = decode(encoded(deep_tiff_image(values), "TIFF"))
    np.testing.assert_array_equal(result.pixels, scan())


def deep_tiff_image(values: npt.NDArray[Any]) -> Image.Image:
    mode = {"<u2": "I;16", ">u2": "I;16B", "<i4": "I", "<f4": "F"}[values.dtype.str]
    return Image.frombytes(mode, (values.shape[1], values.shape[0]), values.tobytes())


def test_sixteen_bit_png() -> None:
    values = scan().astype("<u2") * 257
    data = encoded(deep_tiff_image(values), "PNG")
    assert data[24] == 16
    np.testing.assert_array_equal(decode(data).pixels, scan())


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_float_tiff_with_nan_is_refused(number: float) -> None:
    values = scan().astype("<f4")
    values[3, 3] = number
    with pytest.raises(RadiographError, match="NaN or infinite"):
        decode(encoded(deep_tiff_image(values), "TIFF"))


@pytest.mark.parametrize("dtype", ["u1", "<u2", "<f4"])
def test_min_is_white_tiff_is_turned_round(dtype: str) -> None:
    data = raw_tiff((255 - scan()).astype(dtype), photometric=0)
    np.testing.assert_array_equal(decode(data).pixels, scan())


def raw_tiff(values: npt.NDArray[Any], *, photometric: int) -> bytes:
    """A little-endian TIFF with one strip; Pillow itself writes no deep MinIsWhite."""
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    entries = [
        (256, values.shape[1]), (257, values.shape[0]), (258, values.itemsize * 8), (259, 1),
        (262, photometric), (273, 0), (277, 1), (278, values.shape[0]), (279, values.nbytes), (339, kind),
    ]  # fmt: skip
    begin = 8 + 2 + 12 * len(entries) + 4
    body = b"".join(struct.pack("<HHII", tag, 4, 1, begin if tag == 273 else value) for tag, value in entries)
    return struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries)) + body + bytes(4) + values.tobytes()


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_one_bit_is_refused(format_: str) -> None:
    with pytest.raises(UnusableRadiographError, match="one bit deep"):
        decode(encoded(Image.fromarray(scan() > 100), format_))


# -------------------------------------------------------------------------------------------------- refusals


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(RadiographError, match=r"Cannot read scan\.png: it is empty") as caught:
        decode(b"", name="scan.png")
    assert not isinstance(caught.value, UnusableRadiographError)


@functools.cache
def noisy_files() -> dict[str, bytes]:
    """Valid files whose pixel data fill most of their length."""
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
    image = Image.fromarray(noise)
    return {
        "jpeg": encoded(image, "JPEG"),
        "progressive jpeg": encoded(image, "JPEG", progressive=True),
        "rgb jpeg": encoded(image.convert("RGB"), "JPEG"),
        "png": encoded(image, "PNG"),
        "tiff": encoded(image, "TIFF"),
        "lzw tiff": encoded(image, "TIFF", compression="tiff_lzw"),
        "jpeg tiff": encoded(image, "TIFF", compression="jpeg"),
        "dicom": dicom_file(noise),
        "implicit dicom": dicom_file(noise, syntax=ImplicitVRLittleEndian),
        "deflated dicom": dicom_file(noise, syntax=DeflatedExplicitVRLittleEndian),
        "rle dicom": dicom_file(noise, syntax=RLELossless),
        "j2k dicom": dicom_file(noise, syntax=JPEG2000Lossless),
        "jpeg dicom": encapsulated(noise, encoded(image, "JPEG"), JPEGBaseline8Bit),
    }


@pytest.mark.parametrize("kind", sorted(f"{name}" for name in (
    "jpeg", "progressive jpeg", "rgb jpeg", "png", "tiff", "lzw tiff", "jpeg tiff", "dicom", "implicit dicom",
    "deflated dicom", "rle dicom", "j2k dicom", "jpeg dicom",
)))  # fmt: skip
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.8, 0.95])
def test_a_file_that_is_cut_is_refused_and_never_filled(kind: str, share: float) -> None:
    data = noisy_files()[kind]
    decode(data)
    with pytest.raises(RadiographError):
        decode(data[: int(len(data) * share)])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_a_cut_jpeg_is_said_to_be_cut() -> None:
    data = noisy_files()["jpeg"]
    with pytest.raises(RadiographError, match="cut short"):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_stream_inside_a_whole_dicom_is_refused(share: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
    streams = {
        JPEGBaseline8Bit: encoded(Image.fromarray(noise), "JPEG"),
        JPEG2000Lossless: encoded(Image.fromarray(noise), "JPEG2000", no_jp2=True),
        JPEGLosslessSV1: lossless_jpeg(noise, 8),
        RLELossless: get_frame(pydicom.dcmread(io.BytesIO(dicom_file(noise, syntax=RLELossless))).PixelData, 0),
    }
    for syntax, code in streams.items():
        decode(encapsulated(noise, code, syntax))
        with pytest.raises(RadiographError, match=r"cut short|damaged"):
            decode(encapsulated(noise, code[: int(len(code) * share)], syntax))


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_600, 10_001, 13_000, 14_000, 60_000])
def test_a_bomb_is_refused_from_its_header_without_a_warning(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_load(self: ImageFile.ImageFile) -> None:
        raise AssertionError(f"pixels of {self.size} were decoded")

    limit = Image.MAX_IMAGE_PIXELS
    if side > 10_000:
        monkeypatch.setattr(ImageFile.ImageFile, "load", no_load)
    # 9 600 squared is under our limit and over the one at which Pillow warns.
    expected = "cut short|damaged" if side < 10_000 else "at most 100 megapixels"
    with pytest.raises(RadiographError, match=expected):
        decode(png_header(side, side))
    assert limit == Image.MAX_IMAGE_PIXELS


def test_a_jpeg_and_a_tiff_bomb() -> None:
    jpeg = bytearray(encoded(Image.fromarray(scan()), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    tiff = raw_tiff(scan(), photometric=1).replace(
        struct.pack("<HHII", 256, 4, 1, WIDTH), struct.pack("<HHII", 256, 4, 1, 2**30)
    )
    for data in (bytes(jpeg), tiff):
        with pytest.raises(UnusableRadiographError, match="at most 100 megapixels"):
            decode(data)


@pytest.mark.parametrize(("width", "height"), [(63, 200), (200, 63), (1, 1)])
def test_a_side_under_64_pixels_is_refused(width: int, height: int) -> None:
    image = Image.fromarray(scan()).resize((width, height))
    with pytest.raises(UnusableRadiographError, match=f"{width} x {height} pixels"):
        decode(encoded(image, "PNG"))


def test_64_pixels_are_enough() -> None:
    assert decode(encoded(Image.fromarray(scan(64, 64)), "PNG")).pixels.shape == (64, 64)


def test_animations_and_pages_are_refused() -> None:
    first, second = Image.fromarray(scan()), Image.fromarray(scan()[::-1])
    for data in (
        encoded(first, "PNG", save_all=True, append_images=[second]),
        encoded(first, "TIFF", save_all=True, append_images=[second]),
        encoded(first, "MPO", save_all=True, append_images=[second]),
    ):
        with pytest.raises(UnusableRadiographError, match="several frames or pages"):
            decode(data)


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("scan.jpeg", "no")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"patient,finding\n1,normal\n", "a text file"),
        ("Grüße aus der Röntgenabteilung\n".encode() * 100, "a text file"),
        (zip_bytes(), "a zip archive"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"<?xml version='1.0'?><svg/>", "an XML or SVG document"),
        (encoded(Image.fromarray(scan()), "GIF"), "a GIF image"),
        (encoded(Image.fromarray(scan()), "BMP"), "a BMP image"),
        (encoded(Image.fromarray(scan()), "WEBP"), "a WebP image"),
        (encoded(Image.fromarray(scan()), "JPEG2000"), "a JPEG 2000 image outside DICOM"),
        (bytes(500), "a file of zero bytes"),
        (b"\x17\x90\xfe" * 100, "no image that is known here"),
        (b"\x00", "a file of zero bytes"),
    ],
)
def test_other_content_is_named_whatever_the_file_is_called(data: bytes, said: str) -> None:
    with pytest.raises(RadiographError, match=f"Cannot read scan.png: it looks like {said}"):
        decode(data, name="scan.png")


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_images_are_refused(grey: int, format_: str) -> None:
    with pytest.raises(UnusableRadiographError, match="blank"):
        decode(encoded(Image.new("L", (100, 100), grey), format_))


def test_blank_with_a_marker_a_little_noise_or_two_tones_is_refused() -> None:
    marker = np.zeros((200, 200), np.uint8)
    marker[:10, :30] = np.linspace(0, 255, 30)
    noise = np.random.default_rng(0).integers(100, 103, (200, 200), dtype=np.uint8)
    deep = np.full((100, 100), 7, "<u2")
    for data in (
        encoded(Image.fromarray(marker), "PNG"),
        encoded(Image.fromarray(noise), "PNG"),
        encoded(Image.fromarray(np.where(scan() > 90, 255, 0).astype(np.uint8)), "PNG"),
        encoded(deep_tiff_image(deep), "TIFF"),
        encoded(Image.new("RGBA", (100, 100), (200, 200, 200, 0)), "PNG"),
    ):
        with pytest.raises(UnusableRadiographError, match="blank"):
            decode(data)


def test_low_contrast_and_wide_borders_are_no_reason_to_refuse() -> None:
    flat = (120 + scan() // 25).astype(np.uint8)
    bordered = np.zeros((300, 300), np.uint8)
    bordered[100:172, 100:196] = scan()
    for pixels in (flat, bordered):
        np.testing.assert_array_equal(decode(encoded(Image.fromarray(pixels), "PNG")).pixels, pixels)


def test_messages_say_what_was_expected_and_how_to_mend_it() -> None:
    for data in (
        b"",
        b"hello",
        encoded(Image.fromarray(scan()), "PNG")[:200],
        encoded(Image.new("L", (99, 99)), "PNG"),
    ):
        with pytest.raises(RadiographError, match=r"^Cannot (read|use) a\.png: .+\. [A-Z].+\.$"):
            decode(data, name="a.png")


def test_a_decoder_that_fails_in_an_unexpected_way_becomes_a_radiograph_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(RadiographError, match="memory"):
        decode(encoded(Image.fromarray(scan()), "JPEG"))


def test_pillow_warnings_do_not_reach_the_caller() -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    data = encoded(Image.fromarray(scan()), "TIFF", exif=exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # A tag whose type and count contradict each other.
        damaged = data.replace(struct.pack("<HHI", 277, 3, 1), struct.pack("<HHI", 277, 3, 2))
        with contextlib.suppress(RadiographError):
            decode(damaged)
    assert caught == []


# ----------------------------------------------------------------------------------------------------- files


def test_read_looks_at_the_content_and_not_at_the_name(tmp_path: Path) -> None:
    for name, format_ in (("plain", "PNG"), ("wrong.png", "JPEG"), ("röntgen bild.dcm", "TIFF")):
        path = tmp_path / name
        path.write_bytes(encoded(Image.fromarray(scan()), format_))
        assert read(path).format == format_


def test_read_refuses_what_is_not_a_readable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RadiographError, match="no such file"):
        read(tmp_path / "missing.png")
    with pytest.raises(RadiographError, match="not a regular file"):
        read(tmp_path)
    with pytest.raises(RadiographError, match=r"path is not valid|no such file"):
        read(tmp_path / "nul\0.png")
    path = tmp_path / "scan.png"
    path.write_bytes(b"1234")
    monkeypatch.setattr(radiograph_package, "MAX_FILE_BYTES", 3)
    with pytest.raises(RadiographError, match="4 bytes"):
        read(path)
    monkeypatch.undo()

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(RadiographError, match="Permission denied"):
        read(path)


# ----------------------------------------------------------------------------------------------------- DICOM


def dataset_of(values: npt.NDArray[Any], syntax: UID, **elements: Any) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.PatientName = "Secret^Person"
    dataset.PatientID = "ID-4711"
    dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.SamplesPerPixel = 3 if values.ndim == 3 else 1
    if values.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def written(dataset: Dataset, *, preamble: bool = True) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=preamble)
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


TWELVE_BITS = {"BitsStored": 12, "HighBit": 11}


def deep_scan() -> npt.NDArray[np.uint16]:
    return scan().astype(np.uint16) * 16


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian,
        RLELossless, JPEG2000Lossless,
    ],
)  # fmt: skip
def test_dicom_in_every_syntax_that_can_be_written_here(syntax: UID) -> None:
    result = decode(dicom_file(scan(), syntax=syntax))
    assert result.format == "DICOM"
    np.testing.assert_array_equal(result.pixels, scan())
    deep = decode(dicom_file(deep_scan(), syntax=syntax, **TWELVE_BITS))
    np.testing.assert_array_equal(deep.pixels, scan())


def test_dicom_with_a_baseline_jpeg_equals_the_jpeg() -> None:
    code = encoded(Image.fromarray(scan()), "JPEG", quality=95)
    result = decode(encapsulated(scan(), code, JPEGBaseline8Bit))
    np.testing.assert_allclose(result.pixels.astype(int), decode(code).pixels, atol=2)


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


def test_dicom_with_a_lossless_jpeg() -> None:
    data = encapsulated(deep_scan(), lossless_jpeg(deep_scan(), 12), JPEGLosslessSV1, **TWELVE_BITS)
    np.testing.assert_array_equal(decode(data).pixels, scan())


@pytest.mark.parametrize(
    ("packaged", "reference"),
    [
        ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
        ("MR_small_RLE.dcm", "MR_small.dcm"),
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
    ],
)
def test_compressed_files_that_pydicom_carries(packaged: str, reference: str) -> None:
    one, other = (decode(Path(local(name)).read_bytes()) for name in (packaged, reference))
    np.testing.assert_array_equal(one.pixels, other.pixels)


def test_a_twelve_bit_extended_jpeg_that_pydicom_carries() -> None:
    # The same scintigram, compressed with loss in two ways.
    one, other = (decode(Path(local(name)).read_bytes()) for name in ("JPGExtended.dcm", "JPEG2000.dcm"))
    assert one.pixels.shape == (1024, 256)
    assert np.corrcoef(one.pixels.ravel(), other.pixels.ravel())[0, 1] > 0.95


def local(name: str) -> str:
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str), f"{name} is not in the pydicom package"
    return path


def test_dicom_without_preamble_or_meta_information_is_recognised() -> None:
    whole = dicom_file(deep_scan(), **TWELVE_BITS)
    for data in (whole[128:], whole[132:]):
        np.testing.assert_array_equal(decode(data).pixels, scan())
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian):
        bare = bare_dataset(dicom_file(deep_scan(), syntax=syntax, **TWELVE_BITS))
        np.testing.assert_array_equal(decode(bare).pixels, scan())


def bare_dataset(data: bytes) -> bytes:
    (length,) = struct.unpack_from("<I", data, 140)
    return data[144 + length :]


def test_a_dicom_whose_preamble_is_a_tiff_header_is_dicom() -> None:
    data = b"II*\x00" + dicom_file(scan())[4:]
    assert decode(data).format == "DICOM"


def test_monochrome1_is_inverted() -> None:
    inverted = decode(dicom_file(255 - scan(), PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(inverted.pixels, scan())
    deep = decode(dicom_file(4095 - deep_scan(), PhotometricInterpretation="MONOCHROME1", **TWELVE_BITS))
    np.testing.assert_array_equal(deep.pixels, scan())


def test_signed_values_and_rescale() -> None:
    signed = deep_scan().astype(np.int16) - 1000
    data = dicom_file(signed, RescaleSlope="2", RescaleIntercept="-5", RescaleType="US")
    np.testing.assert_array_equal(decode(data).pixels, scan())


def test_eight_bits_rescaled_to_fractions_are_not_blank() -> None:
    data = dicom_file(scan(), RescaleSlope="0.003", RescaleIntercept="0")
    np.testing.assert_array_equal(decode(data).pixels, scan())


def test_an_empty_rescale_is_none() -> None:
    data = dicom_file(deep_scan(), RescaleSlope=None, RescaleIntercept=None, **TWELVE_BITS)
    np.testing.assert_array_equal(decode(data).pixels, scan())


def windowed(centre: float, width: float) -> Grey:
    """PS3.3 C.11.2.1.2.1 on the twelve-bit scan."""
    line = ((deep_scan().astype(float) - (centre - 0.5)) / (width - 1) + 0.5) * 4095
    return stretched(np.clip(line, 0, 4095))


def test_the_first_window_is_applied() -> None:
    one = decode(dicom_file(deep_scan(), WindowCenter="2000", WindowWidth="1500", **TWELVE_BITS))
    np.testing.assert_allclose(one.pixels.astype(int), windowed(2000, 1500), atol=1)
    several = decode(dicom_file(deep_scan(), WindowCenter=["2000", "9"], WindowWidth=["1500", "9"], **TWELVE_BITS))
    np.testing.assert_array_equal(several.pixels, one.pixels)


def test_the_window_comes_after_the_rescale() -> None:
    data = dicom_file(
        deep_scan(),
        RescaleSlope="2",
        RescaleIntercept="100",
        WindowCenter="4100",
        WindowWidth="3000",
        **TWELVE_BITS,
    )
    np.testing.assert_allclose(decode(data).pixels.astype(int), windowed(2000, 1500), atol=2)


def test_a_window_after_a_negative_slope_is_not_upside_down() -> None:
    data = dicom_file(
        4095 - deep_scan(),
        RescaleSlope="-1",
        RescaleIntercept="4095",
        WindowCenter="2048",
        WindowWidth="4096",
        **TWELVE_BITS,
    )
    np.testing.assert_allclose(decode(data).pixels.astype(int), scan(), atol=1)


@pytest.mark.parametrize(("centre", "width"), [("100", "0"), ("100", "-5"), ("", "100"), ("100", ""), (["", "3"], "4")])
def test_a_window_that_makes_no_sense_is_ignored(centre: Any, width: Any) -> None:
    data = dicom_file(deep_scan(), WindowCenter=centre, WindowWidth=width, **TWELVE_BITS)
    np.testing.assert_array_equal(decode(data).pixels, scan())


def test_a_window_that_shows_nothing_is_blank() -> None:
    with pytest.raises(UnusableRadiographError, match="window"):
        decode(dicom_file(deep_scan(), WindowCenter="60000", WindowWidth="100", **TWELVE_BITS))


def lut(entries: npt.NDArray[Any], bits: int) -> Sequence:
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, 0, bits]
    item.LUTData = entries.astype(int).tolist()
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    return Sequence([item])


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_voi_lut_is_applied_and_preferred_to_a_window(bits: int, syntax: UID) -> None:
    table = np.sqrt(np.arange(4096) / 4095) * (2**bits - 1)
    data = dicom_file(
        deep_scan(),
        syntax=syntax,
        VOILUTSequence=lut(table, bits),
        WindowCenter="1",
        WindowWidth="2",
        **TWELVE_BITS,
    )
    np.testing.assert_allclose(decode(data).pixels.astype(int), stretched(table.astype(int)[deep_scan()]), atol=1)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_modality_lut_is_applied(bits: int) -> None:
    table = np.sqrt(np.arange(4096) / 4095) * (2**bits - 1)
    deep = dicom_file(deep_scan(), ModalityLUTSequence=lut(table, bits), **TWELVE_BITS)
    np.testing.assert_allclose(decode(deep).pixels.astype(int), stretched(table.astype(int)[deep_scan()]), atol=1)
    shallow = dicom_file(scan(), ModalityLUTSequence=lut(table, bits))
    np.testing.assert_allclose(decode(shallow).pixels.astype(int), stretched(table.astype(int)[scan()]), atol=1)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_and_does_not_squeeze_the_rest(photometric: str) -> None:
    values = deep_scan() if photometric == "MONOCHROME2" else 4080 - deep_scan()
    values[50:] = 60000
    data = dicom_file(values, PixelPaddingValue=60000, PhotometricInterpretation=photometric)
    pixels = decode(data).pixels
    assert (pixels[50:] == 0).all()
    np.testing.assert_array_equal(pixels[:50], stretched(scan()[:50]))
    ranged = dicom_file(
        values, PixelPaddingValue=50000, PixelPaddingRangeLimit=65535, PhotometricInterpretation=photometric
    )
    np.testing.assert_array_equal(decode(ranged).pixels, pixels)


def test_colour_dicom_becomes_luma() -> None:
    np.testing.assert_array_equal(decode(dicom_file(np.dstack([scan()] * 3))).pixels, scan())
    deep = decode(dicom_file(np.dstack([deep_scan()] * 3)))
    np.testing.assert_array_equal(deep.pixels, scan())
    code = encoded(Image.fromarray(scan()).convert("RGB"), "JPEG", quality=95)
    ybr = encapsulated(np.dstack([scan()] * 3), code, JPEGBaseline8Bit, PhotometricInterpretation="YBR_FULL_422")
    np.testing.assert_allclose(decode(ybr).pixels.astype(int), decode(code).pixels, atol=2)


def test_palette_dicom_and_unknown_photometric() -> None:
    palette = decode(Path(local("examples_palette.dcm")).read_bytes())
    assert palette.pixels.shape == (350, 800)
    with pytest.raises(RadiographError, match="neither MONOCHROME1"):
        decode(dicom_file(scan(), PhotometricInterpretation="SECRET"))


def test_pixel_spacing() -> None:
    both = dicom_file(scan(), PixelSpacing=["0.14", "0.15"], ImagerPixelSpacing=["0.2", "0.2"])
    assert decode(both).pixel_spacing_mm == (0.14, 0.15)
    assert decode(dicom_file(scan(), ImagerPixelSpacing=["0.2", "0.3"])).pixel_spacing_mm == (0.2, 0.3)
    assert decode(dicom_file(scan(), PixelSpacing=["0", "0.3"])).pixel_spacing_mm is None
    assert decode(dicom_file(scan(), PixelSpacing=None)).pixel_spacing_mm is None


def test_several_dicom_frames_are_refused() -> None:
    frames = np.concatenate([scan(), scan()])
    with pytest.raises(UnusableRadiographError, match="several frames"):
        decode(dicom_file(frames, Rows=HEIGHT, NumberOfFrames="2"))
    with pytest.raises(UnusableRadiographError, match="several frames"):
        decode(Path(local("SC_rgb_rle_2frame.dcm")).read_bytes())


def test_one_bit_dicom_is_refused() -> None:
    with pytest.raises(UnusableRadiographError, match="one bit"):
        decode(dicom_file(scan(), BitsAllocated=1, BitsStored=1, HighBit=0))


def test_dicom_without_an_image_is_refused() -> None:
    with pytest.raises(RadiographError, match="no pixel data"):
        decode(written(dataset_of(scan(), ExplicitVRLittleEndian)))
    for name in ("test-SR.dcm", "rtplan.dcm", "waveform_ecg.dcm"):
        with pytest.raises(RadiographError, match="no pixel data"):
            decode(Path(local(name)).read_bytes())


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEG2000Lossless])
def test_a_dicom_bomb_is_refused_before_its_pixels_are_decoded(syntax: UID, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_decoding(_: Dataset) -> None:
        raise AssertionError("the pixels were decoded")

    monkeypatch.setattr(dicom, "pixel_array", no_decoding)
    jpeg = bytearray(encoded(Image.fromarray(scan()), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    j2k = bytearray(encoded(Image.fromarray(scan()), "JPEG2000"))
    size = j2k.index(b"\xff\x4f\xff\x51") + 8
    j2k[size : size + 8] = struct.pack(">II", 40_000, 40_000)
    data = {
        ExplicitVRLittleEndian: dicom_file(scan(), Rows=60_000, Columns=60_000),
        JPEGBaseline8Bit: encapsulated(scan(), bytes(jpeg), JPEGBaseline8Bit),
        JPEG2000Lossless: encapsulated(scan(), bytes(j2k), JPEG2000Lossless),
    }[syntax]
    with pytest.raises(UnusableRadiographError, match="at most 100 megapixels"):
        decode(data)


def test_a_deflated_dicom_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dicom_file(scan(), syntax=DeflatedExplicitVRLittleEndian)
    monkeypatch.setattr(dicom, "_MAX_INFLATED_BYTES", 1000)
    with pytest.raises(UnusableRadiographError, match="once unpacked"):
        decode(data)
    with pytest.raises(UnusableRadiographError, match="once unpacked"):
        decode(data[132:])


@pytest.mark.filterwarnings("default")
def test_nothing_about_the_patient_is_said_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dataset = dataset_of(scan(), ExplicitVRLittleEndian, WindowCenter="5", WindowWidth="0")
    dataset.PixelData = scan().tobytes()[:-7]
    with pytest.raises(RadiographError) as caught, warnings.catch_warnings(record=True) as warned:
        decode(written(dataset), name="a.dcm")
    # Values that pydicom finds invalid, and would quote.
    broken = dicom_file(scan()).replace(b"1.2.3.4\x00", b"Secret^1").replace(b"ID-4711", b"\xff\xfe4711\x00")
    decode(broken, name="b.dcm")
    said = f"{caught.value} {caplog.text} {[str(item.message) for item in warned]}"
    for secret in ("Secret", "Person", "4711"):
        assert secret not in said
    assert caught.value.__suppress_context__


def test_decoders_are_as_before_afterwards() -> None:
    level = logging.getLogger("pydicom").level
    filters = list(warnings.filters)
    decode(dicom_file(scan()))
    assert logging.getLogger("pydicom").level == level
    assert list(warnings.filters) == filters
    assert not checks._DECODER_LOCK.locked()


def test_the_versions_of_the_libraries_are_those_that_were_tried() -> None:
    assert int(pydicom.__version__.split(".")[0]) >= 3
    assert TiffImagePlugin.PHOTOMETRIC_INTERPRETATION == 262
