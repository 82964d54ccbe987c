"""What a threshold does on the test scans, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.numbers import figure, figure_range, percent, percent_range
from app.wording.points import band_key, point_in_words, point_name

if TYPE_CHECKING:
    from app.measured import Evaluation, Metric, ScoreHistogram, SplitResult
    from model.records.manifest import UncertaintyBand

INTERVAL = (
    "A 95 % interval is the range that chance leaves open: with such ranges from many test sets like this one, 19 of "
    "20 would hold the true value."
).replace(" %", "\u00a0%")

NO_SCORES = (
    "The single scores of the test scans are not with this model (predictions.csv is missing or cannot be read), so "
    "only its operating points can be shown. Evaluate the model again to move the threshold freely."
)

_BY_HAND = (
    "A threshold moved by hand is for looking only: nothing was chosen by it. The operating points were set on "
    "validation patients; a threshold that is picked because it does well on these scans will do less well on others."
)


def at_threshold_name(test: SplitResult, threshold: float) -> str:
    """A threshold within a sentence, such as "0.500 (balanced)"."""
    return f"{threshold:.3f} ({point_name(test.operating_point) if test.operating_point else 'moved by hand'})"


def mistakes_sentence(test: SplitResult, threshold: float) -> str:
    """How many sick scans are missed and how many healthy ones falsely flagged.

    Args:
        test: at the threshold.
        threshold: 0 to 1.

    Returns:
        A sentence with both shares and their intervals.
    """
    missed = _wrong(test.metrics["sensitivity"], "with pneumonia")
    flagged = _wrong(test.metrics["specificity"], "normal")
    return (
        f"At a threshold of {at_threshold_name(test, threshold)} the model misses {missed} and falsely flags {flagged}."
    )


def _wrong(metric: Metric, who: str) -> str:
    trials = metric.trials or 0
    wrong = trials - (metric.successes or 0)
    noun = f"{who} scan{'' if trials == 1 else 's'}" if who == "normal" else f"scan{'' if trials == 1 else 's'} {who}"
    if not trials:
        return f"none, there being no {noun}"
    share, ends = percent(wrong / trials, 1), percent_range(1 - metric.high, 1 - metric.low)
    return f"{wrong:,} of {trials:,} {noun} ({share}, 95\u00a0% interval {ends})"


def threshold_origin(test: SplitResult) -> str:
    """What an operating point is for, or that a threshold was moved by hand and what that means."""
    return point_in_words(test.operating_point) if test.operating_point else _BY_HAND


def matrix_summary(test: SplitResult) -> str:
    """A confusion matrix for those who cannot see it."""
    (right, alarms), (missed, found) = test.counts
    return (
        f"Confusion matrix. Of {right + alarms:,} normal scans, {right:,} are called Normal and {alarms:,} Pneumonia. "
        f"Of {missed + found:,} with pneumonia, {missed:,} are called Normal and {found:,} Pneumonia."
    )


def histogram_summary(found: ScoreHistogram, test: SplitResult, threshold: float, band: UncertaintyBand | None) -> str:
    """The histogram of scores for those who cannot see it."""
    width = found.edges[1] - found.edges[0]
    ends = [
        f"{counts[0]:,} of {sum(counts):,} {who} score below {percent(width)} and {counts[-1]:,} from "
        f"{percent(1 - width)} on"
        for who, counts in (("normal scans", found.normal), ("scans with pneumonia", found.pneumonia))
    ]
    (_, alarms), (missed, _) = test.counts
    within = f" {band_key(band)}" if band else ""
    return (
        f"Histogram of scores. {'; '.join(ends)}. The threshold at {threshold:.3f} leaves {missed:,} with pneumonia "
        f"below it and {alarms:,} normal ones above.{within}"
    )


def roc_summary(evaluation: Evaluation, test: SplitResult) -> str:
    """The ROC curve for those who cannot see it."""
    area = evaluation.test.metrics["auroc"]
    return (
        f"ROC curve with an area of {figure(area.value)}, 95\u00a0% interval {figure_range(area.low, area.high)}. At "
        f"the threshold: sensitivity {_share(test.metrics['sensitivity'])}, specificity "
        f"{_share(test.metrics['specificity'])}."
    )


def precision_recall_summary(evaluation: Evaluation, test: SplitResult) -> str:
    """The precision-recall curve for those who cannot see it."""
    area = evaluation.test.metrics["average_precision"]
    return (
        f"Precision-recall curve with an average precision of {figure(area.value)}, 95\u00a0% interval "
        f"{figure_range(area.low, area.high)}. At the threshold: positive predictive value "
        f"{_share(test.metrics['precision'])}, sensitivity {_share(test.metrics['sensitivity'])}."
    )


def _share(metric: Metric) -> str:
    if math.isnan(metric.value):
        return "not defined"
    return f"{percent(metric.value, 1)} ({percent_range(metric.low, metric.high)})"
