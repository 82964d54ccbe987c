"""Tell what a file is from its first bytes."""

from __future__ import annotations

import codecs
import struct

from model.errors import RadiographError

_ACCEPTED = "Expected an image: DICOM, PNG, JPEG or TIFF. Export the radiograph as DICOM, or save it as PNG or JPEG."

_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),  # BigTIFF
    (b"MM\x00+", "TIFF"),
    (b"BM", "BMP"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_CONTAINERS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WEBPVP8", "WEBP"),
    (4, b"ftypavif", "AVIF"),
    *((4, b"ftyp" + brand, "HEIF") for brand in (b"heic", b"heix", b"heim", b"heis", b"mif1")),
)
"""Formats whose name stands behind a length."""

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a zip archive (or an office document)"),
    (0, b"PK\x05\x06", "an empty zip archive"),
    (0, b"GIF8", "a GIF image"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (4, b"ftypavis", "an animation"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (344, b"n+1\x00", "a NIfTI volume"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"8BPS", "a Photoshop document"),
)

_FIRST_VRS = frozenset(b"AE AS CS DA DS DT IS LO LT OB OW PN SH SQ ST TM UC UI UL UN UR US UT".split())
_FIRST_GROUPS = (0x0002, 0x0008)
_LAST_FIRST_ELEMENT = 0x0070
_LONGEST_FIRST_VALUE = 0x400
_TEXT_SAMPLE = 1024


def identify(data: bytes, *, name: str) -> str:
    """Name the format of an image file from its content.

    Returns:
        "DICOM", or the name that Pillow has for the format, such as "JPEG".

    Raises:
        RadiographError: The file is empty or something else; the message says what, where that is known.
    """
    if not data:
        raise RadiographError(
            f"Cannot read {name}: it is empty (0 bytes); the export or copy may have failed. Export it again."
        )
    # DICOM first: the 128 bytes before "DICM" are free, and some writers put a TIFF header there.
    if is_dicom(data):
        return "DICOM"
    for offset, magic, format_ in (*((0, *one) for one in _IMAGES), *_CONTAINERS):
        if data.startswith(magic, offset):
            return format_
    raise RadiographError(f"Cannot read {name}: it looks like {_describe(data)}. {_ACCEPTED}")


def is_dicom(data: bytes) -> bool:
    """Whether the bytes are a DICOM file: with preamble, without, or without any file meta information.

    Without "DICM" the first data element must be one that DICOM data sets begin with: group 0002 or 0008 and
    either an explicit value representation or, implicit, a short value of even length.
    """
    if data[128:132] == b"DICM" or data[:4] == b"DICM":
        return True
    if len(data) < struct.calcsize("<HHI"):
        return False
    for order in "<>":
        group, element = struct.unpack_from(f"{order}HH", data)
        if group not in _FIRST_GROUPS or element > _LAST_FIRST_ELEMENT:
            continue
        if data[4:6] in _FIRST_VRS:
            return True
        (length,) = struct.unpack_from("<I", data, 4)
        if order == "<" and 0 < length <= _LONGEST_FIRST_VALUE and length % 2 == 0:
            return True
    return False


def _describe(data: bytes) -> str:
    for offset, magic, description in _OTHERS:
        if data.startswith(magic, offset):
            return description
    if not any(data[:_TEXT_SAMPLE]):
        return "a file of zero bytes, as a failed copy leaves it"
    return _describe_text(data[:_TEXT_SAMPLE]) or "no image that is known here"


def _describe_text(sample: bytes) -> str | None:
    # Incremental: the sample may end within a character.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(sample)
    except UnicodeDecodeError:
        return None
    head = text.lstrip().lower()
    if head.startswith(("<!doctype html", "<html")):
        return "a web page"
    if head.startswith(("<?xml", "<svg")):
        return "an XML or SVG document"
    if all(character.isprintable() or character.isspace() for character in text):
        return "a text file"
    return None
