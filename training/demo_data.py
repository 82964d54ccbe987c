"""Made radiographs: phantoms with lungs, ribs, spine and heart, and, for pneumonia, soft patches in the lungs.

They show no patient and replace the data set in the notebook and in tests. The classes are easy to separate on purpose:
a network learns them in seconds.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Grey = npt.NDArray[np.uint8]


def made_radiograph(seed: int, *, pneumonia: bool, size: tuple[int, int] = (224, 224)) -> Grey:
    """One phantom.

    Args:
        seed: decides pose, exposure and, with `pneumonia`, where the patches lie.
        pneumonia: whether there are patches.
        size: height and width, pixels.

    Returns:
        uint8, shape `size`.
    """
    rng = np.random.default_rng([seed, int(pneumonia)])
    side = 256
    scan = np.full((side, side), 150.0, dtype=np.float32)
    lungs = made_lungs(seed, pneumonia=pneumonia, size=(side, side)).astype(np.float32) / 255.0
    scan = scan * (1 - 0.65 * cv2.GaussianBlur(lungs, (0, 0), 3))
    for rib in range(7):
        bow = np.zeros_like(scan)
        cv2.ellipse(bow, (128, 40 + rib * 28), (105, 30), 0, 190, 350, 1.0, 4)
        scan += 22 * cv2.GaussianBlur(bow, (0, 0), 1.2)
    cv2.rectangle(scan, (119, 0), (137, side), 190.0, -1)
    scan = cv2.GaussianBlur(scan, (0, 0), 1.5)
    if pneumonia:
        scan += _patches(rng, lungs)
    scan = scan * rng.uniform(0.85, 1.1) + rng.normal(0, 2.5, scan.shape)
    grey = np.clip(scan, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)


def made_lungs(seed: int, *, pneumonia: bool, size: tuple[int, int] = (224, 224)) -> Grey:
    """The lung outline of the phantom of the same seed and class: uint8, shape `size`, 0 or 255."""
    rng = np.random.default_rng([seed, int(pneumonia), 1])
    lungs = np.zeros((256, 256), dtype=np.uint8)
    for side in (-1, 1):
        centre = (int(128 + side * rng.integers(48, 58)), int(rng.integers(120, 136)))
        cv2.ellipse(lungs, centre, (int(rng.integers(34, 42)), int(rng.integers(78, 92))), side * -6, 0, 360, 255, -1)
    return np.asarray(cv2.resize(lungs, size[::-1], interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def write_dataset(root: Path, *, per_class: dict[str, int], names: tuple[str, str] = ("NORMAL", "PNEUMONIA")) -> Path:
    """Write made radiographs as a data folder, one patient an image, with lung outlines in `root/masks`.

    Args:
        root: made if it is not there.
        per_class: images of each class, per split.
        names: class folders for Normal and Pneumonia.

    Returns:
        The data folder, `root/data`.
    """
    for offset, (split, number) in enumerate(per_class.items()):
        for label, folder in enumerate(names):
            images, masks = root / "data" / split / folder, root / "masks" / split / folder
            images.mkdir(parents=True, exist_ok=True)
            masks.mkdir(parents=True, exist_ok=True)
            for index in range(number):
                seed = 10_000 * offset + index
                stem = f"person{seed}_bacteria_{index}" if label else f"IM-{seed:05d}-0001"
                Image.fromarray(made_radiograph(seed, pneumonia=bool(label))).save(images / f"{stem}.jpeg", quality=92)
                Image.fromarray(made_lungs(seed, pneumonia=bool(label))).save(masks / f"{stem}.png")
    return root / "data"


def _patches(rng: np.random.Generator, lungs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    patches = np.zeros_like(lungs)
    inside = np.argwhere(lungs > 0)
    for _ in range(int(rng.integers(2, 5))):
        y, x = inside[rng.integers(len(inside))]
        cv2.circle(patches, (int(x), int(y)), int(rng.integers(14, 26)), 1.0, -1)
    texture = cv2.GaussianBlur(rng.normal(1.0, 0.5, lungs.shape).astype(np.float32), (0, 0), 3)
    return np.asarray(75.0 * cv2.GaussianBlur(patches, (0, 0), 7) * texture * lungs, dtype=np.float32)
