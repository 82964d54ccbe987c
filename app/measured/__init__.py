"""What training measured and wrote beside the weights: evaluation, learning curves, test ledger and input gate.

Read here as plain frozen data, so that no page touches JSON and none shows a number that no script wrote.
"""

from __future__ import annotations

from app.measured.reading import (
    EVALUATION,
    GATE,
    HISTORY,
    LEDGER,
    MeasuredError,
    read_evaluation,
    read_gate,
    read_history,
    read_ledger,
)
from app.measured.records import (
    Epoch,
    Evaluation,
    GateMeasured,
    History,
    Impostor,
    Ledger,
    Metric,
    Opening,
    ReliabilityBin,
    SharedNumbers,
    SplitResult,
)

__all__ = [
    "EVALUATION",
    "GATE",
    "HISTORY",
    "LEDGER",
    "Epoch",
    "Evaluation",
    "GateMeasured",
    "History",
    "Impostor",
    "Ledger",
    "MeasuredError",
    "Metric",
    "Opening",
    "ReliabilityBin",
    "SharedNumbers",
    "SplitResult",
    "read_evaluation",
    "read_gate",
    "read_history",
    "read_ledger",
]
