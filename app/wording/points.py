"""The operating points and the indeterminate band, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import joined, percent, percent_range
from model.labels import LABELS
from model.records.manifest import BALANCED, RULE_IN, RULE_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.measured import BandResult, Evaluation, Metric, SplitResult
    from model.predictor import Prediction
    from model.records.manifest import Estimate, OperatingPoint, UncertaintyBand

INDETERMINATE = "Indeterminate"

_IN_WORDS = {
    RULE_OUT: "A low threshold: it misses few children with pneumonia and raises more false alarms.",
    BALANCED: "A missed and a falsely flagged child weigh the same.",
    RULE_IN: "A high threshold: it raises few false alarms and misses more children with pneumonia.",
}

CHOICE_HELP = "\n\n".join(f"**{name.replace('_', '-').capitalize()}:** {text}" for name, text in _IN_WORDS.items())
"""What the choice between the three means, as Markdown."""


def point_name(name: str) -> str:
    """An operating point's name within a sentence, such as "rule-out"."""
    return name.replace("_", "-")


def point_title(name: str) -> str:
    """An operating point's name on its own, such as "Rule-out"."""
    return point_name(name).capitalize()


def point_in_words(name: str) -> str:
    """What an operating point is for, in a sentence; empty for one that is not known here."""
    return _IN_WORDS.get(name, "")


def leaning(decision: str, name: str) -> str:
    """To which side an indeterminate radiograph leans."""
    return f"Leans {decision} at the {point_name(name)} operating point"


def verdict_line(prediction: Prediction) -> str:
    """The verdict on one line, for what leaves the page."""
    point = f"the {point_name(prediction.operating_point)} operating point, threshold {prediction.threshold:.4f}"
    if prediction.indeterminate:
        return f"{INDETERMINATE}; leans {prediction.decision} at {point}"
    return f"{prediction.decision} at {point}"


def agreement_sentence(probability: float, points: Sequence[OperatingPoint]) -> str:
    """Whether all operating points give the same answer, and which give which.

    Args:
        probability: 0 to 1.
        points: at least one.

    Returns:
        A sentence; empty for a single point.
    """
    if len(points) < 2:
        return ""
    by_call: dict[str, list[str]] = {}
    for point in points:
        by_call.setdefault(LABELS[int(probability >= point.threshold)], []).append(point_name(point.name))
    if len(by_call) == 1:
        (call,) = by_call
        return f"Every operating point calls this radiograph {call}."
    told = [f"{joined(names)} call{'s' if len(names) == 1 else ''} it {call}" for call, names in by_call.items()]
    text = "; ".join(told)
    return f"{text[:1].upper()}{text[1:]}."


def band_key(band: UncertaintyBand) -> str:
    """What the band drawn on the probability's line is."""
    return f"Indeterminate from {percent(band.low)} to {percent(band.high)}: both answers stay possible."


def band_line(band: UncertaintyBand, *, indeterminate: bool) -> str:
    """From where to where the band goes, and whether this radiograph lies in it; for the record."""
    return f"{'Yes' if indeterminate else 'No'}; probabilities from {band.low:.4f} to below {band.high:.4f} are."


def guarantee_sentence(band: UncertaintyBand) -> str:
    """What the band aims at, and how far that can be relied on."""
    error = _error(band)
    return (
        f"The band is set so that, of scans like those of validation, at most {error} of those with pneumonia fall "
        f"below it and at most {error} of normal ones above it. The network was chosen on the same patients, so expect "
        "more."
    )


def _error(band: UncertaintyBand) -> str:
    return f"{100 * band.error:g}\u00a0%"


def indeterminate_sentence(test: SplitResult) -> str:
    """How many test scans fell in the band, of all and of each class; empty without a band."""
    if test.band is None:
        return ""
    inside, well, sick = test.band.indeterminate, test.band.normal, test.band.pneumonia
    return (
        f"Of {_of(inside)} test scans, {_part(inside)} fell in this band: {_part(well)} of {_of(well)} normal ones and "
        f"{_part(sick)} of {_of(sick)} with pneumonia."
    )


def decided_sentence(test: SplitResult) -> str:
    """How often the answer was right outside the band; empty without a band."""
    if test.band is None:
        return ""
    right = test.band.decided_right
    if not right.trials:
        return "No test scan lay outside the band."
    return f"Of {_of(right)} test scans outside the band, {_part(right)} ({percent(right.value, 1)}) were called right."


def guarantee_results(result: BandResult, band: UncertaintyBand) -> list[str]:
    """Whether the guarantee held on a split, class by class.

    Args:
        result: on the split.
        band: with the guarantee.

    Returns:
        A sentence a class; none for a class without a scan.
    """
    questions = (
        (result.pneumonia_below, "with pneumonia", "fell below the band"),
        (result.normal_above, "that are normal", "lay above the band"),
    )
    return [
        f"Of {_of(metric)} test scans {who}, {_part(metric)} {where}: {percent(metric.value, 1)}, 95 % interval "
        f"{percent_range(metric.low, metric.high)}; at most {_error(band)} was aimed at. {_outcome(metric, band)}"
        for metric, who, where in questions
        if metric.trials
    ]


def _outcome(metric: Metric, band: UncertaintyBand) -> str:
    if metric.value <= band.error:
        return "The aim was met."
    if metric.low <= band.error:
        return "That is more than aimed at, though chance alone could explain it."
    return "The aim was missed."


def guarantee_broken(test: SplitResult, band: UncertaintyBand) -> str:
    """On which side the guarantee did not hold on test, beyond chance; empty where it held."""
    if test.band is None:
        return ""
    questions = (
        (test.band.pneumonia_below, "scans with pneumonia", "fell below it"),
        (test.band.normal_above, "normal scans", "lay above it"),
    )
    broken = [
        f"{_part(metric)} of {_of(metric)} {who} ({percent(metric.value)}) {where}"
        for metric, who, where in questions
        if metric.low > band.error
    ]
    if not broken:
        return ""
    return (
        f"The indeterminate band missed its aim on the test split: {joined(broken)}, where at most "
        f"{_error(band)} was aimed at."
    )


def _part(metric: Metric) -> str:
    return f"{metric.successes or 0:,}"


def _of(metric: Metric) -> str:
    return f"{metric.trials or 0:,}"


def promise_sentences(evaluation: Evaluation) -> list[str]:
    """Where test falls outside what cross-fitted validation led to expect of the operating points.

    Args:
        evaluation: of the model.

    Returns:
        A sentence a rate and side; one that says so where all lie within.
    """
    found = [
        f"On test, {rate} is {side} what validation led to expect at {joined(cases)}."
        for rate in ("sensitivity", "specificity")
        for side in ("below", "above")
        if (cases := _outside(evaluation, rate, side))
    ]
    return found or ["On test, every operating point did what validation led to expect."]


def _outside(evaluation: Evaluation, rate: str, side: str) -> list[str]:
    cases = []
    for point in evaluation.operating_points:
        promised: Estimate = getattr(point, rate)
        here = evaluation.test.at(point.name)
        metric = here.metrics.get(rate) if here else None
        if metric is None:
            continue
        if metric.value < promised.low if side == "below" else metric.value > promised.high:
            cases.append(
                f"{point_name(point.name)} ({percent(metric.value, 1)}; expected "
                f"{percent_range(promised.low, promised.high)})"
            )
    return cases
