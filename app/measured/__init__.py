"""What training measured and wrote beside the weights: evaluation, curves, ledger, robustness, gate, explanations.

Read here as plain frozen data, so that no page touches JSON and none shows a number that no script wrote.
"""

from __future__ import annotations

from app.measured.alike import PREDICTIONS, Alike, ScoredScans, read_test_scans
from app.measured.evaluated import (
    BandResult,
    Evaluation,
    GateRefusals,
    Metric,
    PointResult,
    ReliabilityBin,
    SharedNumbers,
    SplitResult,
    Subgroup,
    Subgroups,
)
from app.measured.evaluation import EVALUATION, read_evaluation
from app.measured.explained import (
    Estimate,
    Explanations,
    Faithfulness,
    Limits,
    MadeOpacities,
    Markers,
    Mass,
    Randomised,
    RandomLabels,
    Shifts,
    Surroundings,
    View,
)
from app.measured.explanations import EXPLANATIONS, read_explanations
from app.measured.files import MeasuredError
from app.measured.prevalence import Frequencies, Likelihoods, likelihoods, natural_frequencies, npv, ppv
from app.measured.reading import (
    GATE,
    HISTORY,
    LEDGER,
    read_gate,
    read_history,
    read_ledger,
)
from app.measured.records import (
    Epoch,
    GateMeasured,
    History,
    Impostor,
    Ledger,
    Opening,
    Perturbed,
    Rates,
    Robustness,
    RobustnessTable,
)
from app.measured.robustness import ROBUSTNESS, read_robustness
from app.measured.thresholds import (
    BY_HAND,
    PrecisionRecall,
    ScoreHistogram,
    at_threshold,
    precision_recall,
    score_histogram,
)

__all__ = [
    "BY_HAND",
    "EVALUATION",
    "EXPLANATIONS",
    "GATE",
    "HISTORY",
    "LEDGER",
    "PREDICTIONS",
    "ROBUSTNESS",
    "Alike",
    "BandResult",
    "Epoch",
    "Estimate",
    "Evaluation",
    "Explanations",
    "Faithfulness",
    "Frequencies",
    "GateMeasured",
    "GateRefusals",
    "History",
    "Impostor",
    "Ledger",
    "Likelihoods",
    "Limits",
    "MadeOpacities",
    "Markers",
    "Mass",
    "MeasuredError",
    "Metric",
    "Opening",
    "Perturbed",
    "PointResult",
    "PrecisionRecall",
    "RandomLabels",
    "Randomised",
    "Rates",
    "ReliabilityBin",
    "Robustness",
    "RobustnessTable",
    "ScoreHistogram",
    "ScoredScans",
    "SharedNumbers",
    "Shifts",
    "SplitResult",
    "Subgroup",
    "Subgroups",
    "Surroundings",
    "View",
    "at_threshold",
    "likelihoods",
    "natural_frequencies",
    "npv",
    "ppv",
    "precision_recall",
    "read_evaluation",
    "read_explanations",
    "read_gate",
    "read_history",
    "read_ledger",
    "read_robustness",
    "read_test_scans",
    "score_histogram",
]
