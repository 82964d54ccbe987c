"""How far a probability can be taken at its word, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.metrics import metric_in_words
from app.wording.numbers import percent, percent_range
from model.metrics import wilson

if TYPE_CHECKING:
    from app.measured import SplitResult

_ERRORS = ("expected_calibration_error", "expected_calibration_error_balanced")


def reliability_facts(test: SplitResult) -> list[str]:
    """The two ends of the reliability diagram, and the calibration errors.

    Args:
        test: with its bins and metrics.

    Returns:
        Sentences; those whose figures are missing are left out.
    """
    filled = [one for one in test.reliability if one.images]
    told = []
    for one in dict.fromkeys((filled[0], filled[-1]) if filled else ()):
        share, ends = percent(one.pneumonia / one.images, 1), percent_range(*wilson(one.pneumonia, one.images))
        told.append(
            f"Of {one.images:,} test scans with a probability of {percent(one.low)} to {percent(one.high)}, "
            f"{one.pneumonia:,} have pneumonia: {share}, 95\u00a0% interval {ends}."
        )
    known = [test.metrics[name] for name in _ERRORS if name in test.metrics]
    for error in known:
        if not math.isnan(error.value):
            low, high = 100 * error.low, 100 * error.high
            told.append(f"{metric_in_words(error, test)} 95\u00a0% interval {low:.1f} to {high:.1f} points.")
    return told
