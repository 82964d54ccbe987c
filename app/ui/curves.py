"""Charts of lines: ROC, precision-recall and learning curves, of one series or several."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pandas as pd

from app.ui import charts, numbers
from app.ui.charts import SHARES, Curve, Mark, Splits
from app.ui.metrics import point_name

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from model.evaluation import PrecisionRecallCurve
    from model.records.evaluation import Metric, SplitResult


@dataclass(frozen=True)
class _OverThresholds:
    """What ROC and precision-recall charts share.

    Attributes:
        curves: both axes 0 to 1.
        marks: operating points of the first curve.
        here: where the threshold lies, or None.
    """

    curves: Sequence[Curve]
    marks: Sequence[Mark] = ()
    here: Mark | None = None

    def _traces(self, hover: str) -> list[charts.Trace]:
        traces = [charts.line(curve, place, hover=hover) for place, curve in enumerate(self.curves)]
        traces += [charts.mark(mark, place + 1, hover=hover) for place, mark in enumerate(self.marks)]
        return [*traces, *([charts.ring(self.here, hover=hover)] if self.here else [])]

    def _frame(self, x: str, y: str) -> pd.DataFrame:
        parts = [pd.DataFrame({"series": curve.name, x: curve.x, y: curve.y}) for curve in self.curves]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["series", x, y])

    def _told(self, kind: str, x: str, y: str) -> str:
        curves = numbers.joined(curve.legend for curve in self.curves)
        ring = self.here
        at = f" At the threshold: {y} {numbers.percent(ring.y, 1)}, {x} {numbers.percent(ring.x, 1)}." if ring else ""
        return f"{kind}: {curves}.{at}"


class RocDisplay(_OverThresholds):
    """Sensitivity over 1 − specificity."""

    @classmethod
    def of(cls, splits: Splits, *, here: SplitResult | None = None) -> Self:
        """From what was measured.

        Args:
            splits: by name; those of one class only have no curve and are left out.
            here: the first of them at the threshold that is marked, or None for no marks.
        """
        curves = [
            Curve(name, split.roc.false_positive_rate, split.roc.true_positive_rate, _area(split, "auroc", "AUROC"))
            for name, split in splits.items()
            if split.roc.false_positive_rate
        ]
        return cls(curves, *_marks(here, _roc_at))

    def figure(self) -> go.Figure:
        """The chart."""
        hover = "sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<extra>%{fullData.name}</extra>"
        return charts.compose(
            [*self._traces(hover), charts.reference("guessing", [0, 1], [0, 1])],
            x=SHARES | {"title": "1 − specificity (false alarms)"},
            y=SHARES | {"title": "Sensitivity (found)"},
            layout={"height": charts.TALL},
        )

    def frame(self) -> pd.DataFrame:
        """Every point of the curves."""
        return self._frame("1 − specificity (0 to 1)", "sensitivity (0 to 1)")

    def summary(self) -> str:
        """Areas, and the rates at the threshold."""
        return self._told("ROC curve", "1 − specificity", "sensitivity")


@dataclass(frozen=True)
class PrecisionRecallDisplay(_OverThresholds):
    """Positive predictive value over sensitivity; `prevalence` (0 to 1) is what guessing gives."""

    prevalence: float | None = None

    @classmethod
    def of(cls, curves: Mapping[str, PrecisionRecallCurve], splits: Splits, *, here: SplitResult | None = None) -> Self:
        """From what was measured.

        Args:
            curves: by name.
            splits: of the same names: for the area, and for the prevalence if there is one only.
            here: the first of them at the threshold that is marked, or None for no marks.
        """
        drawn = [
            Curve(
                name, one.recall.tolist(), one.precision.tolist(), _area(splits[name], "average_precision", "average")
            )
            for name, one in curves.items()
            if len(one.recall)
        ]
        (split, *others) = splits.values()
        return cls(drawn, *_marks(here, _precision_recall_at), None if others else split.pneumonia / split.images)

    def figure(self) -> go.Figure:
        """The chart."""
        hover = "positive predictive value %{y:.1%}<br>sensitivity %{x:.1%}<extra>%{fullData.name}</extra>"
        share = self.prevalence
        guess = [charts.reference(f"guessing, {numbers.percent(share)}", [0, 1], [share, share])] if share else []
        return charts.compose(
            [*self._traces(hover), *guess],
            x=SHARES | {"title": "Sensitivity (recall)"},
            y=SHARES | {"title": "Positive predictive value (precision)"},
            layout={"height": charts.TALL},
        )

    def frame(self) -> pd.DataFrame:
        """Every point of the curves."""
        return self._frame("sensitivity, recall (0 to 1)", "positive predictive value, precision (0 to 1)")

    def summary(self) -> str:
        """Areas, and the rates at the threshold."""
        return self._told("Precision-recall curve", "sensitivity", "positive predictive value")


@dataclass(frozen=True)
class LearningCurvesDisplay:
    """A quantity over the epochs.

    Attributes:
        curves: x counts epochs from 1.
        quantity: "loss" or "accuracy".
        chosen: the epoch whose weights were kept, or None.
    """

    curves: Sequence[Curve]
    quantity: str
    chosen: int | None = None

    def figure(self) -> go.Figure:
        """The chart; markers tell the lines apart while epochs are few."""
        epochs = max((len(curve.x) for curve in self.curves), default=0)
        mode = "lines+markers" if epochs <= 40 else "lines"
        traces = [
            charts.line(
                curve, place, mode=mode, hover="epoch %{x}: %{y:.3f}<extra>%{fullData.name}</extra>",
                marker={"size": 7, "symbol": charts.SYMBOLS[place % len(charts.SYMBOLS)]},
            )
            for place, curve in enumerate(self.curves)
        ]  # fmt: skip
        values = [value for curve in self.curves for value in curve.y if not math.isnan(value)]
        if self.chosen is not None and values:
            ends = [min(values), max(values)]
            traces.append(charts.reference(f"chosen epoch, {self.chosen}", [self.chosen] * 2, ends, dash="dash"))
        title = "Loss (cross-entropy)" if self.quantity == "loss" else "Accuracy"
        scale = {"rangemode": "tozero"} if self.quantity == "loss" else {"tickformat": ".0%"}
        ticks = {"title": "Epoch", "tickformat": "d", "nticks": min(12, epochs + 1)}
        return charts.compose(traces, x=ticks, y={"title": title} | scale)

    def frame(self) -> pd.DataFrame:
        """One row an epoch, one column a curve."""
        unit = "cross-entropy" if self.quantity == "loss" else "0 to 1"
        columns = {
            f"{curve.name} {self.quantity} ({unit})": pd.Series(curve.y, index=list(curve.x)) for curve in self.curves
        }
        return pd.DataFrame(columns).rename_axis("epoch").reset_index()

    def summary(self) -> str:
        """Where each curve begins and ends."""
        told = [
            f"{curve.name} from {numbers.figure(curve.y[0])} to {numbers.figure(curve.y[-1])}"
            for curve in self.curves
            if len(curve.y)
        ]
        kept = f" Epoch {self.chosen} was kept." if self.chosen is not None else ""
        return f"{self.quantity.capitalize()} by epoch: {numbers.joined(told)}.{kept}"


def _marks(
    here: SplitResult | None, at: Callable[[Mapping[str, Metric]], tuple[float, float]]
) -> tuple[list[Mark], Mark | None]:
    """The operating points of a split and where its threshold lies; NaN, where nothing is defined, is left out."""
    if here is None:
        return [], None
    marks = [Mark(point_name(name), *at(point.metrics)) for name, point in here.points.items()]
    ring = Mark("threshold", *at(here.metrics))
    return [one for one in marks if _is_defined(one)], ring if _is_defined(ring) else None


def _is_defined(mark: Mark) -> bool:
    return not math.isnan(mark.x + mark.y)


def _area(split: SplitResult, name: str, title: str) -> str:
    metric = split.metrics.get(name)
    return f"{title} {numbers.figure(metric.value)}" if metric else ""


def _roc_at(metrics: Mapping[str, Metric]) -> tuple[float, float]:
    return 1 - metrics["specificity"].value, metrics["sensitivity"].value


def _precision_recall_at(metrics: Mapping[str, Metric]) -> tuple[float, float]:
    return metrics["sensitivity"].value, metrics["precision"].value
