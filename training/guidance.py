"""Guide a network to take its evidence from the lungs, and from synthetic opacities.

With a pooled head the logits are the mean over the cells of the last feature maps of each cell's evidence. The forward
pass therefore shows where the evidence comes from, and the loss can use it, similar to Ross, Hughes and Doshi-Velez
(2017), who constrain input gradients to a mask, and to Li et al. (2018, guided attention inference), who constrain
Grad-CAM. Constrained strictly to the lungs, the network learns to place its evidence in the middle of each lung
regardless of the finding: a map that looks right and says nothing. Synthetic opacities of known place, and a tolerated
share outside, prevent this.
"""

from __future__ import annotations

from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from training.errors import ConfigError

EPSILON = 1e-6
ALLOWED = 0.2
"""Tolerated share of the evidence outside: outlines are rough, and cells lie across their edge."""


def region_of(region: npt.NDArray[np.uint8], label: int, cells: int) -> npt.NDArray[np.float32]:
    """Where evidence should lie and for which class, in one array.

    Args:
        region: uint8, shape (size, size), 255 where it should lie; all zero where that is not known.
        label: 0 Normal, 1 Pneumonia.
        cells: side of the grid.

    Returns:
        float32, shape (cells, cells): how much of each cell is in the region, above 0 for Pneumonia, below for Normal.
    """
    shares = cv2.resize(region, (cells, cells), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(shares / np.float32(255.0 if label else -255.0))


def cells_of(network: keras.Model) -> int:
    """Side of the last feature maps of a network whose evidence can be guided.

    Raises:
        ConfigError: if its head is not one dense layer after global average pooling.
    """
    if "hidden" in {layer.name for layer in network.layers}:
        raise ConfigError(
            f"guidance needs a network whose logits are the mean over its cells; {network.name} has a hidden "
            "dense layer. Set guidance=0, or use the preset residual."
        )
    side: int = network.output["feature_maps"].shape[1]
    return side


def evidence_of(network: keras.Model) -> keras.KerasTensor:
    """The evidence of each cell for pneumonia against normal.

    Applies the dense layer to every cell instead of their mean; the mean of the result is the difference of the logits.

    Returns:
        Shape (batch, h, w), in logits.
    """
    votes = network.get_layer("logits")(network.output["feature_maps"])
    return ops.subtract(votes[..., 1], votes[..., 0])


class OutsideRegion(keras.losses.Loss):  # type: ignore[misc]
    """Share of the evidence for a scan's class outside its region, beyond `ALLOWED`; 0 where no region is known."""

    def __init__(self) -> None:
        """Set the name."""
        super().__init__(name="outside_region")

    def call(self, y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401 - tensors of whichever backend
        """Per image, the share beyond what is allowed.

        Args:
            y_true: (batch, h, w), of `region_of`; all zero where no region is known.
            y_pred: (batch, h, w), of `evidence_of`.

        Returns:
            (batch,), 0 to 1.
        """
        towards = ops.sign(ops.sum(y_true, axis=(1, 2), keepdims=True))
        strength = ops.relu(y_pred * towards)
        outside = ops.sum(strength * (1.0 - ops.abs(y_true)), axis=(1, 2))
        total = ops.sum(strength, axis=(1, 2)) + EPSILON
        # Without a region there is no direction and no loss.
        return ops.relu(outside / total - ALLOWED)
