"""How the model fares on our own cases, as far as readers judged them, and whether its evaluation led to expect that.

What can be compared with `evaluation.json`: sensitivity and specificity, of the same weights at the same operating
point and threshold. Both count every radiograph by its side of the threshold, the indeterminate ones too. Predictive
values and accuracy cannot be compared, since they move with how common pneumonia is.

Three cautions: the reader's label stands for the truth, and most readers had seen the model's answer, so reads that
were blinded are told apart; the cases that were saved and reviewed are not a random sample; and whoever looks every day
will meet, one time in twenty or more, a figure outside a 95 % interval by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.evaluation import proportions
from model.labels import LABELS
from model.predictor import REFUSED
from model.records.evaluation import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.predictor import Prediction
    from model.records.evaluation import Evaluation, Metric

FEWEST = 20
"""Fewer reviewed cases of a class are not judged: one case would move the rate by more than 5 percentage points."""

TOO_FEW, WITHIN, BELOW, ABOVE = "too few", "within", "below", "above"

_NORMAL, _PNEUMONIA = LABELS
_OF = {"sensitivity": _PNEUMONIA, "specificity": _NORMAL}


@dataclass(frozen=True)
class Judged:
    """A stored prediction that a reader judged.

    Attributes:
        label: what the reader says the radiograph shows.
        blinded: whether the reader said so before seeing the prediction.
    """

    case_id: str
    prediction: Prediction
    label: str
    blinded: bool = False

    @property
    def setup(self) -> Setup:
        """Which model decided, and how."""
        found = self.prediction
        return Setup(found.model_version, found.weights_sha256, found.operating_point, found.threshold)


@dataclass(frozen=True)
class Setup:
    """One model at one operating point: what results must share to be counted together."""

    model_version: str
    weights_sha256: str
    operating_point: str
    threshold: float


@dataclass(frozen=True)
class Agreement:
    """The running confusion matrix of one setup.

    Attributes:
        setup: which model, at which operating point.
        counts: of the reviewed cases; the truth is what the reader says.
        indeterminate: how many of them lay in the band; they are counted.
        refused: how many more the input check had refused; they are not counted, since most are no radiographs.
    """

    setup: Setup
    counts: Counts
    indeterminate: int
    refused: int

    @property
    def kappa(self) -> float:
        """Cohen's kappa (Cohen 1960) of reader and model, -1 to 1; NaN unless one of them used both labels."""
        matrix = np.array(self.counts.rows, dtype=np.float64)
        total = max(matrix.sum(), 1.0)
        chance = float(matrix.sum(0) @ matrix.sum(1)) / total**2
        return (float(matrix.trace()) / total - chance) / (1 - chance) if 0 < chance < 1 else math.nan

    def rates(self) -> dict[str, Metric]:
        """Accuracy, sensitivity, specificity, precision (PPV) and npv, each with its 95 % Wilson interval."""
        return proportions(self.counts)


@dataclass(frozen=True)
class Comparison:
    """One rate of ours beside the evaluation's.

    Attributes:
        rate: "sensitivity" or "specificity".
        right: reviewed cases of the class that were classified correctly.
        cases: reviewed cases of the class.
        expected_right: of the evaluation's test radiographs of the class.
        expected_cases: likewise.
        low: fewest of `cases` to be classified correctly in 95 of 100 such series, if nothing has changed.
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
        kind = _OF[self.rate].lower()
        ours = f"{self.rate.capitalize()}: {self.right} of {self.cases} reviewed {kind} cases were classified correctly"
        if self.finding == TOO_FEW:
            return f"{ours}. That is too few to judge; from {FEWEST} cases on they are compared with the evaluation."
        expected = (
            f"expected are {self.low} to {self.high} (95 %), after {self.expected_right} of {self.expected_cases} in "
            "the test set"
        )
        if self.finding == WITHIN:
            return f"{ours}, as expected: {expected}."
        return f"{ours}, {'fewer' if self.finding == BELOW else 'more'} than expected: {expected}."


def setups(judged: Iterable[Judged]) -> tuple[Setup, ...]:
    """The setups that occur, each once, the one judged last first.

    Args:
        judged: oldest first.
    """
    return tuple(dict.fromkeys(one.setup for one in reversed(tuple(judged))))


def agreement(judged: Iterable[Judged], setup: Setup) -> Agreement:
    """Count the reviewed cases of one setup.

    Args:
        judged: of any setup, oldest first; a case counts once, with what was judged last.
        setup: which to count.
    """
    latest = {one.case_id: one for one in judged if one.setup == setup}.values()
    counted = [one for one in latest if one.prediction.status != REFUSED]
    pairs = [(one.label, one.prediction.decision) for one in counted]
    return Agreement(
        setup=setup,
        counts=Counts(
            true_negative=pairs.count((_NORMAL, _NORMAL)),
            false_positive=pairs.count((_NORMAL, _PNEUMONIA)),
            false_negative=pairs.count((_PNEUMONIA, _NORMAL)),
            true_positive=pairs.count((_PNEUMONIA, _PNEUMONIA)),
        ),
        indeterminate=sum(one.prediction.indeterminate for one in counted),
        refused=len(latest) - len(counted),
    )


def compare(ours: Agreement, evaluation: Evaluation) -> tuple[Comparison, ...]:
    """Compare our sensitivity and specificity with those on the test set.

    How many of n new cases are classified correctly, after k of m: beta-binomial with Jeffreys' prior (Brown, Cai and
    DasGupta 2001 for the prior), so that the interval is wide where either series is short.

    Args:
        ours: of one setup.
        evaluation: of any model.

    Returns:
        Sensitivity and specificity; empty where the evaluation is not of this setup, and nothing can be compared.
    """
    name = ours.setup.operating_point
    measured = evaluation.test.at(name)
    thresholds = {point.name: point.threshold for point in evaluation.operating_points}
    known = (evaluation.model_version, evaluation.weights_sha256, thresholds.get(name))
    if measured is None or known != (ours.setup.model_version, ours.setup.weights_sha256, ours.setup.threshold):
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
