"""How the model fares on our own cases, as far as readers judged them, and whether its evaluation led to expect that.

What can be compared with `evaluation.json`: sensitivity and specificity, of the same weights at the same operating
point and threshold. Both count every scan by the side of the threshold that it lies on, the indeterminate ones too.
What cannot: predictive values and accuracy, which move with how common pneumonia is.

Three things keep the comparison modest. The reader's label stands for the truth, and the reader had seen the model's
answer. The cases that were saved and reviewed are not a random sample. And whoever looks every day will meet, one time
in twenty or more, a figure outside a 95 % interval by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.labels import LABELS
from model.metrics import Counts, wilson
from model.records.manifest import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.measured.evaluated import Evaluation

FEWEST = 20
"""Fewer reviewed cases of a class are not judged: one case would move the rate by more than 5 percentage points."""

TOO_FEW, WITHIN, BELOW, ABOVE = "too few", "within", "below", "above"

_NORMAL, _PNEUMONIA = LABELS
_OF = {"sensitivity": _PNEUMONIA, "specificity": _NORMAL}


@dataclass(frozen=True)
class Judged:
    """One result that a reader judged.

    Attributes:
        case_id: of the case.
        model_version: that scored it.
        weights_sha256: of that model.
        operating_point: whose threshold decided.
        threshold: 0 to 1.
        decision: "Normal" or "Pneumonia", the side of the threshold, even if indeterminate.
        indeterminate: whether the probability lay in the band.
        refused: whether the input gate refused the picture.
        label: what the reader says it is.
    """

    case_id: str
    model_version: str
    weights_sha256: str
    operating_point: str
    threshold: float
    decision: str
    indeterminate: bool
    refused: bool
    label: str

    @property
    def setup(self) -> Setup:
        """Which model decided, and how."""
        return Setup(self.model_version, self.weights_sha256, self.operating_point, self.threshold)


@dataclass(frozen=True)
class Setup:
    """One model at one operating point: what results must share to be counted together.

    Attributes:
        model_version: of the artifact.
        weights_sha256: of its weights.
        operating_point: name.
        threshold: 0 to 1.
    """

    model_version: str
    weights_sha256: str
    operating_point: str
    threshold: float


@dataclass(frozen=True)
class Agreement:
    """The running confusion matrix of one setup.

    Attributes:
        setup: which model, at which operating point.
        counts: of the reviewed cases; true is what the reader says.
        indeterminate: how many of them lay in the band; they are counted.
        refused: how many more the input gate had refused; they are not counted, since most are no radiographs.
    """

    setup: Setup
    counts: Counts
    indeterminate: int
    refused: int

    def rates(self) -> dict[str, Estimate]:
        """Accuracy, sensitivity, specificity, precision (PPV) and npv, each with its 95 % Wilson interval.

        Returns:
            By name; NaN where there is no case to tell from.
        """
        found = {}
        for name, (successes, trials) in self.counts.fractions().items():
            found[name] = Estimate(successes / trials if trials else math.nan, *wilson(successes, trials))
        return found


@dataclass(frozen=True)
class Comparison:
    """One rate of ours, held against the evaluation.

    Attributes:
        rate: "sensitivity" or "specificity".
        right: reviewed cases of the class called right.
        cases: reviewed cases of the class.
        expected_right: of the evaluation's test scans of the class, called right.
        expected_cases: of how many.
        low: fewest of `cases` to be called right in 95 of 100 such series, if nothing has changed.
        high: most.
        finding: `TOO_FEW`, `WITHIN`, `BELOW` or `ABOVE`.
    """

    rate: str
    right: int
    cases: int
    expected_right: int
    expected_cases: int
    low: int
    high: int
    finding: str

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        kind = _OF[self.rate]
        ours = f"{self.rate.capitalize()}: of {self.cases} reviewed {kind} cases the model called {self.right} right"
        if self.finding == TOO_FEW:
            return f"{ours}. Too few to judge; from {FEWEST} on they are compared with the evaluation."
        promised = (
            f"after {self.expected_right} of {self.expected_cases} on the test scans, {self.low} to {self.high} were "
            "to be expected (95 %)"
        )
        if self.finding == WITHIN:
            return f"{ours}; {promised}."
        return f"{ours}, {self.finding} what was to be expected: {promised}."


def setups(judged: Iterable[Judged]) -> tuple[Setup, ...]:
    """The setups that occur, the one judged last first.

    Args:
        judged: oldest first.

    Returns:
        Each setup once.
    """
    return tuple(dict.fromkeys(one.setup for one in reversed(tuple(judged))))


def agreement(judged: Iterable[Judged], setup: Setup) -> Agreement:
    """Count the reviewed cases of one setup.

    Args:
        judged: of any setup, oldest first; a case counts once, with what was judged last.
        setup: which to count.

    Returns:
        The confusion matrix; all zeros where nothing was reviewed.
    """
    latest = {one.case_id: one for one in judged if one.setup == setup}.values()
    counted = [one for one in latest if not one.refused]
    pairs = [(one.label, one.decision) for one in counted]
    return Agreement(
        setup=setup,
        counts=Counts(
            true_negative=pairs.count((_NORMAL, _NORMAL)),
            false_positive=pairs.count((_NORMAL, _PNEUMONIA)),
            false_negative=pairs.count((_PNEUMONIA, _NORMAL)),
            true_positive=pairs.count((_PNEUMONIA, _PNEUMONIA)),
        ),
        indeterminate=sum(one.indeterminate for one in counted),
        refused=len(latest) - len(counted),
    )


def compare(ours: Agreement, evaluation: Evaluation, *, weights_sha256: str) -> tuple[Comparison, ...]:
    """Hold our sensitivity and specificity against those on the test scans.

    How many of n new cases are called right, after k of m: beta-binomial with Jeffreys' prior (Brown, Cai and DasGupta
    2001 for the prior), so that the interval is wide where either series is short.

    Args:
        ours: of one setup.
        evaluation: as read beside the model.
        weights_sha256: of the manifest that the evaluation was held against when it was read.

    Returns:
        Sensitivity and specificity; empty where the evaluation is not of this setup, and nothing can be compared.
    """
    thresholds = {point.name: point.threshold for point in evaluation.operating_points}
    name = ours.setup.operating_point
    measured = evaluation.test.at(name)
    known = Setup(evaluation.model_version, weights_sha256, name, thresholds.get(name, math.nan))
    if measured is None or known != ours.setup:
        return ()
    return tuple(
        _compare(rate, ours.counts.fractions()[rate], (figure.successes, figure.trials))
        for rate in _OF
        if (figure := measured.metrics[rate]).successes is not None and figure.trials
    )


def _compare(rate: str, ours: tuple[int, int], expected: tuple[int | None, int | None]) -> Comparison:
    from scipy.stats import betabinom  # a second long: the page paints before it

    (right, cases), (good, total) = ours, (int(expected[0] or 0), int(expected[1] or 0))
    low, high = 0, 0
    if cases:
        spread = betabinom(cases, good + 0.5, total - good + 0.5)
        low, high = int(spread.ppf(0.025)), int(spread.ppf(0.975))
    finding = WITHIN
    if cases < FEWEST:
        finding = TOO_FEW
    elif right < low:
        finding = BELOW
    elif right > high:
        finding = ABOVE
    return Comparison(rate, right, cases, good, total, low, high, finding)
