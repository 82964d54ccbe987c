"""Pictures: every accepted form gives the same greys, everything else a RadiographError that says why."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image, ImageFile
from pydicom import uid

from model import radiograph as radiograph_package
from model.errors import InputRangeError, RadiographError, UnusableRadiographError
from model.radiograph import Radiograph, decode, read
from tests.model.files import HEIGHT, SCAN, WIDTH, dicom_file, encapsulated, encoded, refused, scan, shows

pillow_heif.register_heif_opener()


def test_a_radiograph_is_read_only_and_hashed_by_content() -> None:
    one, same = Radiograph(scan(), "PNG"), decode(encoded(SCAN, "TIFF"))
    with pytest.raises(ValueError, match="read-only"):
        one.pixels[0, 0] = 1
    assert one.pixel_sha256 == same.pixel_sha256 != Radiograph(SCAN.reshape(WIDTH, HEIGHT), "PNG").pixel_sha256
    assert len(one.pixel_sha256) == 64


@pytest.mark.parametrize(
    "pixels", [np.zeros((2, 2), np.float32), np.zeros((2, 2, 3), np.uint8), np.zeros((0, 2), np.uint8)]
)
def test_a_radiograph_of_another_shape_or_type_is_refused(pixels: Any) -> None:
    with pytest.raises(InputRangeError, match="expected uint8"):
        Radiograph(pixels, "PNG")


def deep(values: npt.NDArray[Any]) -> Image.Image:
    mode = {"<u2": "I;16", ">u2": "I;16B", "<i4": "I", "<f4": "F"}[values.dtype.str]
    return Image.frombytes(mode, (values.shape[1], values.shape[0]), values.tobytes())


def with_opencv(suffix: str, values: npt.NDArray[Any]) -> bytes:
    """What OpenCV writes; Pillow has no 16-bit colour."""
    done, file = cv2.imencode(suffix, values)
    assert done
    return bytes(file.tobytes())


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


def forms() -> dict[str, tuple[bytes, npt.NDArray[Any]]]:
    """Files by format and kind, with the greys that they show."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    red = np.dstack([SCAN, np.zeros((HEIGHT, WIDTH, 2), np.uint8)])
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[40:, 60:] = 0
    palette = Image.fromarray(SCAN).convert("P")
    palette.putpalette([255 - grey for grey in range(256) for _ in range(3)])
    ink = np.dstack([np.zeros((HEIGHT, WIDTH, 3), np.uint8), 255 - SCAN])
    flat = (120 + SCAN // 25).astype(np.uint8)
    bordered = np.zeros((300, 300), np.uint8)
    bordered[100:172, 100:196] = SCAN
    sixteen_bits = encoded(deep(SCAN.astype("<u2") * 257))
    assert sixteen_bits[24] == 16
    twelve = SCAN.astype("<u2") * 16
    hot, boxed = twelve.copy(), twelve.copy()
    hot[5, 5] = boxed[30:38, 40:48] = 65535
    seen = np.full((HEIGHT, WIDTH), 65535, np.uint16)
    jpegs = {
        "JPEG grey": encoded(SCAN, "JPEG", quality=95),
        "JPEG progressive": encoded(SCAN, "JPEG", quality=95, progressive=True),
        "JPEG of three channels": encoded(Image.fromarray(SCAN).convert("RGB"), "JPEG", quality=95),
    }
    stored = {kind: np.asarray(Image.open(io.BytesIO(data))) for kind, data in jpegs.items()}
    return {
        "PNG grey": (encoded(SCAN), SCAN),
        "TIFF grey": (encoded(SCAN, "TIFF"), SCAN),
        "TIFF LZW": (encoded(SCAN, "TIFF", compression="tiff_lzw"), SCAN),
        **{kind: (data, stored[kind].reshape(HEIGHT, WIDTH, -1)[..., 0]) for kind, data in jpegs.items()},
        "PNG of three equal channels": (encoded(np.dstack([ramp] * 3)), ramp),
        "PNG whose colours become luma": (encoded(red), 0.299 * SCAN),
        "PNG grey with transparent parts": (encoded(np.dstack([SCAN, alpha])), np.where(alpha == 0, 0, SCAN)),
        "PNG RGBA": (encoded(np.dstack([SCAN] * 3 + [alpha])), np.where(alpha == 0, 0, SCAN)),
        "PNG palette": (encoded(palette), 255 - SCAN),
        "PNG palette with a hole": (encoded(palette, transparency=0), np.where(SCAN == 0, 0, 255 - SCAN)),
        "PNG of 16 bits": (sixteen_bits, SCAN),
        "PNG of 12 bits, a pixel at full scale": (encoded(deep(hot)), np.where(hot > 5000, 255, SCAN)),
        "PNG of 12 bits, a box at full scale": (encoded(deep(boxed)), np.where(boxed > 5000, 255, SCAN)),
        "PNG of 12 bits in three channels": (with_opencv(".png", np.dstack([twelve] * 3)), SCAN),
        "PNG of 12 bits in three channels and alpha": (with_opencv(".png", np.dstack([twelve] * 3 + [seen])), SCAN),
        "TIFF of 12 bits in three channels": (with_opencv(".tiff", np.dstack([twelve] * 3)), SCAN),
        "TIFF of 32 bits without sign": (raw_tiff(SCAN.astype("<u4") * 2**24, photometric=1), SCAN),
        "TIFF of 8 bits with sign": (raw_tiff((SCAN.astype("i2") - 128).astype("i1"), photometric=1), SCAN),
        "WEBP without loss": (encoded(SCAN, "WEBP", lossless=True), SCAN),
        "BMP": (encoded(SCAN, "BMP"), SCAN),
        "JPEG2000": (encoded(SCAN, "JPEG2000"), SCAN),
        "JPEG2000 of 12 bits": (encoded(deep(twelve), "JPEG2000"), SCAN),
        "AVIF without loss": (encoded(SCAN, "AVIF", quality=100), SCAN),
        "HEIF without loss": (encoded(np.dstack([SCAN] * 3), "HEIF", quality=-1), SCAN),
        "PNG packed by gzip": (gzip.compress(encoded(SCAN)), SCAN),
        "PNG of low contrast": (encoded(flat), flat),
        "PNG with wide borders": (encoded(bordered), bordered),
        "PNG of 64 pixels a side": (encoded(scan(64, 64)), scan(64, 64)),
        "TIFF CMYK": (encoded(Image.fromarray(ink, mode="CMYK"), "TIFF"), SCAN),
        **{f"TIFF {t}": (encoded(deep(SCAN.astype(t) * 12 + 500), "TIFF"), SCAN) for t in ("<u2", ">u2", "<i4", "<f4")},
        **{
            f"TIFF MinIsWhite {t}": (raw_tiff((255 - SCAN).astype(t), photometric=0), SCAN)
            for t in ("u1", "<u2", "<f4")
        },
    }


FORMS = forms()


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_gives_the_greys_that_it_shows(kind: str) -> None:
    data, expected = FORMS[kind]
    result = decode(data)
    assert (result.format, result.pixel_spacing_mm, result.context) == (kind.split(maxsplit=1)[0], None, None)
    shows(data, expected, within=1 if "luma" in kind else 0)


def test_cmyk_jpeg_as_adobe_writes_it_is_not_a_negative() -> None:
    ink = np.dstack([np.zeros((HEIGHT, WIDTH, 3), np.uint8), 255 - SCAN])  # black ink only
    data = encoded(Image.fromarray(ink, mode="CMYK"), "JPEG", quality=98)
    assert b"Adobe" in data
    shows(data, SCAN, within=40)
    assert np.corrcoef(decode(data).pixels.ravel(), SCAN.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("format_", "options", "within"), [("JPEG", {"quality": 100}, 12), ("PNG", {}, 0), ("TIFF", {}, 0)]
)
def test_the_exif_rotation_is_applied(orientation: int, format_: str, options: dict[str, int], within: int) -> None:
    # What a camera that was held so has stored, by the definition of the tag.
    stored = {
        1: SCAN, 2: SCAN[:, ::-1], 3: SCAN[::-1, ::-1], 4: SCAN[::-1],
        5: SCAN.T, 6: SCAN.T[::-1], 7: SCAN[::-1, ::-1].T, 8: SCAN.T[:, ::-1],
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    shows(encoded(np.ascontiguousarray(stored), format_, exif=exif, **options), SCAN, within=within)


NOISE = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
NOISY = {
    "jpeg": encoded(NOISE, "JPEG"),
    "progressive jpeg": encoded(NOISE, "JPEG", progressive=True),
    "rgb jpeg": encoded(np.dstack([NOISE] * 3), "JPEG"),
    "png": encoded(NOISE),
    "tiff": encoded(NOISE, "TIFF"),
    "lzw tiff": encoded(NOISE, "TIFF", compression="tiff_lzw"),
    "jpeg tiff": encoded(NOISE, "TIFF", compression="jpeg"),
    "dicom": dicom_file(NOISE),
    "implicit dicom": dicom_file(NOISE, syntax=uid.ImplicitVRLittleEndian),
    "deflated dicom": dicom_file(NOISE, syntax=uid.DeflatedExplicitVRLittleEndian),
    "rle dicom": dicom_file(NOISE, syntax=uid.RLELossless),
    "j2k dicom": dicom_file(NOISE, syntax=uid.JPEG2000Lossless),
    "jpeg dicom": encapsulated(NOISE, encoded(NOISE, "JPEG"), uid.JPEGBaseline8Bit),
}
"""Valid files whose pixel data fill most of their length."""


@pytest.mark.parametrize("kind", NOISY)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.8, 0.95])
def test_a_file_that_is_cut_is_refused_and_never_filled(kind: str, share: float) -> None:
    data = NOISY[kind]
    decode(data)
    refused(data[: int(len(data) * share)], "cut short" if (kind, share) == ("jpeg", 0.5) else "")
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_001, 13_000, 14_000, 60_000])
def test_a_bomb_is_refused_from_its_header_without_a_warning(side: int) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    with patch.object(ImageFile.ImageFile, "load", side_effect=AssertionError("pixels were decoded")):
        refused(png_header(side, side), "100 megapixels", UnusableRadiographError)
    assert limit == Image.MAX_IMAGE_PIXELS
    refused(png_header(9_600, 9_600), "cut short|damaged")  # a size that only Pillow warns of


def unusable() -> list[tuple[str, bytes]]:
    """What the error says of a sound picture that cannot be scored, and the picture."""
    jpeg = bytearray(encoded(SCAN, "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    width, huge = (struct.pack("<HHII", 256, 4, 1, value) for value in (WIDTH, 2**30))
    marker = np.zeros((200, 200), np.uint8)
    marker[:10, :30] = np.linspace(0, 255, 30)
    noise = np.random.default_rng(0).integers(100, 103, (200, 200), dtype=np.uint8)
    two = {"save_all": True, "append_images": [Image.fromarray(SCAN[::-1])]}
    return [
        ("100 megapixels", bytes(jpeg)),
        ("100 megapixels", raw_tiff(SCAN, photometric=1).replace(width, huge)),
        *((f"{w} x {h} pixels", encoded(Image.new("L", (w, h)))) for w, h in ((63, 200), (200, 63), (1, 1))),
        *(("one bit deep", encoded(SCAN > 100, format_)) for format_ in ("PNG", "TIFF")),
        *(("several frames or pages", encoded(SCAN, format_, **two)) for format_ in ("PNG", "TIFF")),
        *(("blank", encoded(Image.new("L", (100, 100), g), f)) for g in (0, 128, 255) for f in ("PNG", "JPEG")),
        ("blank", encoded(marker)),
        ("blank", encoded(noise)),
        ("blank", encoded(np.where(SCAN > 90, 255, 0).astype(np.uint8))),
        ("blank", encoded(deep(np.full((100, 100), 7, "<u2")), "TIFF")),
        ("blank", encoded(Image.new("RGBA", (100, 100), (200, 200, 200, 0)))),
    ]


@pytest.mark.parametrize(("said", "data"), unusable())
def test_a_sound_picture_that_cannot_be_scored_is_refused(said: str, data: bytes) -> None:
    refused(data, said, UnusableRadiographError)


def test_the_picture_before_or_behind_its_previews_is_read() -> None:
    shown, small = Image.fromarray(SCAN), Image.fromarray(SCAN).resize((48, 36))
    shown.encoderinfo, small.encoderinfo = {"tiffinfo": {254: 0}}, {"tiffinfo": {254: 1}}
    shows(encoded(shown.copy(), "TIFF", save_all=True, append_images=[small]), SCAN)
    shows(encoded(small.copy(), "TIFF", save_all=True, tiffinfo={254: 1}, append_images=[shown]), SCAN)
    shows(encoded(SCAN, "MPO", save_all=True, append_images=[small], quality=100), SCAN, within=3)


PLANES_APART = with_opencv(".tiff", np.dstack([SCAN.astype(np.uint16)] * 3)).replace(
    struct.pack("<HHII", 284, 3, 1, 1), struct.pack("<HHII", 284, 3, 1, 2)
)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked_whole() -> None:
    bomb = gzip.compress(bytes(radiograph_package.MAX_UNPACKED_BYTES + 1), compresslevel=1)
    assert len(bomb) < 3_000_000
    refused(bomb, "once unpacked", UnusableRadiographError)


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("scan.jpeg", "no")
    return buffer.getvalue()


def with_a_number(number: float) -> bytes:
    values = SCAN.astype("<f4")
    values[3, 3] = number
    return encoded(deep(values), "TIFF")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        *((b"", "empty"), (b"\x00", "zero bytes"), (bytes(500), "zero bytes")),
        *((b"patient,finding\n1,normal\n", "text"), ("Grüße aus der Röntgenabteilung\n".encode() * 100, "text")),
        *((zip_bytes(), "zip"), (b"%PDF-1.7\n%\xe2\xe3", "PDF"), (b"<!DOCTYPE html><html></html>", "web page")),
        *((b"<?xml version='1.0'?><svg/>", "XML or SVG"), (b"\x17\x90\xfe" * 100, "no image")),
        *((encoded(SCAN, "GIF"), "GIF"), (gzip.compress(b"text"), "text"), (gzip.compress(bytes(99))[:9], "gzip")),
        (gzip.compress(gzip.compress(b"text")), "gzip"),
        (PLANES_APART, "colours are stored apart"),
        *((with_a_number(np.nan), "NaN or infinite"), (with_a_number(np.inf), "NaN or infinite")),
    ],
)
def test_other_content_is_named_whatever_the_file_is_called(data: bytes, said: str) -> None:
    refused(data, said)


def test_a_decoder_that_fails_in_an_unexpected_way_becomes_a_radiograph_error() -> None:
    with patch.object(ImageFile.ImageFile, "load", side_effect=MemoryError):
        refused(encoded(SCAN, "JPEG"), "memory")


def test_pillow_warnings_do_not_reach_the_caller() -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    data = encoded(SCAN, "TIFF", exif=exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # A tag whose type and count contradict each other.
        damaged = data.replace(struct.pack("<HHI", 277, 3, 1), struct.pack("<HHI", 277, 3, 2))
        with contextlib.suppress(RadiographError):
            decode(damaged)
    assert caught == []


@pytest.mark.parametrize(("name", "format_"), [("plain", "PNG"), ("wrong.png", "JPEG"), ("röntgen bild.dcm", "TIFF")])
def test_read_looks_at_the_content_and_not_at_the_name(tmp_path: Path, name: str, format_: str) -> None:
    (tmp_path / name).write_bytes(encoded(SCAN, format_))
    assert read(tmp_path / name).format == format_


def test_read_refuses_what_is_not_a_readable_file(tmp_path: Path) -> None:
    for name, said in (
        ("missing.png", "no such file"),
        (".", "folder cannot be listed"),
        ("/dev/null", "not a regular"),
        ("nul\0.png", "not valid|no such"),
    ):
        with pytest.raises(RadiographError, match=said):
            read(tmp_path / name)
    path = tmp_path / "scan.png"
    path.write_bytes(b"1234")
    with patch.object(radiograph_package, "MAX_FILE_BYTES", 3), pytest.raises(RadiographError, match="4 bytes"):
        read(path)
    denied = patch.object(Path, "read_bytes", side_effect=PermissionError(13, "Permission denied"))
    with denied, pytest.raises(RadiographError, match="Permission denied"):
        read(path)
