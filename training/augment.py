"""Augmentation: the same child as another exposure, another pose, another hospital might have shown it.

Every function takes and gives uint8 pixels of shape (size, size) and draws from the generator it is handed, so that a
batch is the same whatever thread made it. Geometry and grey values come before the window of
`model.preprocessing`, as they do in life.

The background is where this data set cheats: image size, borders, markers and collimation tell the classes apart. So on
most scans that have a lung outline, what lies outside the lungs is replaced (`swap_background`), and on a few the lungs
themselves are blanked and the label is set to "could be either" (`blank_lungs`). Sharpness and exposure tell the
classes apart, too: `training.style` gives scans the look of one another.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.cover import blank_lungs, hide_cells, make_opacities, swap_background, to_grey
from training.errors import ConfigError
from training.pool import Pool
from training.style import match_grey_values, match_spectrum

Grey = npt.NDArray[np.uint8]


LEFT_TO_TELL = 0.4
"""Share of the lungs, or of the made opacities, that has to be left in sight for the scan to keep its label."""

_MOST = {"rotation": 180.0, "gamma": 3.0, "shift": 0.5, "zoom": 0.9}


@dataclass(frozen=True)
class Augmentation:
    """How strongly to augment; zero turns a step off.

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
        match_spectrum: probability of another scan's sharpness and noise, in part or whole.
        match_grey_values: probability of another scan's distribution of grey values, in part or whole.
        made_opacity: probability that a normal scan gets up to three made opacities, and is Pneumonia then; needs an
            outline.
        swap_background: probability that all outside the (dilated, softened) lungs is replaced; needs an outline.
        blank_lungs: probability that the lungs are covered and the label is set to even; needs an outline.
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
    match_spectrum: float = 0.0
    match_grey_values: float = 0.0
    made_opacity: float = 0.0
    swap_background: float = 0.0
    blank_lungs: float = 0.0

    def __post_init__(self) -> None:
        """Refuse strengths and probabilities that cannot be.

        Raises:
            ConfigError: if a strength is negative, or a probability above 1.
        """
        for name, value in asdict(self).items():
            most = _MOST.get(name, 1.0)
            if not 0 <= value <= most:
                raise ConfigError(f"Augmentation {name} is {value}; expected 0 to {most}.")
        if self.swap_background + self.blank_lungs > 1:
            raise ConfigError("swap_background and blank_lungs share the scans: together at most 1.")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return asdict(self)


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(),
    "standard": Augmentation(rotation=10, zoom=0.1, shift=0.05, gamma=0.25, brightness=0.08),
    "strong": Augmentation(
        rotation=12,
        zoom=0.15,
        stretch=0.12,
        shift=0.06,
        flip=0.5,
        gamma=0.5,
        contrast=0.3,
        brightness=0.1,
        blur=0.3,
        noise=0.3,
        jpeg=0.4,
        resample=0.3,
        cutout=0.25,
        border=0.25,
    ),
}


@dataclass(frozen=True, eq=False)
class Augmented:
    """A scan as training shows it.

    Attributes:
        pixels: uint8, shape (size, size), before windowing.
        region: uint8, the same shape, 255 where the evidence for its class should lie, moved as the scan was: in the
            lungs, or in the opacities that were made; all zero where it is not known.
        label: 0 Normal, 1 Pneumonia: the scan's own, or 1 with a made opacity.
        informative: whether the scan still shows the class: False when the lungs were covered, so that the label has
            to be even.
    """

    pixels: Grey
    region: Grey
    label: int
    informative: bool


def augment(pool: Pool, index: int, config: Augmentation, rng: np.random.Generator) -> Augmented:
    """One augmented scan.

    Args:
        pool: all scans that may be drawn on.
        index: the scan to augment.
        config: how strongly.
        rng: where every random draw comes from.

    Returns:
        The scan, and where the evidence for its class should lie.
    """
    scan, lungs = pool.pixels[index], pool.lungs[index]
    region = lungs
    label, informative = int(pool.labels[index]), True
    scan = change_style(pool, scan, config, rng)
    if config.made_opacity and not label and pool.has_lungs[index] and rng.random() < config.made_opacity:
        (scan, region), label = make_opacities(scan, lungs, rng), 1
    if pool.has_lungs[index]:
        draw = rng.random()
        if draw < config.blank_lungs:
            scan, informative = blank_lungs(scan, lungs, rng), False
            region = np.zeros_like(lungs)
        elif draw < config.blank_lungs + config.swap_background:
            scan = swap_background(scan, lungs, pool.any_scan(rng), rng)
    # The same pose for both, drawn twice alike; OpenCV interpolates a stack of two more coarsely than one picture.
    region = change_pose(region, config, copy.deepcopy(rng))
    scan = change_exposure(change_pose(scan, config, rng), config, rng)
    if config.hide and rng.random() < config.hide:
        scan, hidden = hide_cells(scan, rng)
        seen = np.where(hidden, np.uint8(0), region)
        # Where too little of the lungs is left to tell, the rest must not be taught to tell instead.
        informative &= int(np.count_nonzero(seen)) >= LEFT_TO_TELL * int(np.count_nonzero(region))
        region = seen if informative else np.zeros_like(seen)
    return Augmented(degrade(scan, config, rng), region, label, informative)


def change_style(pool: Pool, scan: Grey, config: Augmentation, rng: np.random.Generator) -> Grey:
    """The sharpness, the noise and the grey values of another scan, of either class equally often.

    Args:
        pool: whose look may be taken.
        scan: uint8, shape (size, size).
        config: how often.
        rng: draws whose, and how far.

    Returns:
        uint8, shape (size, size).
    """
    if not (config.match_spectrum or config.match_grey_values):
        return scan
    other, chances, shares = pool.any_scan(rng), rng.random(2), rng.uniform(0.25, 1.0, size=2)
    if chances[0] < config.match_spectrum:
        scan = match_spectrum(scan, other, shares[0])
    if chances[1] < config.match_grey_values:
        scan = match_grey_values(scan, other, shares[1])
    return scan


def change_pose(scan: Grey, config: Augmentation, rng: np.random.Generator) -> Grey:
    """Rotate, zoom, stretch, shift and mirror.

    Args:
        scan: uint8, shape (size, size).
        config: how strongly.
        rng: draws the pose.

    Returns:
        uint8, shape (size, size).
    """
    size = scan.shape[0]
    if config.flip and rng.random() < config.flip:
        scan = np.ascontiguousarray(scan[:, ::-1])
    if not (config.rotation or config.zoom or config.stretch or config.shift):
        return scan
    angle = np.deg2rad(rng.uniform(-config.rotation, config.rotation))
    scale = np.exp(rng.uniform(-1, 1) * np.log1p(config.zoom))
    ratio = np.exp(rng.uniform(-0.5, 0.5) * np.log1p(config.stretch))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag([scale * ratio, scale / ratio])
    centre = np.full(2, (size - 1) / 2)
    offset = centre - turn @ centre + rng.uniform(-config.shift, config.shift, size=2) * size
    matrix = np.concatenate([turn, offset[:, np.newaxis]], axis=1)
    border = cv2.BORDER_REFLECT_101 if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    moved: Grey = cv2.warpAffine(scan, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    return moved


def change_exposure(scan: Grey, config: Augmentation, rng: np.random.Generator) -> Grey:
    """Gamma, contrast about the mean, and brightness, in one table of 256 values.

    Args:
        scan: uint8, shape (size, size).
        config: how strongly.
        rng: draws the exposure.

    Returns:
        uint8, shape (size, size).
    """
    if not (config.gamma or config.contrast or config.brightness):
        return scan
    table = (np.arange(256) / 255.0) ** np.exp(rng.uniform(-config.gamma, config.gamma))
    mean = float(table[scan].mean())
    table = (table - mean) * np.exp(rng.uniform(-1, 1) * np.log1p(config.contrast)) + mean
    table = table + rng.uniform(-config.brightness, config.brightness)
    exposed: Grey = to_grey(table * 255.0)[scan]
    return exposed


def degrade(scan: Grey, config: Augmentation, rng: np.random.Generator) -> Grey:
    """What storing, sending and framing a picture do to it: resampling, blur, noise, JPEG, cover, border.

    Args:
        scan: uint8, shape (size, size).
        config: how often.
        rng: draws what happens.

    Returns:
        uint8, shape (size, size).
    """
    size = scan.shape[0]
    chances = rng.random(6)
    if chances[0] < config.resample:
        small = round(size * rng.uniform(0.45, 0.9))
        scan = cv2.resize(scan, (small, small), interpolation=cv2.INTER_AREA)
        scan = cv2.resize(scan, (size, size), interpolation=cv2.INTER_LINEAR)
    if chances[1] < config.blur:
        scan = cv2.GaussianBlur(scan, (0, 0), rng.uniform(0.4, 1.6))
    if chances[2] < config.noise:
        noise = rng.standard_normal(scan.shape, dtype=np.float32) * np.float32(rng.uniform(2, 12))
        scan = to_grey(scan + noise)
    if chances[3] < config.jpeg:
        quality = int(rng.integers(25, 96))
        _, stored = cv2.imencode(".jpg", scan, [cv2.IMWRITE_JPEG_QUALITY, quality])
        scan = np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    if chances[4] < config.cutout:
        scan = _cover_rectangle(scan, rng)
    if chances[5] < config.border:
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
