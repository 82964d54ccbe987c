"""The questions a head of department asks first, each with its answer computed from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.measured import likelihoods, natural_frequencies, ppv
from app.wording.metrics import ledger_sentence, shared_numbers_sentence
from app.wording.numbers import percent, percent_range
from app.wording.prevalence import CARRIES_OVER, children_sentence
from app.wording.threshold import mistakes_sentence

if TYPE_CHECKING:
    from app.measured import Evaluation, Ledger, SplitResult

MISSES = "How many sick children does it miss?"
RARE = "What if pneumonia is rare here?"
SAME = "Was it tested on the children it learned from?"
WHERE = "Where does it look?"
WHEN_NOT = "When should I not use it?"

QUESTIONS = (MISSES, RARE, SAME, WHERE, WHEN_NOT)


def answer_misses(test: SplitResult, threshold: float) -> list[str]:
    """How many are missed at an operating point."""
    return [mistakes_sentence(test, threshold), "The threshold below moves both numbers, one against the other."]


def answer_rare(test: SplitResult, prevalence: float) -> list[str]:
    """What a call of Pneumonia means where fewer have it than on test; empty where that cannot be computed.

    Args:
        test: with its counts at a threshold.
        prevalence: below that of the split, above 0.
    """
    ratios, children = likelihoods(test), natural_frequencies(test, prevalence)
    if ratios is None or children is None:
        return []
    value = ppv(ratios, prevalence)
    return [
        f"Then more of its alarms are false than on the test split, where {percent(test.pneumonia / test.images, 1)} "
        f"have it. Say that {percent(prevalence, 1)} have it. {children_sentence(children)}",
        f"A call of Pneumonia is then right in {percent(value.value, 1)} (95\u00a0% interval "
        f"{percent_range(value.low, value.high)}). Set your own share under “Of 1,000 children like yours” below. "
        f"{CARRIES_OVER}",
    ]


def answer_same(evaluation: Evaluation, ledger: Ledger | None) -> list[str]:
    """Whether test and training share children, as far as can be known."""
    test = evaluation.test
    told = (
        f"Not on the scans it learned from: none of the {test.images:,} test scans was in training. Whether on some of "
        "the same children depends on the data set’s patient numbers.",
        shared_numbers_sentence(test),
        ledger_sentence(ledger),
    )
    return [sentence for sentence in told if sentence]


WHEN_NOT_ANSWER = (
    "Never for a diagnosis: it is no medical device. It knows frontal radiographs of children of 1 to 5 years and "
    "tells pneumonia from normal, nothing else; any other finding gets one of the two words all the same.",
    "Not for lateral views, adults or films of another hospital, on which nothing was measured; and not where its "
    "probability is indeterminate. Below: for whom it works less well, and what it refuses.",
)
