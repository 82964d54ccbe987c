"""Sample radiographs for the page: synthetic k-same composites, not real patients (Newton, Sweeney and Malin 2005).

Each is the mean of a training scan and its five nearest neighbours of the same class. It looks like a radiograph, and
no pixel of it is one child's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from model.labels import LABELS
from model.preprocessing import InputSpec, apply_window, resize
from training import data
from training.errors import DatasetError

NEIGHBOURS = 5
PER_CLASS = 4
CANDIDATES = 48
SIZE = 224
COMPARED_AT = 32  # pixels a side: enough to align anatomy, too few to align noise
REFUSED = Path("refused") / "upside_down.png"
"""In a separate folder: only the guided demo shows it."""


def make_samples(root: Path, output: Path, *, seed: int) -> list[Path]:
    """Write a handful of composites per class.

    Returns:
        The PNG files, 224 x 224, 8-bit grey; the last one is for the input gate to refuse.

    Raises:
        DatasetError: if a class has fewer than six patients.
    """
    output.mkdir(parents=True, exist_ok=True)
    images = data.list_training_images(root)["train"]
    paths = []
    for label, name in enumerate(LABELS):
        members = _one_per_patient([image for image in images if image.label == label])
        if len(members) <= NEIGHBOURS:
            raise DatasetError(f"{len(members)} patients of class {name}; a composite needs {NEIGHBOURS + 1}.")
        scans = data.load_pixels(root, members, SIZE)
        windowed = np.stack([apply_window(scan, InputSpec(size=SIZE)) for scan in scans])
        for number, composite in enumerate(composites(windowed, np.random.default_rng([seed, label])), start=1):
            path = output / f"composite_{name.lower()}_{number}.png"
            Image.fromarray(composite).save(path, optimize=True)
            paths.append(path)
    return [*paths, make_refused(paths[0], output)]


def make_refused(sample: Path, output: Path) -> Path:
    """Write a composite upside down, like a wrongly scanned film."""
    path = output / REFUSED
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(sample) as composite:
        composite.rotate(180).save(path, optimize=True)
    return path


def composites(scans: npt.NDArray[np.uint8], rng: np.random.Generator) -> list[npt.NDArray[np.uint8]]:
    """Mean images of close neighbours, the sharpest of some random tries, no scan used twice.

    Args:
        scans: uint8, shape (n, size, size), windowed, of one class, one a patient.
        rng: draws the scans to start from.

    Returns:
        Up to PER_CLASS arrays, uint8, shape (size, size).
    """
    small = np.stack([resize(scan, COMPARED_AT).ravel() for scan in scans]).astype(np.float32)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(small)
    starts = rng.choice(len(scans), size=min(CANDIDATES, len(scans)), replace=False)
    distances, neighbours = search.kneighbors(small[starts])
    used: set[int] = set()
    made = []
    # Closer neighbours give a sharper mean.
    for row in np.argsort(distances.mean(axis=1)):
        group = set(neighbours[row].tolist())
        if group & used:
            continue
        used |= group
        made.append(scans[sorted(group)].astype(np.float32).mean(axis=0).round().astype(np.uint8))
        if len(made) == PER_CLASS:
            break
    return made


def _one_per_patient(images: list[data.LabelledImage]) -> list[data.LabelledImage]:
    first: dict[str, data.LabelledImage] = {}
    for image in images:
        first.setdefault(image.patient_id, image)
    return list(first.values())
