"""Sample radiographs for the page: synthetic k-same composites, not real patients (Newton, Sweeney and Malin 2005).

Each is made of four training scans of four patients. They are aligned by optical flow (Kroeger et al. 2016) to their
mean shape, so that ribs stay sharp; of each pixel the lowest and the highest value are dropped, so that what only one
scan shows goes, and the other two averaged. So neither the outline nor a grey value is one child's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from model.labels import LABELS
from model.preprocessing import InputSpec, apply_window, resize
from model.radiograph import Radiograph, read
from training import data
from training.errors import DatasetError

if TYPE_CHECKING:
    from model.predictor import Predictor

TOGETHER = 4
"""Scans in a composite."""

PER_CLASS = 4, 3
"""Composites of normal scans, and of scans with pneumonia."""

CANDIDATES = 192
TRIED = 24
"""Composites of two of each, of which the one with a score nearest to the threshold is kept."""

SIZE = 400
COMPARED_AT = 32  # pixels a side: enough to compare anatomy, too few to compare noise
MEASURED_AT = 64
_SMOOTH_PX, _STIFF_PX = 2, 14
"""Standard deviations: of the blur before the flow is found, and of that of the flow, which may not fold."""

REFUSED = Path("refused") / "upside_down.png"
"""In a separate folder: only the guided demo shows it."""

_README = """\
# Samples

Synthetic composites, not real patients, written by `python -m training samples --data originals` from {images:,}
training images of {scans:,} patients, median size {width} x {height} pixels; the first scan of each patient is used.
Each composite is made of {together} scans of {together} patients, aligned to their mean shape; of each pixel the lowest
and the highest value are dropped and the others averaged. *Unclear* is made of two normal scans and two with pneumonia.

How far a composite is from the most similar of the {scans:,} scans that it could have been made of, as the root mean
square difference of grey values (0 to 255) at {at} x {at} pixels. Between a scan and the most similar one of another
patient that difference is {apart:.1f} (median; a tenth are closer than {close:.1f}).

| Composite | Nearest scan |
|---|---|
{rows}
"""


@dataclass(frozen=True)
class _Scans:
    """Training scans, one a patient.

    Attributes:
        windowed: uint8, shape (n, SIZE, SIZE).
        labels: 0 or 1, shape (n,).
        shapes: height and width of each file, pixels, shape (n, 2).
        images: how many files there are, of the n patients.
    """

    windowed: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int_]
    shapes: npt.NDArray[np.int_]
    images: int

    def small(self, size: int) -> npt.NDArray[np.float32]:
        """Each as a row of `size` x `size` values."""
        return np.stack([resize(scan, size).ravel() for scan in self.windowed]).astype(np.float32)


def make_samples(root: Path, output: Path, predictor: Predictor, *, seed: int) -> list[Path]:
    """Write a handful of composites, and how far each is from any scan.

    Args:
        root: the data folder.
        output: folder that the pictures go to.
        predictor: chooses the composite that is hard to classify.
        seed: draws the scans to start from.

    Returns:
        The PNG files, SIZE pixels high and as wide as the scans are on average, 8-bit grey; the last one is for the
        input gate to refuse.

    Raises:
        DatasetError: if a class has fewer than four patients.
    """
    scans = _load(root)
    made = {
        f"composite_{name.lower()}_{number}.png": _finished(scans, group)
        for label, name in enumerate(LABELS)
        for number, group in enumerate(_most_alike(scans, label, PER_CLASS[label], seed=seed), start=1)
    }
    tried = (_finished(scans, group) for group in _two_of_each(scans))
    made["composite_unclear_1.png"] = min(tried, key=lambda pixels: _from_threshold(predictor, pixels))
    output.mkdir(parents=True, exist_ok=True)
    for name, pixels in made.items():
        Image.fromarray(pixels).save(output / name, optimize=True)
    (output / "README.md").write_text(_told(scans, made), encoding="utf-8")
    paths = [output / name for name in made]
    return [*paths, make_refused(paths[0], output)]


def make_refused(sample: Path, output: Path) -> Path:
    """Write a composite upside down, like a wrongly scanned film."""
    path = output / REFUSED
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(sample) as composite:
        composite.rotate(180).save(path, optimize=True)
    return path


def _most_alike(scans: _Scans, label: int, number: int, *, seed: int) -> list[list[int]]:
    """Up to `number` groups of TOGETHER similar scans of a class, the closest of some random starts."""
    rows = np.flatnonzero(scans.labels == label)
    small = scans.small(COMPARED_AT)[rows]
    starts = np.random.default_rng([seed, label]).choice(len(rows), size=min(CANDIDATES, len(rows)), replace=False)
    distances, near = NearestNeighbors(n_neighbors=TOGETHER).fit(small).kneighbors(small[starts])
    return _disjoint([rows[near[row]].tolist() for row in np.argsort(distances.mean(axis=1))], number)


def average(scans: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Align scans to their mean shape, and average them without the lowest and the highest value of each pixel.

    Args:
        scans: uint8, shape (n, size, size), at least three.

    Returns:
        uint8, shape (size, size).
    """
    contrast = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8))
    soft = [cv2.GaussianBlur(contrast.apply(scan), (0, 0), _SMOOTH_PX) for scan in scans]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
    moves = np.zeros((*scans.shape, 2), np.float32)
    for row, other in enumerate(soft[1:], start=1):
        moves[row] = cv2.GaussianBlur(flow.calc(soft[0], other, None), (0, 0), _STIFF_PX)
    moves -= moves.mean(axis=0)
    places = np.stack(np.meshgrid(*(np.arange(side, dtype=np.float32) for side in scans.shape[:0:-1])), axis=-1)
    aligned = np.stack(
        [
            cv2.remap(scan, places + move, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            for scan, move in zip(scans, moves, strict=True)
        ]
    )
    middle: npt.NDArray[np.uint8] = np.sort(aligned, axis=0)[1:-1].mean(axis=0).round().astype(np.uint8)
    return middle


def _load(root: Path) -> _Scans:
    listed = data.list_training_images(root)["train"]
    first: dict[str, data.LabelledImage] = {}
    for image in listed:
        first.setdefault(image.patient_id, image)
    images = list(first.values())
    labels = np.array([image.label for image in images])
    for label, name in enumerate(LABELS):
        if (found := int((labels == label).sum())) < TOGETHER:
            raise DatasetError(f"{found} patients of class {name}; a composite needs {TOGETHER}.")
    windowed = np.empty((len(images), SIZE, SIZE), np.uint8)
    shapes = np.empty((len(images), 2), np.int_)
    for row, image in enumerate(images):
        pixels = read(root / image.path).pixels
        windowed[row] = apply_window(resize(pixels, SIZE), InputSpec(size=SIZE))
        shapes[row] = pixels.shape
    return _Scans(windowed, labels, shapes, len(listed))


def _two_of_each(scans: _Scans) -> list[list[int]]:
    """Two normal scans and the two with pneumonia that are most like the first."""
    small, half = scans.small(COMPARED_AT), TOGETHER // 2
    classes = [np.flatnonzero(scans.labels == label) for label in range(len(LABELS))]
    near = [NearestNeighbors(n_neighbors=half).fit(small[rows]).kneighbors(small[classes[0]]) for rows in classes]
    order = np.argsort(sum(distances.mean(axis=1) for distances, _ in near))
    groups = [[int(one) for rows, (_, at) in zip(classes, near, strict=True) for one in rows[at[row]]] for row in order]
    return _disjoint(groups, TRIED)


def _disjoint(groups: list[list[int]], number: int) -> list[list[int]]:
    """The first groups that share no scan."""
    chosen: list[list[int]] = []
    used: set[int] = set()
    for group in groups:
        if len(chosen) < number and not used & set(group):
            chosen.append(group)
            used |= set(group)
    return chosen


def _finished(scans: _Scans, group: list[int]) -> npt.NDArray[np.uint8]:
    """The composite of a group, as wide as its scans are on average."""
    height, width = scans.shapes[group].T
    across = round(SIZE * float((width / height).mean()))
    return np.asarray(Image.fromarray(average(scans.windowed[group])).resize((across, SIZE), Image.Resampling.BICUBIC))


def _from_threshold(predictor: Predictor, pixels: npt.NDArray[np.uint8]) -> float:
    prediction = predictor.predict(Radiograph(pixels, "PNG"))
    return abs(prediction.probability - prediction.threshold)


def _told(scans: _Scans, made: dict[str, npt.NDArray[np.uint8]]) -> str:
    """README of the folder: the distance of each composite to the nearest scan."""
    side = MEASURED_AT
    small = scans.small(side)
    search = NearestNeighbors(n_neighbors=2).fit(small)
    apart = search.kneighbors(small)[0][:, 1] / side
    composites = np.stack([resize(pixels, side).ravel() for pixels in made.values()]).astype(np.float32)
    nearest = search.kneighbors(composites, n_neighbors=1)[0][:, 0] / side
    rows = "\n".join(f"| {name} | {value:.1f} |" for name, value in zip(made, nearest, strict=True))
    middle, close = float(np.median(apart)), float(np.quantile(apart, 0.1))
    height, width = np.median(scans.shapes, axis=0).astype(int)
    sizes = {"images": scans.images, "scans": len(small), "width": width, "height": height}
    return _README.format(together=TOGETHER, at=side, apart=middle, close=close, rows=rows, **sizes)
