"""Decode DICOM with pydicom: from stored values to the greys that a workstation shows first.

The order is that of the standard's greyscale pipeline (PS3.3 C.7.6.3, C.11.1, C.11.2): decode, modality LUT
or rescale, VOI LUT or window, polarity. Only elements that describe the pixels are parsed, and those of
`model.radiograph.header`; of the patient nothing but an age in months reaches an object, a message or a log.
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
    RLELossless,
)

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
from model.radiograph.context import DicomContext
from model.radiograph.header import ELEMENTS, context_of
from model.radiograph.repair import mend_header, numbers
from model.radiograph.signature import is_dicom
from model.radiograph.stream import check_stream, mend_scan

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    from pydicom.dataset import Dataset

_LOG = logging.getLogger(__name__)

_ELEMENTS = [
    *(
        "SOPClassUID",
        "PatientOrientation",
        "Rows",
        "Columns",
        "NumberOfFrames",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "PlanarConfiguration",
    ),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData", "ExtendedOffsetTable"),
    *("ExtendedOffsetTableLengths", "PixelPaddingValue", "PixelPaddingRangeLimit"),
    *("SmallestImagePixelValue", "LargestImagePixelValue", "ModalityLUTSequence", "RescaleIntercept"),
    *("RescaleSlope", "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    *("RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor"),
    *("BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData"),
    *("GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData"),
    *("SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData"),
    *("SegmentedBluePaletteColorLookupTableData", "PixelSpacing", "ImagerPixelSpacing"),
]

_PREAMBLE = bytes(128)
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MAX_INFLATED_BYTES = 8 * MAX_PIXELS
_PALETTE = "PALETTE COLOR"
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_COLOUR_AXES = 3
_ONE_BYTE = 8
_UNMIRRORED = "PatientOrientation says that the image is mirrored; it was turned over."
_WITHOUT_PIXELS = {
    "MEDIA STORAGE DIRECTORY": "the index of a disc (DICOMDIR), which lists images",
    "PRESENTATION STATE": "a presentation state, which says how to show another image",
    "ENCAPSULATED": "a document, such as a PDF",
    " SR ": "a structured report",
    "KEY OBJECT": "a list of key images",
    "WAVEFORM": "a waveform, such as an ECG",
    "ECG": "a waveform, such as an ECG",
    "RT ": "data of radiotherapy",
    "SPECTROSCOPY": "spectra",
    "RAW DATA": "raw data of a scanner",
}
"""What an object without an image is, by a part of its SOP class's name in capitals."""
_MIN_LINEAR_WIDTH = 1
_LEAST_IN_WINDOW = 0.05
"""Share of the pixels, without padding, that must lie in a window; that of a CT clips nearly all of a radiograph."""
_LEAST_SPAN = 128
"""Greys, of 256, that the values of an 8-bit image must span after its window to be kept as they are."""
_LUMA = (19595, 38470, 7471)
"""ITU-R BT.601 in units of 1/65536, as Pillow has it: equal channels return that value exactly."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """The image of a DICOM file.

    Attributes:
        pixels: uint8 of shape (height, width), 0..255, light = dense.
        spacing: height and width of a pixel in mm (PixelSpacing, else ImagerPixelSpacing), or None where the header
            gives neither.
        remarks: what was assumed or left out of the header, a sentence each.
        colour: how colourful it is, see `Radiograph`.
    """

    pixels: npt.NDArray[np.uint8]
    spacing: tuple[float, float] | None
    remarks: tuple[str, ...]
    colour: float


def decode_dicom(data: bytes, *, name: str) -> Decoded:
    """Decode the one frame of a DICOM file.

    Raises:
        UnusableRadiographError: Too large, too small, several frames or one bit deep.
        RadiographError: Damaged, cut short, without an image or in a form that is not supported.
    """
    try:
        with quiet_decoders():
            dataset = _parse(data, name=name)
            remarks = mend_header(dataset, name=name)
            _check_header(dataset, name=name)
            stored = _stored(dataset)
            if str(dataset.PhotometricInterpretation) == _PALETTE:
                stored = apply_color_lut(stored, dataset)
            if stored.ndim == _COLOUR_AXES:
                return Decoded(_grey_of(stored, name=name), _pixel_spacing(dataset), remarks, _colour_of(stored))
            pixels, more = _present(stored, dataset, name=name)
            if _is_mirrored(dataset):
                pixels, more = np.ascontiguousarray(pixels[:, ::-1]), (*more, _UNMIRRORED)
            return Decoded(pixels, _pixel_spacing(dataset), (*remarks, *more), 0.0)
    except RadiographError:
        raise
    except Exception:  # noqa: BLE001 - pydicom and its plugins raise a dozen kinds on bytes they did not expect
        # `from None`: a printed chain would show pydicom's text, which quotes header values.
        raise RadiographError(
            f"Cannot read {name}: this DICOM file is damaged, cut short or in a form that is not "
            "supported. Expected one complete image: uncompressed, JPEG, JPEG-LS, JPEG 2000 or "
            "RLE. Export it again, if need be as uncompressed DICOM."
        ) from None


def read_context(data: bytes) -> DicomContext:
    """Read the header's statements about the image; unreadable ones are left out and do not stop decoding.

    Returns:
        The context; no other part of the header is kept.
    """
    try:
        with quiet_decoders():
            return context_of(_read(data, ELEMENTS, stop_before_pixels=True))
    except Exception as exc:  # noqa: BLE001 - pydicom raises a dozen kinds on bytes it did not expect
        # Its text would quote header values.
        _LOG.warning("What a DICOM header says of its image could not be read (%s).", type(exc).__name__)
        return DicomContext()


def _plugin(dataset: Dataset) -> str:
    """Pydicom's plugin for the transfer syntax; empty lets pydicom try all plugins.

    pylibjpeg-rle is written in Rust and panics on damaged data: what it raises is no `Exception`, and a trace
    goes to the terminal. pydicom's own decoder raises properly and is fast enough.
    """
    return "pydicom" if dataset.file_meta.TransferSyntaxUID == RLELossless else ""


def _parse(data: bytes, *, name: str) -> Dataset:
    """Read the elements that describe the image; no pixel is decoded."""
    if data[:4] == b"DICM":
        data = _PREAMBLE + data
    _check_inflated_size(data, name=name)
    dataset = _read(data, _ELEMENTS)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little_endian = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    if "PixelData" not in dataset:
        raise RadiographError(
            f"Cannot read {name}: this DICOM file holds {_kind_without_pixels(dataset)}. Expected an image. Export the "
            "radiograph itself."
        )
    return dataset


def _kind_without_pixels(dataset: Dataset) -> str:
    sop_class = dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID") or ""
    kind = UID(str(sop_class)).name.upper()
    named = (description for part, description in _WITHOUT_PIXELS.items() if part in kind)
    return next(named, "no pixel data; it may be cut short")


def _read(data: bytes, elements: Iterable[str], *, stop_before_pixels: bool = False) -> Dataset:
    if data[:4] == b"DICM":
        data = _PREAMBLE + data
    return dcmread(io.BytesIO(data), force=True, specific_tags=list(elements), stop_before_pixels=stop_before_pixels)


def _check_inflated_size(data: bytes, *, name: str) -> None:
    """Refuse a deflated data set that would unpack to gigabytes: pydicom inflates it whole at once."""
    start = 0 if is_dicom(data[:132]) and data[128:132] != b"DICM" else len(_PREAMBLE) + 4
    if _DEFLATED not in data[start : start + 1024]:
        return
    # (0002,0000), always first and explicit little endian, counts the bytes of meta information after itself.
    group, element, _, _, length = struct.unpack_from("<HH2sHI", data, start)
    if (group, element) != (0x0002, 0x0000):
        raise RadiographError(
            f"Cannot read {name}: this deflated DICOM file does not say where its data begin (0002,0000). "
            "Expected complete file meta information. Export it again, if need be as uncompressed DICOM."
        )
    begin = start + struct.calcsize("<HH2sHI") + length
    inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[begin:], _MAX_INFLATED_BYTES + 1)
    if len(inflated) > _MAX_INFLATED_BYTES:
        raise too_large(name, f"over {_MAX_INFLATED_BYTES // 1_000_000} MB once unpacked")


def _check_header(dataset: Dataset, *, name: str) -> None:
    """Refuse by size, frames and depth, from the header and from the header of the compressed image in it."""
    check_dimensions(width=int(dataset.Columns), height=int(dataset.Rows), name=name)
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        raise several_frames(name)
    if int(dataset.BitsAllocated) == 1 or int(dataset.BitsStored) == 1:
        raise one_bit(name)
    photometric = str(dataset.PhotometricInterpretation)
    if int(dataset.SamplesPerPixel) == 1 and photometric not in (*_MONOCHROME, _PALETTE):
        raise RadiographError(
            f"Cannot read {name}: this DICOM image has one value per pixel but is neither MONOCHROME1, "
            "MONOCHROME2 nor PALETTE COLOR, so light and dark are unknown. Export it as a grey image."
        )
    if UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated:
        code = get_frame(dataset.PixelData, 0, number_of_frames=1)
        check_stream(code, name=name)
        if dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit:
            dataset.PixelData = mend_scan(code, dataset.PixelData)


def _stored(dataset: Dataset) -> npt.NDArray[Any]:
    """The stored values, without what lies in bits that are not theirs, such as an old overlay."""
    stored, unused = int(dataset.BitsStored), int(dataset.HighBit) + 1 - int(dataset.BitsStored)
    if unused > 0:  # pydicom takes the lowest bits, whatever HighBit says
        dataset.BitsStored = stored + unused
    values: npt.NDArray[Any] = pixel_array(dataset, index=0, decoding_plugin=_plugin(dataset))
    if unused > 0:
        values = values >> unused
    elif values.dtype.kind == "u" and stored < 8 * values.itemsize:
        values = values & values.dtype.type((1 << stored) - 1)
    return values


def _present(stored: npt.NDArray[Any], dataset: Dataset, *, name: str) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    """Turn stored values into greys: uint8 of shape (height, width), light = dense; and remarks."""
    padding = _padding(stored, dataset)
    windowed, remarks = _window(stored, dataset, padding)
    grey = _to_8_bit(windowed, dataset, padding, name=name)
    if str(dataset.PhotometricInterpretation) == "MONOCHROME1":
        grey = 255 - grey
    if padding is not None:
        grey[padding] = 0  # as dark as air, whatever the polarity
    return grey, remarks


def _grey_of(rgb: npt.NDArray[Any], *, name: str) -> npt.NDArray[np.uint8]:
    luma = _luma(rgb)
    return luma.astype(np.uint8) if rgb.dtype == np.uint8 else stretch_to_8_bit(luma, name=name)


def _colour_of(rgb: npt.NDArray[Any]) -> float:
    shift = max(0, int(rgb.max()).bit_length() - _ONE_BYTE)
    return colourfulness(Image.fromarray((rgb >> shift).astype(np.uint8)))


def _luma(rgb: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Luma of RGB values of shape (height, width, 3), in their own range."""
    total: npt.NDArray[np.uint64] = np.full(rgb.shape[:2], 1 << 15, dtype=np.uint64)
    for channel, weight in enumerate(_LUMA):
        total += rgb[..., channel].astype(np.uint64) * np.uint64(weight)
    return total >> np.uint64(16)


def _padding(stored: npt.NDArray[Any], dataset: Dataset) -> npt.NDArray[np.bool_] | None:
    """Padding pixels: PixelPaddingValue to PixelPaddingRangeLimit; None without padding."""
    found = (numbers(dataset, keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"))
    # Some devices write a negative value as unsigned, or the reverse.
    size, low = 1 << int(dataset.BitsAllocated), int(np.iinfo(stored.dtype).min) if stored.dtype.kind in "iu" else 0
    first, limit = ((value[0] - low) % size + low if value else None for value in found)
    if first is None:
        return None
    bounds = (first, first if limit is None else limit)
    mask: npt.NDArray[np.bool_] = (stored >= min(bounds)) & (stored <= max(bounds))
    return mask if mask.any() else None


def _window(
    stored: npt.NDArray[Any], dataset: Dataset, padding: npt.NDArray[np.bool_] | None
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Apply the modality LUT or rescale, then the first VOI LUT or window; and remarks."""
    for keyword in ("ModalityLUTSequence", "VOILUTSequence"):
        _widen_lut(dataset, keyword)
    if dataset.get("ModalityLUTSequence"):
        # pydicom indexes the table in the type of the pixels: with 8 bits it would reach 256 entries only.
        stored = stored.astype(np.int64)
    values = apply_modality_lut(stored, dataset)
    remarks = _drop_senseless_window(dataset, values if padding is None else values[~padding])
    shown: npt.NDArray[Any] = apply_voi_lut(values, dataset)
    windowed = shown is not values and not dataset.get("VOILUTSequence")
    if windowed and not dataset.get("ModalityLUTSequence") and float(dataset.get("RescaleSlope", 1)) < 0:
        # pydicom maps the window to slope * (0..2^bits - 1), which a negative slope turns upside down.
        shown = shown.min() + shown.max() - shown
    return shown, remarks


def _widen_lut(dataset: Dataset, keyword: str) -> None:
    """Let pydicom look a table's entries up with 16 bits.

    It takes the type of the indices from the depth of the entries, so a 12-bit image with an 8-bit table would be
    looked up modulo 256. The depth itself does not matter: the result is stretched.
    """
    sequence = dataset.get(keyword)
    if sequence and "LUTDescriptor" in sequence[0]:
        entries, first, depth = sequence[0].LUTDescriptor
        if depth < 2 * _ONE_BYTE:
            sequence[0].LUTDescriptor = [entries, first, 2 * _ONE_BYTE]


def _drop_senseless_window(dataset: Dataset, values: npt.NDArray[Any]) -> tuple[str, ...]:
    """Remove a window that the standard does not allow (PS3.3 C.11.2.1.2), or that shows next to nothing of the values.

    Returns:
        A remark, if it was removed; the full range is then shown.
    """
    if "WindowCenter" not in dataset and "WindowWidth" not in dataset:
        return ()
    found = [numbers(dataset, keyword) for keyword in ("WindowCenter", "WindowWidth")]
    if all(found):
        (centre, *_), (width, *_) = found
        is_linear = str(dataset.get("VOILUTFunction") or "LINEAR") == "LINEAR"
        if width > (_MIN_LINEAR_WIDTH if is_linear else 0):
            inside = np.abs(values.astype(np.float64) - centre) < width / 2
            if dataset.get("VOILUTSequence") or inside.mean() >= _LEAST_IN_WINDOW:
                return ()
    for keyword in ("WindowCenter", "WindowWidth"):
        if keyword in dataset:
            del dataset[keyword]
    return ("The window (WindowCenter, WindowWidth) does not fit the pixels; the full range is shown.",)


def _to_8_bit(
    values: npt.NDArray[Any], dataset: Dataset, padding: npt.NDArray[np.bool_] | None, *, name: str
) -> npt.NDArray[np.uint8]:
    """Keep eight-bit values as they are, like those of a JPEG; stretch deeper or rescaled ones."""
    looked_up = bool(dataset.get("ModalityLUTSequence") or dataset.get("VOILUTSequence"))
    in_units_of_greys = not looked_up and float(dataset.get("RescaleSlope", 1)) == 1
    if int(dataset.BitsStored) == _ONE_BYTE and in_units_of_greys and np.isfinite(values).all():
        low, high = float(values.min()), float(values.max())
        # A window much wider than the values leaves them a few greys: stretched before they are rounded.
        is_squeezed = values.dtype.kind == "f" and high - low < _LEAST_SPAN
        if low >= 0 and high <= np.iinfo(np.uint8).max and not is_squeezed:
            kept: npt.NDArray[np.uint8] = np.rint(values).astype(np.uint8)
            return kept
    return stretch_to_8_bit(values, name=name, ignored=padding)


def _is_mirrored(dataset: Dataset) -> bool:
    """Whether columns run to the patient's right and rows to the feet (PS3.3 C.7.6.1.1.1): a film seen from behind."""
    directions = str(dataset.get("PatientOrientation") or "").strip("[]").replace("'", "").split(",")
    return len(directions) == 2 and directions[0].strip().startswith("R") and directions[1].strip().startswith("F")


def _pixel_spacing(dataset: Dataset) -> tuple[float, float] | None:
    """Height and width of a pixel in mm: calibrated (PixelSpacing), else at the detector."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = numbers(dataset, keyword)
        if len(spacing) == 2 and min(spacing) > 0:
            return spacing[0], spacing[1]
    return None
