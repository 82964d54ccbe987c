"""The input check: is this a frontal chest radiograph? If not, why?

The outliner of `model.lungs` looks for a plausible pair of lungs; a logistic score of its outline (`outline_features`)
is compared with a threshold that accepts at least 98 % of the validation scans. A rejected image is checked again
inverted and rotated: if that is plausible, it is the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
import numpy.typing as npt

from model.artifact import file_sha256
from model.errors import ArtifactError
from model.forward import compiled
from model.preprocessing import to_model_input
from model.radiograph.checks import MIN_SIDE
from model.records.gate import FEATURES, FOLDER, MIRROR_SIDE, GateSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from model.radiograph import Radiograph
    from model.records.manifest import Manifest

OUTLINER = "lungs.keras"

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

NO_LUNGS = "no plausible pair of lungs was found: a photograph, another body part or view, or only part of a chest"
COLOUR = "it is a colour picture, which a radiograph is not"
SEVERAL = "it shows more than one picture side by side"
PARTS = (0.4, 0.5, 0.6)
"""Shares of the width, from either side: a part in which a whole chest is found is a picture of its own."""
WIDE = 1.5
"""Width against height from which the parts are looked at, which takes as long as the verdict itself."""
MOST_COLOUR = 5.0
"""See `Radiograph.colourfulness`: scanned films stay below 3, also tinted ones; most photographs are above 7."""

MOST_IN_BORDER = 24
"""Grey levels between the 2nd and 98th percentile of a row or column that still belongs to an even border."""


def without_border(pixels: Grey) -> Grey:
    """Cut off an even border, as of a film photographed on a page or in a screenshot.

    Args:
        pixels: uint8, shape (height, width).

    Returns:
        uint8; the same pixels where there is no such border.
    """
    spans = []
    for axis in (1, 0):
        low, high = np.percentile(pixels, (2, 98), axis=axis)
        inside = np.flatnonzero(high - low > MOST_IN_BORDER)
        if inside.size < MIN_SIDE:
            return pixels
        spans.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return np.ascontiguousarray(pixels[spans[0], spans[1]])


SHOWN_WRONGLY: tuple[tuple[str, Callable[[Grey], Grey]], ...] = (
    ("it looks inverted: black and white exchanged", lambda pixels: np.asarray(255 - pixels, dtype=np.uint8)),
    ("it looks upside down", lambda pixels: np.ascontiguousarray(pixels[::-1, ::-1])),
    ("it looks turned by 90 degrees", lambda pixels: np.ascontiguousarray(np.rot90(pixels))),
    ("it looks turned by 90 degrees", lambda pixels: np.ascontiguousarray(np.rot90(pixels, 3))),
    ("it has a wide border around the film", without_border),
)
"""Reasons for rejection, each with a change that would make the image acceptable."""


@dataclass(frozen=True)
class GateResult:
    """The result of the input check for an image.

    Attributes:
        accepted: whether it looks like an upright frontal chest radiograph.
        plausibility: logistic score of the outline, 0 to 1.
        reason: why it was rejected, as the end of a sentence; empty if accepted.
        lungs: the outline, float32, shape (h, w), 0 to 1.
        mirrored: whether left and right seem to be exchanged; it does not reject the image.
    """

    accepted: bool
    plausibility: float
    reason: str
    lungs: npt.NDArray[np.float32]
    mirrored: bool = False


class InputGate:
    """A loaded input check, immutable and shared by all sessions and threads."""

    def __init__(self, outliner: keras.Model, settings: GateSettings) -> None:
        """Prepare the forward pass."""
        self.settings = settings
        self._forward = compiled(outliner, settings.input.size)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load an input check and verify that its files belong together.

        Raises:
            ArtifactError: if a file is missing or unreadable, or they do not belong together.
        """
        import keras

        settings = GateSettings.read(folder)
        if settings is None or not (folder / OUTLINER).is_file():
            missing = GateSettings.FILE if settings is None else OUTLINER
            raise ArtifactError(f"No input gate in {folder}: {missing} is missing. Restore the folder.")
        if file_sha256(folder / OUTLINER) != settings.lungs_sha256:
            raise ArtifactError(
                f"{OUTLINER} is not the file that {GateSettings.FILE} describes; restore both from one version."
            )
        try:
            return cls(keras.saving.load_model(folder / OUTLINER, compile=False, safe_mode=True), settings)
        except (ValueError, TypeError, OSError, KeyError) as error:
            raise ArtifactError(f"{OUTLINER} cannot be read by Keras {keras.__version__}: {error}") from error

    def assess(self, radiograph: Radiograph) -> GateResult:
        """Look for a plausible pair of lungs.

        Returns:
            Whether it is accepted, and if not, why.
        """
        lungs = self._outline(radiograph.pixels)
        plausibility = self.settings.plausibility(outline_features(lungs))
        if radiograph.colourfulness > MOST_COLOUR:
            return GateResult(False, plausibility, COLOUR, lungs)
        if plausibility >= self.settings.threshold:
            height, width = radiograph.pixels.shape
            several = width >= WIDE * height and self._shows_several(radiograph.pixels)
            mirrored = self._looks_mirrored(radiograph.pixels)
            return GateResult(not several, plausibility, SEVERAL if several else "", lungs, mirrored)
        return GateResult(False, plausibility, self._reason(radiograph.pixels), lungs)

    def _looks_mirrored(self, pixels: Grey) -> bool:
        mirror = self.settings.mirror
        if mirror is None:
            return False
        features = halves_apart(to_model_input(pixels, self.settings.input))
        return float(features @ np.array(mirror.weights)) > mirror.threshold

    def _shows_several(self, pixels: Grey) -> bool:
        """Whether a part of the width passes for a whole chest. Two that lie above each other never pass together."""
        widths = [round(share * pixels.shape[1]) for share in PARTS]
        parts = [part for width in widths for part in (pixels[:, :width], pixels[:, -width:])]
        inputs = np.stack([to_model_input(part, self.settings.input) for part in parts])
        scores = [self.settings.plausibility(outline_features(lungs[..., 0])) for lungs in self._forward(inputs)]
        return max(scores) >= self.settings.threshold

    def _reason(self, pixels: Grey) -> str:
        scores = [self.settings.plausibility(outline_features(self._outline(f(pixels)))) for _, f in SHOWN_WRONGLY]
        best = int(np.argmax(scores))
        return SHOWN_WRONGLY[best][0] if scores[best] >= self.settings.threshold else NO_LUNGS

    def _outline(self, pixels: Grey) -> npt.NDArray[np.float32]:
        inputs = to_model_input(pixels, self.settings.input)[np.newaxis]
        return np.asarray(self._forward(inputs)[0, ..., 0], dtype=np.float32)


def load_gate(artifact: Path, manifest: Manifest) -> InputGate | None:
    """The input gate of an artifact, in its folder `gate`.

    Returns:
        The gate; None where none is there and none is required.

    Raises:
        ArtifactError: if the required gate is missing or another one is there, or a gate is broken.
    """
    folder = artifact / FOLDER
    if manifest.gate_sha256 is None:
        return InputGate.load(folder) if folder.is_dir() else None
    gate = InputGate.load(folder)
    if file_sha256(folder / GateSettings.FILE) != manifest.gate_sha256:
        raise ArtifactError(
            f"{folder / GateSettings.FILE} is not the gate that the manifest names; restore the folder."
        )
    return gate


def halves_apart(model_input: npt.NDArray[np.float32]) -> Floats:
    """How the two halves of a picture differ; the negative of it for its mirror image.

    Args:
        model_input: float32, shape (size, size, 1), 0 to 1.

    Returns:
        float64, shape (MIRROR_SIDE² / 2,): left half less the right one turned over, of a small copy, row by row.
    """
    small = cv2.resize(model_input[..., 0], (MIRROR_SIDE, MIRROR_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray((small - small[:, ::-1])[:, : MIRROR_SIDE // 2].ravel(), dtype=np.float64)


def outline_features(lungs: npt.NDArray[np.float32]) -> Floats:
    """Features that distinguish a pair of lungs from other outlines.

    Args:
        lungs: float32, shape (h, w), 0 to 1: the probability that a place is lung.

    Returns:
        float64, shape (7,), each about 0 to 1, in the order of FEATURES: share of the picture; mean probability inside;
        area of the smaller of the two largest pieces against the larger; distance of their centres across, in widths;
        difference of their centres' heights, in heights; their height against their width; share of the outline outside
        the two. All zero if there is no outline.
    """
    height, width = lungs.shape
    found = (lungs > 0.5).astype(np.uint8)
    if not found.any():
        return np.zeros(len(FEATURES))
    number, _, stats, centres = cv2.connectedComponentsWithStats(found, connectivity=4)
    order = np.argsort(-stats[1:number, cv2.CC_STAT_AREA])[:2] + 1
    areas = stats[order, cv2.CC_STAT_AREA].astype(np.float64)
    total, certainty = float(found.sum()), float(lungs[found > 0].mean())
    if len(order) == 1:
        return np.array([total / found.size, certainty, 0.0, 0.0, 1.0, 0.0, 0.0])
    (x1, y1), (x2, y2) = centres[order]
    tall = stats[order, cv2.CC_STAT_HEIGHT] / np.maximum(stats[order, cv2.CC_STAT_WIDTH], 1)
    return np.array(
        [
            total / found.size,
            certainty,
            areas[1] / areas[0],
            abs(x1 - x2) / width,
            abs(y1 - y2) / height,
            min(float(tall.min()), 2.0) / 2.0,
            1.0 - areas.sum() / total,
        ]
    )
