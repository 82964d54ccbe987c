"""What the model's calls mean where pneumonia is rarer or more common, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.numbers import percent, percent_range

if TYPE_CHECKING:
    from app.measured import Frequencies
    from model.records.manifest import Estimate

CARRIES_OVER = (
    "This assumes that sensitivity and specificity stay what they were on these test scans. In another clinic, with "
    "milder cases, other ages or other machines, they will not be quite the same."
)

NOT_KNOWN = "Scans of one class are missing from the test split, so this cannot be computed."

_LITTLE = "fewer than one"


def children_sentence(found: Frequencies) -> str:
    """What becomes of so many children.

    Args:
        found: their numbers.

    Returns:
        A sentence; each count of mistakes with the range its 95 % interval leaves.
    """
    missed = _LITTLE if found.misses_some and not found.missed else f"{found.missed:,}"
    have = "has" if found.sick == 1 else "have"
    return (
        f"Of {found.children:,} children like yours, {found.sick:,} {have} pneumonia: the model finds {found.found:,} "
        f"of them and misses {missed} ({_range(found.missed_range)}). Of the {found.well:,} without it, it flags "
        f"{found.flagged:,} ({_range(found.flagged_range)}) falsely."
    )


def _range(ends: tuple[int, int]) -> str:
    return f"95\u00a0% interval {ends[0]:,} to {ends[1]:,}"


def called_sentences(found: Frequencies, positive: Estimate, negative: Estimate) -> list[str]:
    """How far either answer can be relied on.

    Args:
        found: the children's numbers.
        positive: positive predictive value.
        negative: negative predictive value.

    Returns:
        A sentence an answer.
    """
    sick, well = found.found + found.flagged, found.missed + found.cleared
    return [
        _called("Pneumonia", sick, f"{found.found:,} have it", f"positive {_value(positive)}", positive),
        _called("Normal", well, f"{found.cleared:,} do not have it", f"negative {_value(negative)}", negative),
    ]


def _value(rate: Estimate) -> str:
    return f"predictive value {percent(rate.value, 1)}, 95\u00a0% interval {percent_range(rate.low, rate.high)}"


def _called(answer: str, called: int, right: str, value: str, rate: Estimate) -> str:
    if math.isnan(rate.value):
        return f"Nobody is called {answer} at this threshold."
    return f"Of the {called:,} called {answer}, {right}: {value}."


def prevalence_summary(prevalence: float, positive: Estimate, negative: Estimate) -> str:
    """The chart of predictive values against prevalence for those who cannot see it."""
    return (
        f"Predictive values against prevalence. Where {percent(prevalence, 1)} have pneumonia, the positive predictive "
        f"value is {percent(positive.value, 1)} ({percent_range(positive.low, positive.high)}) and the negative one "
        f"{percent(negative.value, 1)} ({percent_range(negative.low, negative.high)}). The rarer pneumonia is, the "
        "lower the first and the higher the second."
    )
