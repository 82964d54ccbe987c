"""Synthetic images that are not upright frontal chest radiographs, to train and measure the input gate.

Two families: radiographs displayed wrongly (inverted, turned, upside down, heavily cropped, over- and under-exposed,
near-blank, in pieces), and other images (textures, drawings, text).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from model.variation import to_grey

Grey = npt.NDArray[np.uint8]
Maker = Callable[[Grey, np.random.Generator], Grey]


def inverted(scan: Grey, rng: np.random.Generator) -> Grey:  # noqa: ARG001 - one form for all
    """Black and white exchanged."""
    return np.asarray(255 - scan, dtype=np.uint8)


def turned(scan: Grey, rng: np.random.Generator) -> Grey:
    """Lying on its left or right side."""
    return np.ascontiguousarray(np.rot90(scan, 1 if rng.random() < 0.5 else 3))


def upside_down(scan: Grey, rng: np.random.Generator) -> Grey:  # noqa: ARG001 - one form for all
    """Turned by 180 degrees."""
    return np.ascontiguousarray(scan[::-1, ::-1])


def cropped(scan: Grey, rng: np.random.Generator) -> Grey:
    """A quarter to four tenths of each side: part of a lung, a shoulder or the belly."""
    size = scan.shape[0]
    side = round(size * rng.uniform(0.25, 0.4))
    top, left = rng.integers(0, size - side, size=2)
    part = scan[top : top + side, left : left + side]
    return np.asarray(cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def overexposed(scan: Grey, rng: np.random.Generator) -> Grey:
    """Nearly all white: what is inside the lungs is burnt out."""
    return to_grey(scan.astype(np.float32) * 1.5 + rng.uniform(140, 180))


def underexposed(scan: Grey, rng: np.random.Generator) -> Grey:
    """Nearly all black."""
    return to_grey((scan.astype(np.float32) - rng.uniform(170, 200)) * 1.5)


def near_blank(scan: Grey, rng: np.random.Generator) -> Grey:
    """One grey with a little noise."""
    return to_grey(rng.uniform(30, 220) + rng.normal(0, 3.0, scan.shape))


def in_pieces(scan: Grey, rng: np.random.Generator) -> Grey:
    """Cut into squares and shuffled: the same grey values and textures, no anatomy."""
    count = int(rng.choice([3, 4, 6]))
    edge = scan.shape[0] // count
    tiles = [scan[r * edge : (r + 1) * edge, c * edge : (c + 1) * edge] for r in range(count) for c in range(count)]
    order = rng.permutation(len(tiles))
    rows = [np.hstack([tiles[i] for i in order[r * count : (r + 1) * count]]) for r in range(count)]
    return np.asarray(cv2.resize(np.vstack(rows), scan.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def texture(scan: Grey, rng: np.random.Generator) -> Grey:
    """Cloudy noise whose power falls with frequency, as in natural images (Field 1987)."""
    height, width = scan.shape
    fy, fx = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij")
    frequency = np.maximum(np.hypot(fy, fx), 1.0 / max(height, width))
    spectrum = np.fft.fft2(rng.normal(size=scan.shape)) / frequency ** rng.uniform(0.7, 1.8)
    values = np.real(np.fft.ifft2(spectrum))
    return to_grey(128 + 60 * (values - values.mean()) / (values.std() + 1e-9))


def drawing(scan: Grey, rng: np.random.Generator) -> Grey:
    """Lines, circles and filled shapes."""
    size = scan.shape[0]
    picture = np.full(scan.shape, int(rng.integers(0, 256)), dtype=np.uint8)
    for _ in range(int(rng.integers(3, 14))):
        grey, thickness = int(rng.integers(0, 256)), int(rng.choice([-1, 1, 2, 4]))
        a, b = (tuple(int(v) for v in rng.integers(0, size, 2)) for _ in range(2))
        match int(rng.integers(3)):
            case 0:
                cv2.line(picture, a, b, grey, max(1, thickness))
            case 1:
                cv2.circle(picture, a, int(rng.integers(4, size // 3)), grey, thickness)
            case _:
                cv2.rectangle(picture, a, b, grey, thickness)
    return picture


def text_page(scan: Grey, rng: np.random.Generator) -> Grey:
    """Lines of text, dark on light or light on dark."""
    size = scan.shape[0]
    paper, ink = (255, 0) if rng.random() < 0.7 else (0, 255)
    picture = np.full(scan.shape, paper, dtype=np.uint8)
    for top in range(14, size, int(rng.integers(12, 24))):
        words = " ".join("".join(chr(int(c)) for c in rng.integers(97, 123, int(rng.integers(2, 9)))) for _ in range(6))
        cv2.putText(
            picture, words, (6, top), cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.3, 0.5)), ink, 1, cv2.LINE_AA
        )
    return picture


IMPOSTORS: dict[str, Maker] = {
    "inverted": inverted,
    "turned by 90 degrees": turned,
    "upside down": upside_down,
    "heavily cropped": cropped,
    "overexposed": overexposed,
    "underexposed": underexposed,
    "near-blank": near_blank,
    "in pieces": in_pieces,
    "texture": texture,
    "drawing": drawing,
    "text": text_page,
}
