"""How alike two saliency maps are: structural similarity and rank correlation."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from model.saliency import normalise
from training.explain.subject import Map

GRID = 56
_C1, _C2 = 0.01**2, 0.03**2  # for values from 0 to 1, as in the paper


def on_grid(saliency_map: Map) -> Map:
    """A map scaled to a maximum of 1, on a common grid.

    Args:
        saliency_map: float32, shape (h, w), zero or more.

    Returns:
        float32, shape (GRID, GRID), 0 to 1.
    """
    height = saliency_map.shape[0]
    way = cv2.INTER_AREA if height > GRID else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(normalise(saliency_map), (GRID, GRID), interpolation=way), dtype=np.float32)


def structural_similarity(one: Map, other: Map) -> float:
    """Mean structural similarity (Wang et al. 2004), windows of sigma 1.5 on a common grid.

    Returns:
        -1 to 1; 1 for the same map.
    """
    a, b = (on_grid(saliency_map).astype(np.float64) for saliency_map in (one, other))

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), dtype=np.float64)

    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b, both = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2, mean(a * b) - mean_a * mean_b
    likeness = ((2 * mean_a * mean_b + _C1) * (2 * both + _C2)) / (
        (mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2)
    )
    return float(likeness.mean())


def rank_correlation(one: Map, other: Map) -> float:
    """Spearman's rank correlation of two maps on a common grid.

    Returns:
        -1 to 1; 0 where a map is flat, since it ranks nothing.
    """
    ranks = [rankdata(on_grid(saliency_map).ravel()) for saliency_map in (one, other)]
    centred = [values - values.mean() for values in ranks]
    scale = np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    return float((centred[0] * centred[1]).sum() / scale) if scale > 0 else 0.0
