"""Augmentation: the same child in another pose, at another exposure, in another hospital.

Every function takes and returns uint8 pixels of shape (size, size) and draws from the generator it is given, so a batch
does not depend on the thread that makes it. Geometry and grey values change before the window of `model.preprocessing`,
as in practice.

In this data set the background reveals the class: image size, borders, markers and collimation differ. Most scans with
a lung outline therefore get another background (`swap_background`); in a few the lungs are blanked and both labels
become equally likely (`blank_lungs`). Sharpness and exposure reveal the class, too: `training.style` transfers them
between scans.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.variation import Variation, change_exposure, change_pose, degrade, hide_cells
from training.cover import blank_lungs, make_opacities, swap_background
from training.errors import ConfigError
from training.pool import Pool
from training.style import match_grey_values, match_spectrum

Grey = npt.NDArray[np.uint8]


LEFT_TO_TELL = 0.4
"""Share of the lungs, or of the synthetic opacities, that must stay visible for the scan to keep its label."""


@dataclass(frozen=True)
class Augmentation(Variation):
    """How strongly to augment; zero turns a step off. `Variation` holds the steps that need no other scan.

    Attributes:
        match_spectrum: probability of taking on another scan's sharpness and noise, partly or fully.
        match_grey_values: probability of taking on another scan's grey-value distribution, partly or fully.
        made_opacity: probability that a normal scan gets up to three synthetic opacities and the label Pneumonia; needs
            an outline.
        swap_background: probability that everything outside the (dilated, softened) lungs is replaced; needs an
            outline.
        blank_lungs: probability that the lungs are covered and both labels become equally likely; needs an outline.
    """

    match_spectrum: float = 0.0
    match_grey_values: float = 0.0
    made_opacity: float = 0.0
    swap_background: float = 0.0
    blank_lungs: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible strengths and probabilities.

        Raises:
            ConfigError: if a strength is negative, or a probability above 1.
        """
        try:
            super().__post_init__()
        except InputRangeError as error:
            raise ConfigError(str(error)) from error
        if self.swap_background + self.blank_lungs > 1:
            raise ConfigError("swap_background and blank_lungs exclude each other: together at most 1.")

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
    """An augmented scan.

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


def augment(pool: Pool, index: int, config: Augmentation, rng: np.random.Generator, *, twin: bool = False) -> Augmented:
    """One augmented scan.

    Args:
        pool: the scan's, and others that lend background and style.
        index: row of the scan.
        config: how strongly.
        rng: of all draws.
        twin: for the same state of `rng`, the same child in the same pose and exposure, on another film: from the copy
            where the first is from the original, and otherwise stored and sent.

    Returns:
        The scan, and where the evidence for its class should lie.
    """
    scan = pool.pixels[index] if twin else pool.originals.get(index, pool.pixels[index])
    lungs = region = pool.lungs[index]
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
    # Draw the same pose twice: OpenCV interpolates a stack of two images more coarsely than one.
    region = change_pose(region, config, copy.deepcopy(rng))
    scan = change_exposure(change_pose(scan, config, rng), config, rng)
    if config.hide and rng.random() < config.hide:
        scan, hidden = hide_cells(scan, rng)
        seen = np.where(hidden, np.uint8(0), region)
        # Where too little of the lungs is visible, the network must not learn to decide from the rest.
        informative &= int(np.count_nonzero(seen)) >= LEFT_TO_TELL * int(np.count_nonzero(region))
        region = seen if informative else np.zeros_like(seen)
    return Augmented(degrade(scan, config, rng.spawn(1)[0] if twin else rng), region, label, informative)


def change_style(pool: Pool, scan: Grey, config: Augmentation, rng: np.random.Generator) -> Grey:
    """The sharpness, the noise and the grey values of another scan, of either class equally often."""
    if not (config.match_spectrum or config.match_grey_values):
        return scan
    other, chances, shares = pool.any_scan(rng), rng.random(2), rng.uniform(0.25, 1.0, size=2)
    if chances[0] < config.match_spectrum:
        scan = match_spectrum(scan, other, shares[0])
    if chances[1] < config.match_grey_values:
        scan = match_grey_values(scan, other, shares[1])
    return scan
