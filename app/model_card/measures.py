"""Tables and sentences of what was measured; every number comes from the files beside the weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app import wording
from app.model_card.content import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.measured import Evaluation, Metric, RobustnessTable, SplitResult, Subgroups
    from model.records.manifest import Estimate

HEADLINE = ("sensitivity", "specificity", "precision", "npv", "accuracy", "auroc")
"""What a head of department asks first."""

EXAMPLE_PREVALENCE = 0.1
"""One child in ten: an example of a place where pneumonia is rarer than in the data set."""


def metrics_table(split: SplitResult, names: Sequence[str], *, caption: str) -> Table:
    """Metrics with their intervals and a line in plain words.

    Args:
        split: that they were measured on.
        names: of the metrics; those that the file lacks are left out.
        caption: of the table.
    """
    known = [split.metrics[name] for name in names if name in split.metrics]
    rows = tuple(
        (
            wording.METRIC_TITLES.get(one.name, one.name),
            wording.metric_shown(one),
            wording.metric_bounds(one),
            wording.metric_in_words(one, split),
        )
        for one in known
    )
    return Table(caption, ("Measure", "Value", "95 % interval", "In plain words"), rows)


def confusion_table(split: SplitResult) -> Table:
    """The confusion matrix: true labels in rows, predicted in columns."""
    head = ("True label", *(f"Called {label}" for label in split.labels))
    rows = tuple(
        (label, *(f"{count:,}" for count in row)) for label, row in zip(split.labels, split.counts, strict=True)
    )
    point = wording.point_name(split.operating_point)
    return Table(
        f"Confusion matrix on test at the {point} operating point, in images: rows are the truth, columns what the "
        "model called.",
        head,
        rows,
    )


def points_table(evaluation: Evaluation) -> Table:
    """Each operating point on test, beside what validation led to expect."""
    rows = []
    for point in evaluation.operating_points:
        here = evaluation.test.at(point.name)
        found = here.metrics if here is not None else {}
        rates = (
            (_with_bounds(found[name]) if name in found else "not measured", _rate(getattr(point, name)))
            for name in ("sensitivity", "specificity")
        )
        threshold = f"{point.threshold:.3f} ({wording.figure_range(point.low, point.high)})"
        rows.append((wording.point_title(point.name), threshold, *(cell for pair in rates for cell in pair)))
    return Table(
        "Operating points; in brackets 95 % intervals. What to expect was found on validation, cross-fitted: each "
        "patient judged by thresholds that the others chose.",
        (
            "Operating point",
            "Threshold",
            "Sensitivity on test",
            "Sensitivity expected",
            "Specificity on test",
            "Specificity expected",
        ),
        tuple(rows),
    )


def _with_bounds(metric: Metric) -> str:
    return f"{wording.metric_shown(metric)} ({wording.metric_bounds(metric)})"


def _rate(rate: Estimate) -> str:
    return f"{wording.percent(rate.value, 1)} ({wording.percent_range(rate.low, rate.high)})"


def subgroup_table(found: Subgroups) -> Table:
    """Parts of the test split, as far as the files tell them apart."""
    rows = tuple(
        (
            wording.subgroup_title(one),
            one.truth,
            f"{one.images:,}",
            f"{wording.percent(one.value, 1)} ({wording.percent_range(one.low, one.high)})",
            f"{wording.figure(one.auroc)} ({wording.figure_range(one.auroc_low, one.auroc_high)})",
        )
        for one in found.groups
    )
    return Table(
        "Parts of the test split. Called right: at the balanced operating point. AUROC: against all scans of the other "
        "class. In brackets 95 % intervals.",
        ("Group", "True label", "Images", "Called right", "AUROC"),
        rows,
    )


def robustness_table(table: RobustnessTable) -> Table:
    """The largest drop of balanced accuracy at each strength of change."""
    rows = []
    for strength in sorted({row.strength for row in table.perturbed}):
        # Balanced accuracy is not defined on a split of one class; such a row is the worst of none.
        rows_here = (row for row in table.perturbed if row.strength == strength)
        worst = max(rows_here, key=lambda row: -math.inf if math.isnan(row.drop) else row.drop)
        limit = table.most_drop.get(strength)
        rows.append(
            (
                f"Strength {strength}",
                wording.perturbation_title(worst.perturbation),
                wording.signed_points(-worst.drop),
                "no limit" if limit is None else wording.signed_points(-limit),
            )
        )
    return Table(
        f"Largest change of balanced accuracy on {wording.images(table.images)} of test, exposed, stored or framed "
        "differently, in percentage points; − is a drop. Strength 1 is what nobody would notice, strength 3 what a "
        "reader would complain about.",
        ("Strength", "Worst change", "Balanced accuracy", "Limit"),
        tuple(rows),
    )


def splits_table(evaluation: Evaluation, train_images: int | None) -> Table:
    """How many images each split holds."""
    train = "not recorded" if train_images is None else f"{train_images:,}"
    rows: list[tuple[str, ...]] = [("Training", train, "not recorded", "not recorded", "not recorded")]
    for name, split in (("Validation", evaluation.validation), ("Test", evaluation.test)):
        numbers = (split.images, split.normal, split.pneumonia, split.patients)
        rows.append((name, *(f"{one:,}" for one in numbers)))
    return Table(
        "Splits of this model, in images. A child may have several numbers, and a number may stand for several "
        "children.",
        ("Split", "Images", "Normal", "Pneumonia", "Patient numbers"),
        tuple(rows),
    )


def prevalence_sentence(test: SplitResult) -> str:
    """What becomes of the positive predictive value where pneumonia is rarer, by Bayes' rule.

    Args:
        test: with sensitivity and specificity at its operating point.

    Returns:
        A sentence; empty where a rate is missing or not defined.
    """
    names = ("sensitivity", "specificity", "precision")
    if not test.images or any(name not in test.metrics for name in names):
        return ""
    sensitivity, specificity, precision = (test.metrics[name].value for name in names)
    true_alarms = sensitivity * EXAMPLE_PREVALENCE
    alarms = true_alarms + (1 - specificity) * (1 - EXAMPLE_PREVALENCE)
    # Not a number is neither below nor above 0.
    if not alarms > 0:
        return ""
    return (
        f"In this test split {wording.percent(test.pneumonia / test.images, 1)} of the images show pneumonia, and of "
        f"those called Pneumonia {wording.percent(precision, 1)} have it. Where {wording.percent(EXAMPLE_PREVALENCE)} "
        f"have it, the same sensitivity and specificity would make that {wording.percent(true_alarms / alarms, 1)}."
    )
