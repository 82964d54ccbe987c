"""Teach a network to give one child one answer, whichever film it sees.

The distributed copies were squashed and stored as JPEG once more; a network with rich features reads that and answers
original and copy differently. In training each scan therefore comes twice, from the original and the copy where both
are at hand, otherwise stored and sent in two ways, and the loss includes how far the two answers lie apart.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def log_odds_of(network: keras.Model) -> keras.KerasTensor:
    """Pneumonia against normal, shape (batch, 1), in logits."""
    logits = network.output["logits"]
    return ops.subtract(logits[:, 1:], logits[:, :1])


class Disagreement(keras.losses.Loss):  # type: ignore[misc]
    """How far the answers to the two films of a scan lie apart: Huber's loss, so that a few films do not decide."""

    def __init__(self) -> None:
        """Set the name."""
        super().__init__(name="disagreement")

    def call(self, y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401 - tensors of whichever backend
        """Per pair.

        Args:
            y_true: (batch, 1), zeros.
            y_pred: (batch, 1), log-odds; rows 0 and 1 show one scan, 2 and 3 the next.

        Returns:
            (batch / 2,), in logits.
        """
        pairs = ops.reshape(y_pred - y_true, (-1, 2))
        apart = ops.abs(pairs[:, 0] - pairs[:, 1])
        return ops.where(apart < 1.0, 0.5 * ops.square(apart), apart - 0.5)
