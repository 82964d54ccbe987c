"""The classes in the order of the logits, and the arrays of labels and probabilities that statistics work on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LABELS = ("Normal", "Pneumonia")

Labels = npt.NDArray[np.int64]
"""Shape (n,): 0 for normal, 1 for pneumonia."""

Probabilities = npt.NDArray[np.float64]
"""Shape (n,): of pneumonia, 0 to 1."""
