"""Decode JPEG, PNG, TIFF and other pictures with Pillow, and what it would round or misread with OpenCV."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

from model.errors import RadiographError
from model.radiograph.checks import (
    MAX_PIXELS,
    check_dimensions,
    colourfulness,
    one_bit,
    quiet_decoders,
    several_frames,
    stretch_to_8_bit,
    too_large,
)

if TYPE_CHECKING:
    import numpy.typing as npt

_MIN_IS_WHITE = 0
_NEW_SUBFILE_TYPE, _BITS_PER_SAMPLE, _SAMPLES, _PLANAR, _SAMPLE_FORMAT = 254, 258, 277, 284, 339
_UNSIGNED, _SIGNED = 1, 2
_ONE_BYTE = 8
_ORIENTATION = 0x0112
_LUMA = (0.114, 0.587, 0.299)
"""ITU-R BT.601 of blue, green and red, in OpenCV's order."""


def decode_raster(data: bytes, format_: str, *, name: str) -> tuple[npt.NDArray[np.uint8], float]:
    """Decode the one picture of a file.

    Args:
        data: the file.
        format_: Pillow's name of its format, as `identify` gives it.
        name: how messages call the file.

    Returns:
        uint8 of shape (height, width), 0..255, upright, light = dense; and how colourful it was, see `Radiograph`.

    Raises:
        UnusableRadiographError: Too large, too small, several frames or one bit deep.
        RadiographError: The file is cut short, damaged or of a kind that Pillow does not know.
    """
    if format_ == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with quiet_decoders(), Image.open(io.BytesIO(data), formats=(format_,)) as image:
            _check_kind(image, name=name)
            if _is_misread(image, data):
                return _with_opencv(image, data, name=name)
            image.load()
            return _to_grey(ImageOps.exif_transpose(image), inverted=_is_still_inverted(image), name=name)
    except RadiographError:
        raise
    except Image.DecompressionBombError as exc:
        raise too_large(name, f"over {MAX_PIXELS // 1_000_000} megapixels") from exc
    except Exception as exc:  # Pillow's plugins raise a dozen kinds of exceptions on unexpected bytes
        raise RadiographError(
            f"Cannot read {name}: this {format_} file {_what_is_wrong(exc)}. Expected a complete {format_} "
            "image. Copy or export it again, or save it as an 8-bit grey PNG."
        ) from exc


def _is_misread(image: Image.Image, data: bytes) -> bool:
    """Whether Pillow would cut 16-bit colour to 8 bits, or read whole numbers with the wrong sign."""
    if image.format == "PNG":
        return data[24] == 2 * _ONE_BYTE and image.mode not in ("I;16", "I")
    if not isinstance(image, TiffImageFile):
        return False
    bits, kind = max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))), max(image.tag_v2.get(_SAMPLE_FORMAT, (_UNSIGNED,)))
    several = image.tag_v2.get(_SAMPLES, 1) > 1
    return (several and bits > _ONE_BYTE) or (bits, kind) in ((32, _UNSIGNED), (_ONE_BYTE, _SIGNED))


def _with_opencv(image: Image.Image, data: bytes, *, name: str) -> tuple[npt.NDArray[np.uint8], float]:
    if isinstance(image, TiffImageFile) and (image.tag_v2.get(_PLANAR, 1) != 1 or getattr(image, "n_frames", 1) > 1):
        raise RadiographError(
            f"Cannot read {name}: it is a TIFF of more than 8 bits whose colours are stored apart, or with more than "
            "one page; expected one grey image. Save it as a grey PNG or TIFF."
        )
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.shape[:2] != (image.height, image.width):
        raise RadiographError(f"Cannot read {name}: it is damaged or cut short. Export it again, or save it as PNG.")
    colour, planes = 0.0, values.astype(np.float64).reshape(*values.shape[:2], -1)
    grey = planes[..., 0]
    if planes.shape[2] > 1:
        grey = planes[..., :3] @ np.array(_LUMA)
        eight_bits = planes[..., 2::-1] / max(float(planes[..., :3].max()), 1.0) * 255
        colour = colourfulness(Image.fromarray(eight_bits.astype(np.uint8)))
    seen = planes[..., 3] > 0 if planes.shape[2] > 3 else np.ones(grey.shape, dtype=np.bool_)
    eight = np.where(seen, stretch_to_8_bit(grey, name=name, ignored=~seen), np.uint8(0))
    if isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == _MIN_IS_WHITE:
        eight = 255 - eight
    upright = Image.fromarray(eight)
    upright.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    return np.array(ImageOps.exif_transpose(upright), dtype=np.uint8), colour


def _check_kind(image: Image.Image, *, name: str) -> None:
    pages = getattr(image, "n_frames", 1)
    if pages > 1 and image.format != "MPO":  # MPO: a camera's picture with previews behind it
        full = [page for page in range(pages) if not _is_reduced(image, page)]
        if len(full) > 1:
            raise several_frames(name)
        image.seek(full[0] if full else 0)
    check_dimensions(width=image.width, height=image.height, name=name)
    if image.mode == "1":
        raise one_bit(name)


def _is_reduced(image: Image.Image, page: int) -> bool:
    """Whether a page of a TIFF is the thumbnail of another."""
    image.seek(page)
    return isinstance(image, TiffImageFile) and bool(image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & 1)


def _what_is_wrong(exc: Exception) -> str:
    if isinstance(exc, MemoryError):
        return "needs more memory than is free"
    if isinstance(exc, EOFError) or "truncated" in str(exc).lower():
        return "is cut short: its data ends before the last pixel"
    return "is damaged, or of a kind that is not supported"


def _is_still_inverted(image: Image.Image) -> bool:
    """Whether a TIFF counts 0 as white and Pillow left it so: it inverts only up to 8 bits."""
    return (
        isinstance(image, TiffImageFile)
        and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == _MIN_IS_WHITE
        and _is_deep(image)
    )


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _to_grey(image: Image.Image, *, inverted: bool, name: str) -> tuple[npt.NDArray[np.uint8], float]:
    if _is_deep(image):
        grey = stretch_to_8_bit(np.asarray(image), name=name)
        return 255 - grey if inverted else grey, 0.0
    if image.has_transparency_data:
        # Black is what a radiograph shows where nothing is.
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image.convert("RGBA"))
    colour = 0.0
    if image.mode != "L":
        # Through RGB, since Pillow has no direct way from CMYK, LAB or a palette with alpha. Its luma weights
        # add up to exactly 65536/65536: three equal channels give that value.
        rgb = image.convert("RGB")
        colour = colourfulness(rgb)
        image = rgb.convert("L")
    return np.array(image, dtype=np.uint8), colour
