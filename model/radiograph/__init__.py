"""Bytes of a DICOM file or a picture (JPEG, PNG, TIFF and others) -> one validated greyscale radiograph.

The content decides the format; name and extension are ignored. Any bytes give either a `Radiograph` or a
`RadiographError`.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from model.errors import InputRangeError, RadiographError
from model.radiograph.checks import check_dimensions, check_not_blank, too_large
from model.radiograph.signature import identify

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from model.radiograph.context import DicomContext

__all__ = ["Radiograph", "decode", "read"]

MAX_FILE_BYTES = 1024**3
"""Largest file that is read into memory: 100 megapixels of 16-bit RGB take 0.6 GB uncompressed."""

MAX_UNPACKED_BYTES = 256 * 1024**2
"""Largest file that is unpacked from gzip."""

_TWO_DIMENSIONS = 2
_GZIP, _GZIP_WINDOW = b"\x1f\x8b", 16 + zlib.MAX_WBITS


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One greyscale radiograph, upright, in the usual polarity.

    Attributes:
        pixels: uint8 of shape (height, width), 0..255, light = dense (bone); read-only.
        format: What the file was: "DICOM", or Pillow's name of the format, such as "JPEG".
        pixel_spacing_mm: Height and width of a pixel in mm where a DICOM header gives them, otherwise None.
            The resolution tags of other formats describe paper, not the patient, and are not used.
        colourfulness: How much colours vary among places of one lightness, as `checks.colourfulness` measures it; 0
            for files of one channel.
        context: What a DICOM header says of the image; None for other formats, whose headers say nothing of it.
        remarks: What was done to the picture before it is scored, a sentence each.

    Raises:
        InputRangeError: `pixels` is not a non-empty two-dimensional uint8 array.
    """

    pixels: npt.NDArray[np.uint8]
    format: str
    pixel_spacing_mm: tuple[float, float] | None = None
    colourfulness: float = 0.0
    context: DicomContext | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the array and keep a contiguous read-only view of it."""
        pixels = self.pixels
        if pixels.dtype != np.uint8 or pixels.ndim != _TWO_DIMENSIONS or pixels.size == 0:
            raise InputRangeError(
                f"The pixels of a radiograph are {pixels.dtype} of shape {pixels.shape}; expected uint8 of "
                "shape (height, width). Use model.radiograph.decode or read, which return them so."
            )
        view = np.ascontiguousarray(pixels).view()
        view.setflags(write=False)
        object.__setattr__(self, "pixels", view)

    @property
    def pixel_sha256(self) -> str:
        """SHA-256 of the shape and the pixels, in hexadecimal: equal for one picture in two formats."""
        height, width = self.pixels.shape
        digest = hashlib.sha256(f"{height}x{width}:".encode())
        digest.update(self.pixels.data)
        return digest.hexdigest()


def decode(data: bytes, *, name: str = "the file") -> Radiograph:
    """Turn the bytes of an image file into a radiograph.

    Pictures may be grey, with alpha, RGB, RGBA, with a palette or CMYK; the EXIF rotation is applied and transparent
    parts become black (nothing there). Colours become the luma of ITU-R BT.601, which returns the channel itself where
    the three are equal. Eight-bit grey values stay as they are; deeper ones are stretched from their darkest..lightest
    to 0..255, see `checks.stretch_to_8_bit`. A DICOM image passes its modality LUT and its first VOI LUT or window. A
    file packed by gzip is unpacked.

    Returns:
        The radiograph, at its full size.

    Raises:
        UnusableRadiographError: The image is sound but cannot be scored: a side under 64 pixels, more than
            100 megapixels (known from the header, before any pixel is decoded), several frames, blank, or one
            bit deep.
        RadiographError: The bytes are empty, cut short, damaged or no image of a known format.
    """
    if data.startswith(_GZIP):
        data = _unpacked(data, name=name)
    format_ = identify(data, name=name)
    spacing, colourfulness, context = None, 0.0, None
    if format_ == "DICOM":
        # Imported here, since training reads JPEGs where pydicom is missing.
        from model.radiograph.dicom import decode_dicom, read_context

        decoded = decode_dicom(data, name=name)
        pixels, spacing, colourfulness = decoded.pixels, decoded.spacing, decoded.colour
        context = replace(read_context(data), repairs=decoded.remarks)
    else:
        from model.radiograph.raster import decode_raster

        pixels, colourfulness = decode_raster(data, format_, name=name)
    # Again on what was decoded: a header may lie.
    check_dimensions(width=pixels.shape[1], height=pixels.shape[0], name=name)
    check_not_blank(pixels, name=name)
    return Radiograph(pixels, format_, spacing, colourfulness, context)


def _unpacked(data: bytes, *, name: str) -> bytes:
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = unpacking.decompress(data, MAX_UNPACKED_BYTES + 1)
    except zlib.error:
        content = b""
    if len(content) > MAX_UNPACKED_BYTES:
        raise too_large(name, f"over {MAX_UNPACKED_BYTES // 1_000_000} MB once unpacked")
    if not unpacking.eof:
        raise RadiographError(f"Cannot read {name}: this gzip file is damaged or cut short. Copy or pack it again.")
    return content


def read(path: Path) -> Radiograph:
    """Read a file and decode it.

    Returns:
        The radiograph, as `decode` returns it.

    Raises:
        UnusableRadiographError: As for `decode`.
        RadiographError: As for `decode`; also for a file that is missing, not a regular file, unreadable or
            larger than `MAX_FILE_BYTES`.
    """
    name = path.name
    try:
        if not path.exists():
            raise RadiographError(f"Cannot read {name}: there is no such file. Check the path.")
        if path.is_dir():
            raise RadiographError(
                f"Cannot read {name}: this folder cannot be listed. Check that this user may read it."
            )
        if not path.is_file():
            # A pipe or a device might block or never end.
            raise RadiographError(f"Cannot read {name}: it is not a regular file. Give the path of an image file.")
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            raise RadiographError(
                f"Cannot read {name}: it has {size:,} bytes, and at most {MAX_FILE_BYTES:,} are read. "
                "Export the radiograph as a single image."
            )
        data = path.read_bytes()
    except (OSError, ValueError) as exc:  # ValueError: a path with a NUL character
        reason = getattr(exc, "strerror", None) or "the path is not valid"
        raise RadiographError(
            f"Cannot read {name}: {reason}. Check the path and that this user may read the file."
        ) from exc
    return decode(data, name=name)
