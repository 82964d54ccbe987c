"""Which images the network learned from, and which chose its epoch and thresholds: `split.json`."""

from __future__ import annotations

from typing import ClassVar

from model.records.base import RecordFile


class SplitLists(RecordFile):
    """Paths within the data folder, cut by patient.

    Attributes:
        rule: how the cut was made, in words.
        sha256: of both lists.
    """

    FILE: ClassVar[str] = "split.json"

    rule: str
    sha256: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
