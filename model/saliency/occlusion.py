"""Occlusion: cover a patch and measure the fall of the logit (Zeiler and Fergus 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model.saliency.maps import Array

if TYPE_CHECKING:
    from collections.abc import Callable


def occlusion(
    model_input: Array,
    score: Callable[[Array], Array],
    *,
    cells: int,
    batch: int,
    progress: Callable[[float], None],
) -> Array:
    """Mean fall of the class's logit over the patches that cover a cell.

    The input is cut into cells x cells cells. A patch covers two by two of them with the input's mean grey; patches
    stand at every corner between cells, overhanging the border, so that every cell is covered by exactly four.

    Args:
        model_input: float32, shape (size, size, 1), 0 to 1.
        score: from inputs of shape (n, size, size, 1) to the class's logits, shape (n,).
        cells: along a side, at most `size`.
        batch: covered copies in one call of `score`.
        progress: told the part done, up to 1.

    Returns:
        float32, shape (cells, cells), in logits; negative where covering raises the logit.
    """
    edges = np.linspace(0, model_input.shape[0], cells + 1).round().astype(int)
    corners = [(row, column) for row in range(cells + 1) for column in range(cells + 1)]
    grey = model_input.mean()
    falls = np.zeros((cells + 1, cells + 1), dtype=np.float64)
    whole = score(model_input[np.newaxis])[0]
    for start in range(0, len(corners), batch):
        part = corners[start : start + batch]
        covered = np.repeat(model_input[np.newaxis], len(part), axis=0)
        for copy, (row, column) in zip(covered, part, strict=True):
            copy[_span(edges, row), _span(edges, column)] = grey
        falls[tuple(np.transpose(part))] = whole - score(covered)
        progress(min(1.0, (start + batch) / len(corners)))
    return ((falls[:-1, :-1] + falls[1:, :-1] + falls[:-1, 1:] + falls[1:, 1:]) / 4.0).astype(np.float32)


def _span(edges: npt.NDArray[np.int_], corner: int) -> slice:
    """Pixels of the two cells that meet at a corner; of one, at the border."""
    return slice(edges[max(corner - 1, 0)], edges[min(corner + 1, len(edges) - 1)])
