"""The report's drawings, as SVG: the same bytes for the same numbers, in colours that all can tell apart."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import precision_recall_curve, roc_curve

from model.labels import LABELS
from training.provenance import ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from training.report.sources import Record, Scans

# After Okabe and Ito.
NORMAL, PNEUMONIA, INK, QUIET = "#0072B2", "#D55E00", "#1a1a1a", "#767676"
STRENGTHS = ("#56B4E9", "#E69F00", "#D55E00")
_MARKS = {"rule_out": "v", "balanced": "o", "rule_in": "^"}
_FONTS = tuple(ROOT / "assets" / "fonts" / f"FiraGO-{weight}.ttf" for weight in ("Regular", "Bold"))
_STYLE: Any = {
    "svg.hashsalt": "report",  # names inside the SVG are hashes; without a salt of our own they would be random
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
def _drawn(height: float, panels: int, **options: Any) -> Iterator[tuple[list[Axes], list[str]]]:  # noqa: ANN401
    """Panels side by side; the SVG is in the list when the context ends.

    Args:
        height: inches.
        panels: how many.
        options: of `Figure.subplots`.

    Yields:
        The panels, and a list that receives the drawing.
    """
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for font in _FONTS:
        if str(font) not in known:
            font_manager.fontManager.addfont(font)
    made: list[str] = []
    with mpl.rc_context(_STYLE):
        drawing = Drawing(figsize=(WIDTH, height))
        yield list(drawing.subplots(1, panels, squeeze=False, **options)[0]), made
        stream = io.StringIO()
        drawing.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        made.append(stream.getvalue())


def learning_curves(history: Record) -> str:
    """Loss and accuracy over epochs, with the chosen epoch.

    Args:
        history: `history.json`.

    Returns:
        An SVG document.
    """
    epochs = [row["epoch"] for row in history["epochs"]]
    kinds = (("Cross-entropy", "loss", "val_loss"), ("Accuracy", "accuracy", "val_accuracy"))
    with _drawn(2.3, 2) as (axes, made):
        for axis, (title, train, validation) in zip(axes, kinds, strict=True):
            for key, label, colour, dashes in (
                (train, "train (augmented)", QUIET, "--"),
                (validation, "validation", NORMAL, "-"),
            ):
                values = [row[key] for row in history["epochs"]]
                axis.plot(epochs, values, dashes, marker="o", color=colour, label=label)
            axis.axvline(history["chosen_epoch"], color=PNEUMONIA, linestyle=":", label="chosen epoch")
            axis.set(title=title, xlabel="epoch")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return made[0]


def matrix_and_curves(scans: Scans, test: Record) -> str:
    """Confusion matrix, ROC and precision-recall curve, with the operating points.

    Args:
        scans: of the test split.
        test: what the evaluation says of it.

    Returns:
        An SVG document.
    """
    sick, scores = scans.sick.astype(int), scans.probabilities
    with _drawn(2.55, 3) as (axes, made):
        _matrix(axes[0], test["confusion_matrix"]["counts"])
        false_positive, true_positive, _ = roc_curve(sick, scores)
        precision, recall, _ = precision_recall_curve(sick, scores)
        axes[1].plot(false_positive, true_positive, color=NORMAL)
        axes[1].plot([0, 1], [0, 1], ":", color=QUIET, linewidth=1)
        axes[1].set(title="ROC", xlabel="1 − specificity", ylabel="sensitivity")
        axes[2].plot(recall, precision, color=NORMAL)
        axes[2].axhline(sick.mean(), linestyle=":", color=QUIET, linewidth=1)
        axes[2].set(title="Precision-recall", xlabel="sensitivity (recall)", ylabel="PPV (precision)", ylim=(0.5, 1.01))
        for name, found in test["operating_points"].items():
            rates = {
                key: _number(found["metrics"][key]["value"]) for key in ("sensitivity", "specificity", "precision")
            }
            style: dict[str, Any] = {"color": PNEUMONIA, "marker": _MARKS[name], "linestyle": "", "markersize": 6}
            axes[1].plot(1 - rates["specificity"], rates["sensitivity"], label=name.replace("_", "-"), **style)
            axes[2].plot(rates["sensitivity"], rates["precision"], **style)
        axes[1].legend(loc="lower right")
    return made[0]


def _number(value: float | None) -> float:
    """A figure that may be undefined, as matplotlib leaves it out."""
    return float("nan") if value is None else value


def _matrix(axis: Axes, counts: Sequence[Sequence[int]]) -> None:
    shares = np.array(counts, dtype=float) / np.array(counts).sum(axis=1, keepdims=True)
    axis.pcolormesh(shares[::-1], cmap="Blues", vmin=0, vmax=1.2, edgecolor="white", linewidth=2)
    for row, column in np.ndindex(2, 2):
        dark = shares[row, column] > 0.5
        words = f"{counts[row][column]}\n{100 * shares[row, column]:.1f} %"
        axis.text(column + 0.5, 1.5 - row, words, ha="center", va="center", color="white" if dark else INK, size=9)
    axis.set(title="Confusion matrix", xlabel="called", ylabel="truly")
    axis.set_xticks([0.5, 1.5], LABELS)
    axis.set_yticks([1.5, 0.5], LABELS, rotation=90, va="center")
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)


def scores_and_reliability(
    scans: Scans, bins: Sequence[Record], thresholds: Sequence[float], wilson: Sequence[tuple[float, float]]
) -> str:
    """Histogram of scores by true class, and how often pneumonia was there among scans of like score.

    Args:
        scans: of the test split.
        bins: those of `evaluation.json` that hold images.
        thresholds: of the operating points.
        wilson: interval of the share of pneumonia in each bin.

    Returns:
        An SVG document.
    """
    edges: npt.NDArray[np.float64] = np.linspace(0, 1, 21)
    with _drawn(2.4, 2) as (axes, made):
        for truth, colour in ((False, NORMAL), (True, PNEUMONIA)):
            heights, _ = np.histogram(scans.probabilities[scans.sick == truth], bins=edges)
            left = edges[:-1] + 0.0225 * truth + 0.0025
            axes[0].bar(left, heights, 0.0225, align="edge", color=colour, label=f"truly {LABELS[truth]}")
        for threshold in thresholds:
            axes[0].axvline(threshold, color=INK, linestyle=":", linewidth=1)
        axes[0].set(xlabel="probability of pneumonia", ylabel="scans (logarithmic)", yscale="symlog")
        axes[0].set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        means = [each["mean_probability"] for each in bins]
        shares = [each["pneumonia"] / each["images"] for each in bins]
        low, high = zip(*wilson, strict=True)
        errors = np.abs(np.array([low, high]) - np.array(shares))
        axes[1].plot([0, 1], [0, 1], ":", color=QUIET, label="ideal")
        axes[1].errorbar(means, shares, errors, fmt="o", color=NORMAL, elinewidth=1, capsize=2, label="test")
        axes[1].set(xlabel="mean probability", ylabel="share with pneumonia")
        axes[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return made[0]


def robustness(rows: Sequence[Record]) -> str:
    """By how much balanced accuracy falls, per change and strength.

    Args:
        rows: `perturbed` of `robustness.json`.

    Returns:
        An SVG document.
    """
    names = list(dict.fromkeys(row["perturbation"] for row in rows))
    with _drawn(2.3, 1) as (axes, made):
        for row in rows:
            strength, place = int(row["strength"]), names.index(row["perturbation"])
            axes[0].bar(
                place + 0.26 * (strength - 2), 100 * row["drop"], 0.24, color=STRENGTHS[(strength - 1) % len(STRENGTHS)]
            )
        for number, colour in enumerate(STRENGTHS, start=1):
            axes[0].bar(0, 0, color=colour, label=f"strength {number}")
        axes[0].axhline(0, color=QUIET, linewidth=0.8)
        axes[0].set_xticks(range(len(names)), names)
        axes[0].set(ylabel="fall, percentage points")
        axes[0].legend(ncols=3)
    return made[0]
