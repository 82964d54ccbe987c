"""The raw saliency map of every method, and its scaling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SaliencyMap = npt.NDArray[np.float32]


def normalise(saliency_map: SaliencyMap) -> SaliencyMap:
    """Scale to a maximum of 1; a map of zeros stays zeros, never NaN.

    Args:
        saliency_map: float32, shape (h, w), zero or more.

    Returns:
        float32, shape (h, w), 0 to 1.
    """
    peak = float(saliency_map.max(initial=0.0))
    if not np.isfinite(peak) or peak <= 0.0:
        return np.zeros_like(saliency_map, dtype=np.float32)
    return (np.maximum(saliency_map, 0.0) / np.float32(peak)).astype(np.float32)
