"""Deletion and insertion curves (Petsiuk, Das and Saenko 2018, RISE).

If a map shows what the network used, removing its strongest places first lowers the probability fast (deletion), and
restoring them first raises it fast (insertion). A map that does no better than a random order, or than a blob in the
centre of the image, is uninformative.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from model.variation import VEIL
from training.explain.subject import Inputs

Floats = npt.NDArray[np.float64]
Scorer = Callable[[Inputs], Floats]

STEPS = 16
CELLS = 14


def without(model_input: Inputs) -> Inputs:
    """What replaces a removed place: the scan, blurred beyond recognition.

    Args:
        model_input: float32, shape (size, size, 1), 0 to 1.

    Returns:
        float32, the same shape.
    """
    sigma = VEIL * model_input.shape[0]
    return np.asarray(cv2.GaussianBlur(model_input[..., 0], (0, 0), sigma), dtype=np.float32)[..., np.newaxis]


def order_of(saliency_map: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """The cells of a grid, the most salient first, ties in random order.

    Args:
        saliency_map: float32, shape (h, w), any size.
        rng: breaks ties, so that a flat map is a random order.

    Returns:
        int, shape (CELLS * CELLS,): flat indices of cells.
    """
    grid = cv2.resize(saliency_map, (CELLS, CELLS), interpolation=cv2.INTER_AREA).ravel()
    return np.lexsort((rng.random(grid.size), -grid))


def curve(model_input: Inputs, order: npt.NDArray[np.intp], score: Scorer, *, insert: bool) -> Floats:
    """The score as cells are removed or restored.

    Args:
        model_input: float32, shape (size, size, 1), 0 to 1.
        order: of `order_of`.
        score: from inputs, shape (n, size, size, 1), to n scores.
        insert: whether to restore cells of the blurred scan instead of removing cells of the scan.

    Returns:
        float64, shape (STEPS + 1,), from no cell touched to all.
    """
    size = model_input.shape[0]
    nothing = without(model_input)
    begin, end = (nothing, model_input) if insert else (model_input, nothing)
    rank = np.empty(order.size, dtype=np.intp)
    rank[order] = np.arange(order.size)
    # Whole cells change, so that a fine map gains no advantage from noise.
    cell = np.arange(size) * CELLS // size
    pixel_rank = rank.reshape(CELLS, CELLS)[np.ix_(cell, cell)][..., np.newaxis]
    touched = np.linspace(0, order.size, STEPS + 1).round().astype(int)
    inputs = np.stack([np.where(pixel_rank < number, end, begin) for number in touched])
    return np.asarray(score(inputs.astype(np.float32)), dtype=np.float64)


def area(values: Floats) -> float:
    """Area under a curve over the share of cells touched, by the trapezium rule."""
    return float(np.trapezoid(values, dx=1.0 / (len(values) - 1)))


def centre_blob(size: int) -> npt.NDArray[np.float32]:
    """A map that always points to the centre: a Gaussian of a quarter of the side.

    Returns:
        float32, shape (size, size), 0 to 1.
    """
    axis = (np.arange(size, dtype=np.float32) - (size - 1) / 2) / (size / 4)
    profile = np.exp(-0.5 * axis**2)
    blob: npt.NDArray[np.float32] = np.outer(profile, profile).astype(np.float32)
    return blob
