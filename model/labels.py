"""The classes, in the order of the logits."""

from __future__ import annotations

LABELS = ("Normal", "Pneumonia")
