"""The network whose explanations are measured, as plain functions of arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Inputs = npt.NDArray[np.float32]
Map = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float64]
PNEUMONIA = 1


class Explain(Protocol):
    """The map of a method for an input and a class."""

    def __call__(self, method: str, model_input: Inputs, class_index: int, /) -> Map:
        """Float32, shape (h, w), zero or more."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is measured.

    Attributes:
        explain: the map of a method for one input, float32, shape (size, size, 1), and a class.
        probabilities: of Pneumonia, calibrated, shape (n,), for inputs of shape (n, size, size, 1).
        to_input: from pixels, uint8, shape (h, w), to what the network reads.
        threshold: of the balanced operating point.
    """

    explain: Explain
    probabilities: Callable[[Inputs], Probabilities]
    to_input: Callable[[Grey], Inputs]
    threshold: float

    def of_class(self, inputs: Inputs, class_index: int) -> Probabilities:
        """The probability of a class for inputs, shape (n,)."""
        sick = self.probabilities(inputs)
        return sick if class_index == PNEUMONIA else 1.0 - sick

    def decides(self, model_input: Inputs) -> int:
        """The predicted class of one input."""
        return int(self.probabilities(model_input[np.newaxis])[0] >= self.threshold)
