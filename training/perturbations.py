"""Effects of storage, transfer, exposure and framing on a scan, each at three fixed strengths.

A reader would not notice strength 1, would notice 2 and complain about 3.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
STRENGTHS = (1, 2, 3)


def perturb(pixels: Grey, name: str, strength: int, *, seed: int = 0) -> Grey:
    """One scan, changed in one way.

    Args:
        pixels: uint8, shape (height, width).
        name: one of PERTURBATIONS.
        strength: 1, 2 or 3.
        seed: decides direction and noise; with the same seed the result is the same.

    Returns:
        uint8, same shape.

    Raises:
        KeyError: if the name is unknown.
    """
    rng = np.random.default_rng([seed, strength])
    return PERTURBATIONS[name](pixels, strength - 1, rng)


def _sign(rng: np.random.Generator) -> int:
    return 1 if rng.random() < 0.5 else -1


def _to_grey(values: npt.NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(np.round(values), 0, 255), dtype=np.uint8)


def _contrast(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    factor = 1.0 + _sign(rng) * (0.1, 0.25, 0.4)[level]
    mean = float(pixels.mean())
    return _to_grey((pixels - mean) * factor + mean)


def _brightness(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    return _to_grey(pixels + _sign(rng) * 255.0 * (0.05, 0.12, 0.2)[level])


def _gamma(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    exponent = (1.15, 1.4, 1.8)[level] ** _sign(rng)
    table = _to_grey(255.0 * (np.arange(256) / 255.0) ** exponent)
    return np.asarray(table[pixels], dtype=np.uint8)


def _blur(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:  # noqa: ARG001 - one form for all
    sigma = (0.002, 0.005, 0.009)[level] * min(pixels.shape)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)


def _noise(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    return _to_grey(pixels + rng.normal(0.0, (3.0, 8.0, 16.0)[level], pixels.shape))


def _jpeg(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:  # noqa: ARG001 - one form for all
    quality = (70, 35, 15)[level]
    stored = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _resample(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:  # noqa: ARG001 - one form for all
    height, width = pixels.shape
    scale = (0.75, 0.5, 0.35)[level]
    small = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _rotation(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    height, width = pixels.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, _sign(rng) * (3.0, 6.0, 10.0)[level], 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR), dtype=np.uint8)


def _crop(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    height, width = pixels.shape
    share = (0.05, 0.075, 0.10)[level]
    top, left = (round(rng.random() * share * side) for side in (height, width))
    bottom, right = top + round(height * (1 - share)), left + round(width * (1 - share))
    return np.asarray(cv2.resize(pixels[top:bottom, left:right], (width, height), interpolation=cv2.INTER_LINEAR))


def _markers(pixels: Grey, level: int, rng: np.random.Generator) -> Grey:
    marked = pixels.copy()
    height, width = pixels.shape
    for _ in range((1, 2, 4)[level]):
        corner = (int(rng.integers(0, width * 3 // 4)), int(rng.choice([height // 10, height - height // 20])))
        text = str(rng.choice(["R", "L", "PORTABLE", "AP", "SUPINE"]))
        cv2.putText(marked, text, corner, cv2.FONT_HERSHEY_SIMPLEX, min(height, width) / 350, 255, 2, cv2.LINE_AA)
    return marked


PERTURBATIONS: dict[str, Callable[[Grey, int, np.random.Generator], Grey]] = {
    "contrast": _contrast,
    "brightness": _brightness,
    "gamma": _gamma,
    "blur": _blur,
    "noise": _noise,
    "jpeg": _jpeg,
    "resampling": _resample,
    "rotation": _rotation,
    "crop": _crop,
    "markers": _markers,
}
