"""Look at a compressed image in a DICOM file before a decoder does: JPEG, JPEG-LS or JPEG 2000."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from model.errors import RadiographError
from model.radiograph.checks import check_dimensions

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER = 0xFF
_END_OF_IMAGE = b"\xff\xd9"
_PADDING_AFTER_STREAM = 64
_START_OF_SCAN = 0xDA
_START_OF_FRAME = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
_BOXES_BEFORE_STREAM = 1024
"""A JPEG 2000 stream may stand in a JP2 file, whose boxes come first."""


def check_stream(code: bytes, *, name: str) -> None:
    """Refuse a compressed image by its own header, or because it ends early; other data pass.

    The decoders allocate by that header and not by the DICOM one, which can say less; and libjpeg fills what
    is missing from a cut stream with grey and no warning. Only a complete stream has an end marker.

    Raises:
        UnusableRadiographError: Too large or too small.
        RadiographError: It is cut short.
    """
    size = _coded_size(code)
    if size is None:
        return
    check_dimensions(width=size[0], height=size[1], name=name)
    if _END_OF_IMAGE not in code.rstrip(b"\0")[-_PADDING_AFTER_STREAM:]:
        raise RadiographError(
            f"Cannot read {name}: the compressed image in this DICOM file is cut short. Expected an "
            "end-of-image marker. Export it again, if need be as uncompressed DICOM."
        )


def mend_scan(code: bytes, pixel_data: bytes) -> bytes:
    """Let the scan of a sequential JPEG end at its last coefficient: some encoders wrote 0, which decoders refuse.

    Args:
        code: the stream.
        pixel_data: the element that holds it.

    Returns:
        The element, mended.
    """
    scans = [at for marker, at in _segments(code) if marker == _START_OF_SCAN]
    if not scans:
        return pixel_data
    (length,) = struct.unpack_from(">H", code, scans[0])
    end = scans[0] + length - 2  # Se, the second byte from the end of the segment
    if code[end - 1 : end + 1] != b"\0\0":
        return pixel_data
    header = code[scans[0] - 2 : end + 1]
    return pixel_data.replace(header, header[:-1] + b"\x3f", 1)


def _coded_size(code: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG, JPEG-LS or JPEG 2000 stream declares; None for other data."""
    begin = code.find(b"\xff\x4f\xff\x51")
    if 0 <= begin <= _BOXES_BEFORE_STREAM:
        right, bottom, left, top = struct.unpack_from(">4I", code, begin + 8)
        return max(right - left, 0), max(bottom - top, 0)
    for marker, at in _segments(code):
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", code, at + 3)
            return width, height
    return None


def _segments(code: bytes) -> Iterator[tuple[int, int]]:
    """Markers of a JPEG or JPEG-LS stream up to its first scan, and where their segments' lengths stand."""
    position = 2 if code.startswith(b"\xff\xd8") else len(code)
    while position + 9 <= len(code) and code[position] == _MARKER:
        marker = code[position + 1]
        if marker == _MARKER:  # fill byte
            position += 1
            continue
        yield marker, position + 2
        if marker == _START_OF_SCAN:
            return
        position += 2 + struct.unpack_from(">H", code, position + 2)[0]
