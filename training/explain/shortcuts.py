"""How well the network works without the lungs, and with nothing but the lungs."""

from __future__ import annotations

from typing import Any

from model.evaluation import auroc
from model.preprocessing import InputSpec
from model.statistics.intervals import bootstrap
from training.explain.subject import Subject
from training.pool import Pool
from training.views import VIEWS

ASKED = ("clean", "only_lungs", "corners_masked", "lungs_blanked", "lungs_covered")
REPEATS = 500


def shortcuts(subject: Subject, pool: Pool, spec: InputSpec) -> dict[str, Any]:
    """AUROC on scans with parts removed.

    Returns:
        view -> scans, auroc, low, high (bootstrap over scans).
    """
    result = {}
    alone = [str(index) for index in range(len(pool.labels))]
    for name in ASKED:
        probabilities = subject.probabilities(VIEWS[name](pool, spec))
        low, high = bootstrap(auroc, pool.labels, probabilities, alone, repeats=REPEATS)
        value = auroc(pool.labels, probabilities)
        result[name] = {"scans": len(pool.labels), "auroc": value, "low": low, "high": high}
    return result
