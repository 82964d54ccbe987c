"""Gradient methods: SmoothGrad and integrated gradients.

`gradient` is a function from inputs, float32 of shape (n, size, size, 1), to the gradient of the class's logit there,
same shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from model.saliency.maps import Array, SaliencyMap

if TYPE_CHECKING:
    from collections.abc import Callable


def noise(shape: tuple[int, ...], *, samples: int, deviation: float, seed: int) -> Array:
    """Gaussian noise, the same for the same seed.

    Returns:
        float32, shape (samples, *shape).
    """
    generator = np.random.default_rng(seed)
    return generator.standard_normal((samples, *shape), dtype=np.float32) * np.float32(deviation)


def smooth_grad(
    model_input: Array,
    gradient: Callable[[Array], Array],
    disturbances: Array,
    *,
    batch: int,
    progress: Callable[[float], None],
) -> Array:
    """SmoothGrad, Smilkov et al. 2017: the mean gradient over noisy copies of the input.

    Args:
        model_input: float32, shape (size, size, 1), 0 to 1.
        gradient: of the class's logit.
        disturbances: float32, shape (n, size, size, 1): what is added to each copy; copies are not clipped.
        batch: copies in one call of `gradient`.
        progress: told the part done, up to 1.

    Returns:
        float32, shape (size, size), signed: logits per unit of grey.
    """
    total = np.zeros(model_input.shape, dtype=np.float64)
    for start in range(0, len(disturbances), batch):
        part = disturbances[start : start + batch]
        total += gradient(model_input + part).sum(axis=0, dtype=np.float64)
        progress(min(1.0, (start + batch) / len(disturbances)))
    return (total[..., 0] / len(disturbances)).astype(np.float32)


def integrated_gradients(
    model_input: Array,
    baseline: Array,
    gradient: Callable[[Array], Array],
    *,
    steps: int,
    batch: int,
    progress: Callable[[float], None],
) -> Array:
    """Integrated gradients, equation 1 of Sundararajan et al. 2017, by the midpoint rule.

    (x - x') times the mean gradient on the straight line from x' to x. The attributions add up to
    logit(x) - logit(x'), but for the error of the rule ("completeness").

    Args:
        model_input: x, float32, shape (size, size, 1), 0 to 1.
        baseline: x', same shape and range.
        gradient: of the class's logit.
        steps: points on the line.
        batch: points in one call of `gradient`.
        progress: told the part done, up to 1.

    Returns:
        float32, shape (size, size), signed, in logits.
    """
    change = model_input - baseline
    positions = ((np.arange(steps) + 0.5) / steps).astype(np.float32).reshape(-1, 1, 1, 1)
    total = np.zeros(model_input.shape, dtype=np.float64)
    for start in range(0, steps, batch):
        total += gradient(baseline + positions[start : start + batch] * change).sum(axis=0, dtype=np.float64)
        progress(min(1.0, (start + batch) / steps))
    return (change * total / steps)[..., 0].astype(np.float32)


def pooled(signed: Array, deviation: float) -> Array:
    """Add up over a neighbourhood; the map's total stays.

    Neighbouring pixels of one edge get large values of both signs, so a map is unreadably speckled; their sum over a
    small neighbourhood is the contribution of the place.

    Args:
        signed: float32, shape (h, w).
        deviation: of the Gaussian window, pixels.

    Returns:
        float32, shape (h, w), signed.
    """
    blurred: Array = cv2.GaussianBlur(signed, (0, 0), deviation, borderType=cv2.BORDER_REFLECT)
    return blurred


def magnitude(signed: Array) -> SaliencyMap:
    """Absolute influence."""
    return np.abs(signed)


def in_favour(signed: Array) -> SaliencyMap:
    """Influence for the class; influence against it becomes zero."""
    return np.maximum(signed, np.float32(0.0))
