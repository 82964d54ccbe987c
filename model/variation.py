"""Variations between radiographs of the same child: pose, exposure, storage and framing.

Pure functions of pixels. Training draws from them at random (`training.augment`); the How it works page shows what they
do. All take and return uint8 pixels of shape (size, size), before the window of `model.preprocessing`, as in practice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError, InputRangeError

Grey = npt.NDArray[np.uint8]

VEIL = 0.08
"""Sigma of the blur that hides a place, as a share of the side: it leaves no lung structure and adds no edge."""

BLUR_SIGMA = (0.4, 1.6)
"""Least and most of a drawn blur, pixels."""

_MOST = {"rotation": 180.0, "gamma": 3.0, "shift": 0.5, "zoom": 0.9}


@dataclass(frozen=True)
class Variation:
    """How far radiographs of the same child may differ; zero turns a step off.

    Attributes:
        rotation: largest turn either way, degrees.
        zoom: largest relative change of scale.
        stretch: largest relative change of width against height; the squash to a square leaks the aspect ratio.
        shift: largest displacement, as a fraction of the side.
        flip: probability of a left-right mirror.
        gamma: largest absolute log of the exponent.
        contrast: largest relative change of contrast about the mean.
        brightness: largest shift, as a fraction of full scale.
        blur: probability of a Gaussian blur, sigma 0.4 to 1.6 pixels.
        noise: probability of Gaussian noise, sigma 2 to 12 grey levels.
        jpeg: probability of JPEG at quality 25 to 95.
        resample: probability of down- and up-sampling to 45-90 % of the side.
        cutout: probability of a rectangle of 10-35 % of the side set to one grey.
        hide: probability that a tenth to six tenths of the cells of a grid are hidden.
        border: probability that a border of up to 8 % is set to black or one grey, as collimation does.
    """

    rotation: float = 0.0
    zoom: float = 0.0
    stretch: float = 0.0
    shift: float = 0.0
    flip: float = 0.0
    gamma: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: float = 0.0
    resample: float = 0.0
    cutout: float = 0.0
    hide: float = 0.0
    border: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible strengths and probabilities.

        Raises:
            InputRangeError: if a strength is negative or too large, or a probability above 1.
        """
        for name, value in asdict(self).items():
            if not 0 <= value <= most(name):
                raise InputRangeError(f"Augmentation {name} is {value}; expected 0 to {most(name)}.")

    @classmethod
    def recorded(cls, training: Mapping[str, Any]) -> Self | None:
        """Read the run's augmentation from a manifest.

        Returns:
            The strengths, or None where the manifest records none. Steps that need other scans or synthetic opacities
            are not included.

        Raises:
            ArtifactError: if a recorded strength is not a number or out of range.
        """
        found = training.get("augmentation")
        if not isinstance(found, Mapping):
            return None
        known = {field.name: found[field.name] for field in fields(cls) if field.name in found}
        try:
            return cls(**{name: float(value) for name, value in known.items()})
        except (TypeError, ValueError) as error:
            raise ArtifactError(f"The manifest's augmentation is not readable: {error}.") from error


def most(name: str) -> float:
    """The largest strength that a step of the augmentation may have; probabilities end at 1."""
    return _MOST.get(name, 1.0)


def vary(scan: Grey, variation: Variation, rng: np.random.Generator) -> Grey:
    """The same child on another film: the steps below, in training's order."""
    scan = change_exposure(change_pose(scan, variation, rng), variation, rng)
    if variation.hide and rng.random() < variation.hide:
        scan, _ = hide_cells(scan, rng)
    return degrade(scan, variation, rng)


def change_pose(scan: Grey, variation: Variation, rng: np.random.Generator) -> Grey:
    """Rotate, zoom, stretch, shift and mirror."""
    if variation.flip and rng.random() < variation.flip:
        scan = np.ascontiguousarray(scan[:, ::-1])
    if not (variation.rotation or variation.zoom or variation.stretch or variation.shift):
        return scan
    degrees = rng.uniform(-variation.rotation, variation.rotation)
    scale = np.exp(rng.uniform(-1, 1) * np.log1p(variation.zoom))
    ratio = np.exp(rng.uniform(-0.5, 0.5) * np.log1p(variation.stretch))
    shift = rng.uniform(-variation.shift, variation.shift, size=2) * scan.shape[0]
    return move(scan, degrees=degrees, scale=scale, ratio=ratio, shift=shift, mirrored=bool(rng.random() < 0.5))


def move(
    scan: Grey,
    *,
    degrees: float = 0.0,
    scale: float = 1.0,
    ratio: float = 1.0,
    shift: npt.NDArray[np.float64] | None = None,
    mirrored: bool = False,
) -> Grey:
    """Rotate, scale and shift about the centre in one step.

    Args:
        scan: uint8, shape (size, size).
        degrees: of turn; clockwise as the picture is shown.
        scale: above 1 enlarges; above 0.
        ratio: width grows by it and height shrinks by it; above 0.
        shift: right and down, pixels, shape (2,); None for none.
        mirrored: whether what comes in from beyond the edge mirrors the picture; black otherwise.

    Returns:
        uint8, shape (size, size).

    Raises:
        InputRangeError: if scale or ratio is not above 0, or a number is not finite.
    """
    if not (math.isfinite(degrees) and 0 < scale < math.inf and 0 < ratio < math.inf):
        raise InputRangeError(
            f"Expected a finite turn, and a scale and a ratio above 0; got {degrees}, {scale} and {ratio}."
        )
    size = scan.shape[0]
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag([scale * ratio, scale / ratio])
    centre = np.full(2, (size - 1) / 2)
    offset = centre - turn @ centre + (np.zeros(2) if shift is None else shift)
    matrix = np.concatenate([turn, offset[:, np.newaxis]], axis=1)
    border = cv2.BORDER_REFLECT_101 if mirrored else cv2.BORDER_CONSTANT
    moved: Grey = cv2.warpAffine(scan, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    return moved


def change_exposure(scan: Grey, variation: Variation, rng: np.random.Generator) -> Grey:
    """Gamma, contrast about the mean, and brightness."""
    if not (variation.gamma or variation.contrast or variation.brightness):
        return scan
    exponent = np.exp(rng.uniform(-variation.gamma, variation.gamma))
    contrast = np.exp(rng.uniform(-1, 1) * np.log1p(variation.contrast))
    brightness = rng.uniform(-variation.brightness, variation.brightness)
    return expose(scan, exponent=exponent, contrast=contrast, brightness=brightness)


def expose(scan: Grey, *, exponent: float = 1.0, contrast: float = 1.0, brightness: float = 0.0) -> Grey:
    """Change the grey values by one table of 256 values.

    Args:
        scan: uint8, any shape.
        exponent: of the grey value as a share of full scale; below 1 lightens the middle greys.
        contrast: factor about the mean.
        brightness: added, as a fraction of full scale.

    Returns:
        uint8, same shape.
    """
    table = (np.arange(256) / 255.0) ** exponent
    mean = float(table[scan].mean())
    table = (table - mean) * contrast + mean
    table = table + brightness
    exposed: Grey = to_grey(table * 255.0)[scan]
    return exposed


def blurred(scan: Grey, sigma: float) -> Grey:
    """A Gaussian blur.

    Args:
        scan: uint8, shape (height, width).
        sigma: its width, pixels, zero or more; 0 changes nothing.

    Returns:
        uint8, same shape.
    """
    return np.asarray(cv2.GaussianBlur(scan, (0, 0), sigma), dtype=np.uint8) if sigma > 0 else scan


def hide_cells(scan: Grey, rng: np.random.Generator) -> tuple[Grey, npt.NDArray[np.bool_]]:
    """Hide random cells of a grid, so that the network has to use all places.

    After Singh and Lee, "Hide-and-Seek", ICCV 2017.

    Args:
        scan: uint8, shape (size, size).
        rng: draws the grid, how much is hidden, and behind what: the blurred scan or one grey.

    Returns:
        The scan, uint8, and what is hidden, bool; each of shape (size, size).
    """
    size = scan.shape[0]
    cells = int(rng.integers(4, 15))
    grid = (rng.random((cells, cells)) < rng.uniform(0.1, 0.6)).astype(np.uint8)
    hidden = cv2.resize(grid, (size, size), interpolation=cv2.INTER_NEAREST) > 0
    if rng.random() < 0.5:
        veil = cv2.GaussianBlur(scan, (0, 0), VEIL * size)
    else:
        veil = np.full_like(scan, rng.integers(20, 200))
    return np.where(hidden, veil, scan), hidden


def degrade(scan: Grey, variation: Variation, rng: np.random.Generator) -> Grey:
    """Effects of storing, sending and framing an image: resampling, blur, noise, JPEG, cover, border."""
    size = scan.shape[0]
    chances = rng.random(6)
    if chances[0] < variation.resample:
        small = round(size * rng.uniform(0.45, 0.9))
        scan = cv2.resize(scan, (small, small), interpolation=cv2.INTER_AREA)
        scan = cv2.resize(scan, (size, size), interpolation=cv2.INTER_LINEAR)
    if chances[1] < variation.blur:
        scan = blurred(scan, rng.uniform(*BLUR_SIGMA))
    if chances[2] < variation.noise:
        noise = rng.standard_normal(scan.shape, dtype=np.float32) * np.float32(rng.uniform(2, 12))
        scan = to_grey(scan + noise)
    if chances[3] < variation.jpeg:
        quality = int(rng.integers(25, 96))
        _, stored = cv2.imencode(".jpg", scan, [cv2.IMWRITE_JPEG_QUALITY, quality])
        scan = np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    if chances[4] < variation.cutout:
        scan = _cover_rectangle(scan, rng)
    if chances[5] < variation.border:
        scan = _cover_border(scan, rng)
    return scan


def _cover_rectangle(scan: Grey, rng: np.random.Generator) -> Grey:
    size = scan.shape[0]
    height, width = (rng.uniform(0.1, 0.35, size=2) * size).round().astype(int)
    top, left = rng.integers(0, size - height), rng.integers(0, size - width)
    covered = scan.copy()
    covered[top : top + height, left : left + width] = rng.integers(0, 256)
    return covered


def _cover_border(scan: Grey, rng: np.random.Generator) -> Grey:
    size = scan.shape[0]
    top, bottom, left, right = (rng.uniform(0, 0.08, size=4) * size).round().astype(int)
    framed = np.full_like(scan, 0 if rng.random() < 0.7 else rng.integers(0, 256))
    framed[top : size - bottom, left : size - right] = scan[top : size - bottom, left : size - right]
    return framed


def to_grey(values: npt.NDArray[Any]) -> Grey:
    """Rounded and cut off to uint8.

    Args:
        values: of any shape, in grey levels.

    Returns:
        uint8, the same shape, 0 to 255.
    """
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
