"""Charts of counts: scores by class, and the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pandas as pd

from app.ui import charts, numbers
from app.ui.charts import SHARES
from model.labels import LABELS

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from model.evaluation import ScoreHistogram
    from model.records.evaluation import SplitResult
    from model.records.manifest import UncertaintyBand

_PATTERNS = ("/", "", "x", ".")
_TICKS = (1.0, 10, 50, 200, 400, 1000, 4000)


@dataclass(frozen=True)
class HistogramDisplay:
    """Scores by series; of two series, the first points downwards and the second upwards.

    The length of a bar is the square root of its count: beside hundreds of clear radiographs, the few unclear ones,
    which the threshold decides on, would not be seen.

    Attributes:
        edges: of the bars, 0 to 1, one more than each series has counts.
        series: counts (or shares) by name.
        threshold: 0 to 1, or None for no line.
        band: the indeterminate range, or None.
        unit: of the counts.
    """

    edges: Sequence[float]
    series: Mapping[str, Sequence[float]]
    threshold: float | None = None
    band: UncertaintyBand | None = None
    unit: str = "radiographs"

    @classmethod
    def of(cls, found: ScoreHistogram, *, threshold: float | None = None, band: UncertaintyBand | None = None) -> Self:
        """Scores by true class, normal downwards and pneumonia upwards."""
        series = {f"truly {LABELS[0]}": found.normal, f"truly {LABELS[1]}": found.pneumonia}
        return cls(found.edges, series, threshold, band)

    def figure(self) -> go.Figure:
        """The chart."""
        middles = [(low + high) / 2 for low, high in zip(self.edges, self.edges[1:], strict=False)]
        mirrored = len(self.series) == 2
        width = 0.92 * (self.edges[1] - self.edges[0])
        bars: list[charts.Trace] = [
            {
                "type": "bar", "name": name, "x": middles, "customdata": list(counts),
                "y": [(-1 if mirrored and place == 0 else 1) * math.sqrt(count) for count in counts],
                "width": width, "offset": -width / 2,
                "marker": {"pattern": {"shape": _PATTERNS[place % 4], "fillmode": "overlay", "size": 6}},
                "opacity": 1 if mirrored or len(self.series) == 1 else 0.6,
                "hovertemplate": f"%{{customdata:,}} {name}<br>score about %{{x:.0%}}<extra></extra>",
            }
            for place, (name, counts) in enumerate(self.series.items())
        ]  # fmt: skip
        most = math.sqrt(max((count for counts in self.series.values() for count in counts), default=0) or 1)
        floor = -1.12 * most if mirrored else 0
        if self.threshold is not None:
            cut = charts.reference("threshold", [self.threshold] * 2, [floor, 1.12 * most], dash="dash")
            bars.append(cut | {"line": cut["line"] | {"width": 2.5}, "showlegend": False})
        return charts.compose(
            bars,
            x=SHARES | {"title": "Score", "range": [-0.02, 1.02], "automargin": False},
            y={
                "title": f"{self.unit.capitalize()} (square-root scale)",
                "automargin": False,
                **self._ticks(most, mirrored=mirrored),
            },
            layout={
                "height": charts.TALL,
                "margin": {"l": 64, "r": 8, "t": 30, "b": 80},
                "barmode": "overlay",
                "shapes": charts.shade(self.band.low, self.band.high) if self.band else [],
            },
        )

    def _ticks(self, most: float, *, mirrored: bool) -> dict[str, object]:
        """Round counts at their square roots: the four largest that fit."""
        up = [count for count in _TICKS if math.sqrt(count) <= 1.05 * most][-4:] or [most * most]
        at = [math.sqrt(one) for one in up]
        down = [-one for one in reversed(at)] if mirrored else []
        shown = [f"{one:,.4g}" for one in up]
        return {
            "tickvals": [*down, 0.0, *at],
            "ticktext": [*(reversed(shown) if mirrored else ()), "0", *shown],
            "range": [-1.15 * most if mirrored else 0, 1.15 * most],
        }

    def frame(self) -> pd.DataFrame:
        """One row a bar."""
        edges = {"score from (0 to 1)": list(self.edges[:-1]), "score to (0 to 1)": list(self.edges[1:])}
        return pd.DataFrame(edges | {f"{name} ({self.unit})": list(counts) for name, counts in self.series.items()})

    def summary(self) -> str:
        """How much lies at the ends, and what the threshold separates."""
        ends = [
            f"of {sum(counts):,.4g} {name}, {counts[0]:,.4g} score below {numbers.percent(self.edges[1])} and "
            f"{counts[-1]:,.4g} at or above {numbers.percent(self.edges[-2])}"
            for name, counts in self.series.items()
        ]
        line = f" Threshold {numbers.figure(self.threshold)}." if self.threshold is not None else ""
        band = self.band
        strip = f" Indeterminate: {numbers.percent_range(band.low, band.high)}." if band else ""
        return f"Histogram of scores: {'; '.join(ends)}.{line}{strip}"


@dataclass(frozen=True)
class ConfusionMatrixDisplay:
    """Counts by class; rows are the true labels, columns the predicted ones.

    Attributes:
        counts: ((true negative, false positive), (false negative, true positive)).
        labels: of rows and columns.
    """

    counts: Sequence[Sequence[int]]
    labels: Sequence[str] = LABELS

    @classmethod
    def of(cls, split: SplitResult) -> Self:
        """The matrix of a split at its threshold."""
        return cls(split.counts.rows, split.confusion_matrix.labels)

    def figure(self) -> go.Figure:
        """The chart, with counts and shares of the row in its cells."""
        shares = [[count / max(1, sum(row)) for count in row] for row in self.counts]
        alarms = "" if self.counts[0][1] == 1 else "s"
        mistakes = (("", f" false alarm{alarms}"), (" missed", ""))
        text = [
            [f"<b>{count:,}</b>{word}<br>{numbers.percent(share, 1)} of the row" for count, share, word in cells]
            for cells in (zip(*row, strict=True) for row in zip(self.counts, shares, mistakes, strict=True))
        ]
        names = list(self.labels)
        cells = {
            "type": "heatmap", "z": shares, "x": names, "y": names, "text": text, "texttemplate": "%{text}",
            "textfont": {"size": 15}, "zmin": 0, "zmax": 1, "showscale": False, "xgap": 4, "ygap": 4,
            "hovertemplate": "true %{y}, predicted %{x}<extra></extra>",
        }  # fmt: skip
        return charts.compose(
            [cells],
            x={
                "title": "Predicted label",
                "side": "top",
                "showgrid": False,
                "constrain": "domain",
                "automargin": False,
            },
            y={
                "title": "True label",
                "autorange": "reversed",
                "showgrid": False,
                "tickangle": -90,
                "automargin": False,
            },
            layout={"height": charts.TALL, "margin": {"l": 56, "r": 8, "t": 76, "b": 8}},
        )

    def frame(self) -> pd.DataFrame:
        """One row a cell."""
        return pd.DataFrame(
            [
                {"true label": true, "predicted label": predicted, "radiographs": count}
                for true, row in zip(self.labels, self.counts, strict=True)
                for predicted, count in zip(self.labels, row, strict=True)
            ]
        )

    def summary(self) -> str:
        """All four counts."""
        (right, alarms), (missed, found) = self.counts
        return (
            f"Confusion matrix. Of {numbers.count(right + alarms, 'normal radiograph')}, {right:,} were classified as "
            f"normal and {alarms:,} as pneumonia. Of {missed + found:,} with pneumonia, {missed:,} were classified as "
            f"normal and {found:,} as pneumonia."
        )
