"""Grad-CAM's relatives: sums of feature maps, each with its own weights.

Feature maps and gradients are float32, shape (h, w, channels); a map is float32, shape (h, w), zero or more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from model.saliency.maps import Array, SaliencyMap

if TYPE_CHECKING:
    from collections.abc import Callable


def grad_cam(features: Array, gradients: Array) -> SaliencyMap:
    """Grad-CAM, equations 1 and 2 of Selvaraju et al. 2017: relu(sum_k mean_ij(g_ijk) A_k).

    Args:
        features: A.
        gradients: g, of the class's logit at each feature.

    Returns:
        The map.
    """
    return _weighted(features, gradients.mean(axis=(0, 1)))


def grad_cam_plus_plus(features: Array, gradients: Array) -> SaliencyMap:
    """Grad-CAM++, Chattopadhay et al. 2018, for the score exp(logit): relu(sum_k w_k A_k).

    With that score, equation 19 is alpha = g² / (2 g² + g³ sum_ij A), and w = sum_ij alpha relu(g). As in the authors'
    code, and in tf-keras-vis, the alphas of a channel are scaled to a sum of 1. The factor exp(logit), the same for the
    whole map, is left out: it overflows.

    Behind global average pooling g is the same at every place, so w = relu(g): Grad-CAM without the channels that
    speak against the class.

    Args:
        features: A.
        gradients: g, of the class's logit at each feature.

    Returns:
        The map.
    """
    g = gradients.astype(np.float64)
    total = features.sum(axis=(0, 1), dtype=np.float64)
    denominator = 2.0 * g**2 + g**3 * total
    alpha = np.divide(g**2, denominator, out=np.zeros_like(g), where=denominator != 0.0)
    scale = alpha.sum(axis=(0, 1))
    alpha = np.divide(alpha, scale, out=np.zeros_like(alpha), where=scale != 0.0)
    weights = (alpha * np.maximum(g, 0.0)).sum(axis=(0, 1))
    return _weighted(features, weights.astype(np.float32))


def layer_cam(features: Array, gradients: Array) -> SaliencyMap:
    """LayerCAM, equations 5 to 7 of Jiang et al. 2021: relu(sum_k relu(g_ijk) A_ijk), each place with its own weight.

    Args:
        features: A, of any layer.
        gradients: g, of the class's logit at each feature; of a layer before a stride, `without_stride_pattern`.

    Returns:
        The map.
    """
    return np.asarray(np.maximum((np.maximum(gradients, 0.0) * features).sum(axis=-1), 0.0), dtype=np.float32)


def without_stride_pattern(gradients: Array) -> Array:
    """Gradients smoothed by (1, 2, 1) / 4 along rows and columns.

    A convolution or pooling of stride 2 passes most of its gradient to every second cell, so a map of an earlier layer
    is a grid of dots. This filter takes out exactly that frequency.

    Args:
        gradients: float32, shape (h, w, channels).

    Returns:
        float32, same shape.
    """
    padded = np.pad(gradients, ((1, 1), (1, 1), (0, 0)), mode="symmetric")
    rows = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return np.asarray((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4, dtype=np.float32)


def score_cam(
    features: Array,
    model_input: Array,
    score: Callable[[Array], Array],
    *,
    channels: int,
    batch: int,
    progress: Callable[[float], None],
) -> SaliencyMap:
    """Score-CAM, algorithm 1 of Wang et al. 2020: relu(sum_k softmax_k(S(X H_k) - S(0)) A_k).

    H_k is the feature map enlarged to the input and scaled to 0 to 1; the baseline is the black image, as in the
    paper. Subtracting S(0) leaves the softmax as it is, so it is not computed. Only the channels that vary most are
    tried ("Faster Score-CAM", tabayashi0117; tf-keras-vis's `max_N`).

    Args:
        features: A.
        model_input: X, float32, shape (size, size, 1), 0 to 1.
        score: from inputs of shape (n, size, size, 1) to the class's logits, shape (n,).
        channels: how many to try at most.
        batch: inputs in one call of `score`.
        progress: told the part done, up to 1.

    Returns:
        The map.
    """
    chosen = np.sort(np.argsort(-features.std(axis=(0, 1)), kind="stable")[:channels])
    features = features[..., chosen]
    scores = []
    for start in range(0, len(chosen), batch):
        masks = channel_masks(features[..., start : start + batch], model_input.shape[0])
        scores.append(score(model_input * masks[..., np.newaxis]))
        progress(min(1.0, (start + batch) / len(chosen)))
    answers = np.concatenate(scores).astype(np.float64)
    shares = np.exp(answers - answers.max())
    return _weighted(features, (shares / shares.sum()).astype(np.float32))


def channel_masks(features: Array, size: int) -> Array:
    """Each channel enlarged bilinearly and scaled to 0 to 1; a channel of one value gives zeros.

    Args:
        features: float32, shape (h, w, channels).
        size: side of the masks, pixels.

    Returns:
        float32, shape (channels, size, size), 0 to 1.
    """
    masks = np.stack(
        [
            cv2.resize(np.ascontiguousarray(features[..., k]), (size, size), interpolation=cv2.INTER_LINEAR)
            for k in range(features.shape[-1])
        ]
    )
    low, high = masks.min(axis=(1, 2), keepdims=True), masks.max(axis=(1, 2), keepdims=True)
    spread = np.where(high > low, high - low, np.float32(1.0))
    return np.asarray((masks - low) / spread, dtype=np.float32)


def _weighted(features: Array, weights: Array) -> SaliencyMap:
    return np.asarray(np.maximum(features @ weights, 0.0), dtype=np.float32)
