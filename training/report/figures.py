"""The report's figures as SVG: the same bytes for the same numbers, in colours that everybody can tell apart."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from model.evaluation import histogram, precision_recall, roc_curve
from model.labels import LABELS
from model.statistics.intervals import wilson
from training.provenance import ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from model.records.evaluation import Counts, SplitResult
    from model.records.history import History
    from model.records.robustness import RobustnessTable
    from model.records.scores import Scores

FONTS = ROOT / "assets" / "fonts"

# After Okabe and Ito.
NORMAL, PNEUMONIA, INK, QUIET = "#0072B2", "#D55E00", "#1a1a1a", "#767676"
_STRENGTHS = ("#56B4E9", "#E69F00", "#D55E00")
_MARKS = {"rule_out": "v", "balanced": "o", "rule_in": "^"}
_STYLE: Any = {
    "svg.hashsalt": "report",  # without it, names inside the SVG would be random
    "svg.fonttype": "path",
    "font.family": "FiraGO",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "figure.constrained_layout.use": True,
}
WIDTH = 7.0
"""Inches: the width of a page within its margins."""


@contextmanager
def _drawn(height: float, panels: int) -> Iterator[tuple[list[Axes], list[str]]]:
    """Panels side by side, `height` inches tall; the list holds the SVG once the context ends."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for font in (FONTS / "FiraGO-Regular.ttf", FONTS / "FiraGO-Bold.ttf"):
        if str(font) not in known:
            font_manager.fontManager.addfont(font)
    made: list[str] = []
    with mpl.rc_context(_STYLE):
        drawing = Figure(figsize=(WIDTH, height))
        yield list(drawing.subplots(1, panels, squeeze=False)[0]), made
        stream = io.StringIO()
        drawing.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        made.append(stream.getvalue())


def learning_curves(history: History) -> str:
    """Loss and accuracy over epochs, with the chosen epoch, as SVG."""
    numbers = [epoch.number for epoch in history.epochs]
    with _drawn(2.3, 2) as (axes, made):
        for axis, (title, name) in zip(axes, (("Cross-entropy", "loss"), ("Accuracy", "accuracy")), strict=True):
            for prefix, label, colour, dashes in (
                ("", "train (augmented)", QUIET, "--"),
                ("val_", "validation", NORMAL, "-"),
            ):
                values = [getattr(epoch, prefix + name) for epoch in history.epochs]
                axis.plot(numbers, values, dashes, marker="o", color=colour, label=label)
            axis.axvline(history.chosen_epoch, color=PNEUMONIA, linestyle=":", label="chosen epoch")
            axis.set(title=title, xlabel="epoch")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return made[0]


def matrix_and_curves(scores: Scores, test: SplitResult) -> str:
    """Confusion matrix, ROC and precision-recall curve, with the operating points, as SVG."""
    roc, precision_recalls = roc_curve(scores), precision_recall(scores)
    with _drawn(2.55, 3) as (axes, made):
        _matrix(axes[0], test.counts)
        axes[1].plot(roc.false_positive_rate, roc.true_positive_rate, color=NORMAL)
        axes[1].plot([0, 1], [0, 1], ":", color=QUIET, linewidth=1)
        axes[1].set(title="ROC", xlabel="1 − specificity", ylabel="sensitivity")
        axes[2].plot(precision_recalls.recall, precision_recalls.precision, color=NORMAL)
        axes[2].axhline(scores.prevalence, linestyle=":", color=QUIET, linewidth=1)
        axes[2].set(title="Precision-recall", xlabel="sensitivity (recall)", ylabel="PPV (precision)", ylim=(0.5, 1.01))
        for name, point in test.points.items():
            # An undefined figure is NaN, which matplotlib leaves out.
            sensitivity, specificity, ppv = (
                point.metrics[key].value for key in ("sensitivity", "specificity", "precision")
            )
            style: dict[str, Any] = {"color": PNEUMONIA, "marker": _MARKS[name], "linestyle": "", "markersize": 6}
            axes[1].plot(1 - specificity, sensitivity, label=name.replace("_", "-"), **style)
            axes[2].plot(sensitivity, ppv, **style)
        axes[1].legend(loc="lower right")
    return made[0]


def _matrix(axis: Axes, counts: Counts) -> None:
    rows = np.array(counts.rows)
    shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
    axis.pcolormesh(shares[::-1], cmap="Blues", vmin=0, vmax=1.2, edgecolor="white", linewidth=2)
    for row, column in np.ndindex(2, 2):
        words = f"{rows[row, column]}\n{100 * shares[row, column]:.1f} %"
        colour = "white" if shares[row, column] > 0.5 else INK
        axis.text(column + 0.5, 1.5 - row, words, ha="center", va="center", color=colour, size=9)
    axis.set(title="Confusion matrix", xlabel="predicted class", ylabel="true class")
    axis.set_xticks([0.5, 1.5], LABELS)
    axis.set_yticks([1.5, 0.5], LABELS, rotation=90, va="center")
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)


def scores_and_reliability(scores: Scores, test: SplitResult) -> str:
    """Histogram of scores by true class, and the share with pneumonia among similar scores, as SVG."""
    found = histogram(scores)
    bins = [each for each in test.reliability if each.images]
    with _drawn(2.4, 2) as (axes, made):
        width = (found.edges[1] - found.edges[0]) * 0.45
        for number, (heights, colour) in enumerate(((found.normal, NORMAL), (found.pneumonia, PNEUMONIA))):
            left = np.array(found.edges[:-1]) + width * (number + 0.1)
            axes[0].bar(left, heights, width, align="edge", color=colour, label=f"truly {LABELS[number].lower()}")
        for point in test.points.values():
            axes[0].axvline(point.threshold, color=INK, linestyle=":", linewidth=1)
        axes[0].set(xlabel="score for pneumonia", ylabel="scans (logarithmic)", yscale="symlog")
        axes[0].set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        shares = np.array([each.pneumonia / each.images for each in bins])
        ends = np.array([wilson(each.pneumonia, each.images) for each in bins]).T
        means = np.array([each.mean_probability for each in bins], dtype=float)
        axes[1].plot([0, 1], [0, 1], ":", color=QUIET, label="ideal")
        axes[1].errorbar(
            means, shares, np.abs(ends - shares), fmt="o", color=NORMAL, elinewidth=1, capsize=2, label="test"
        )
        axes[1].set(xlabel="mean score", ylabel="share with pneumonia")
        axes[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return made[0]


def robustness(table: RobustnessTable) -> str:
    """By how much balanced accuracy falls, per change and strength, as SVG."""
    names = list(dict.fromkeys(row.perturbation for row in table.perturbed))
    with _drawn(2.3, 1) as (axes, made):
        for strength, colour in enumerate(_STRENGTHS, start=1):
            drops = {row.perturbation: 100 * row.drop for row in table.perturbed if row.strength == strength}
            places = [names.index(name) + 0.26 * (strength - 2) for name in drops]
            axes[0].bar(places, list(drops.values()), 0.24, color=colour, label=f"strength {strength}")
        axes[0].axhline(0, color=QUIET, linewidth=0.8)
        axes[0].set_xticks(range(len(names)), names)
        axes[0].set(ylabel="fall, percentage points")
        axes[0].legend(ncols=3)
    return made[0]
