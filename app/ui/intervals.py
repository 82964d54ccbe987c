"""Charts of shares with their 95 % intervals: reliability, and one row for each subgroup, change, method or model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from app.ui import charts, numbers
from app.ui.charts import SHARES
from model.statistics.intervals import wilson

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from model.records.evaluation import ReliabilityBin
    from model.records.manifest import UncertaintyBand

_ROW, _REST = 44, 130


@dataclass(frozen=True)
class ReliabilityDisplay:
    """Observed share of pneumonia over the mean score, bin by bin, with 95 % Wilson intervals.

    The score is meant for a prevalence of one half (`model.calibration.Calibration`): the diagonal. At another
    prevalence p, the perfect curve multiplies its odds by p / (1 - p).

    Attributes:
        series: bins by name; empty bins are left out.
        prevalence: where they were measured, 0 to 1; None for the diagonal only.
        band: the indeterminate range, or None.
    """

    series: Mapping[str, Sequence[ReliabilityBin]]
    prevalence: float | None = None
    band: UncertaintyBand | None = None

    def figure(self) -> go.Figure:
        """The chart; the more radiographs in a bin, the larger its mark."""
        return charts.compose(
            [*(self._trace(name, place) for place, name in enumerate(self.series)), *self._perfect()],
            x=SHARES | {"title": "Score (shaded: indeterminate)" if self.band else "Score"},
            y=SHARES | {"title": "Share that had pneumonia"},
            layout={
                "height": charts.TALL,
                "shapes": charts.shade(self.band.low, self.band.high) if self.band else [],
            },
        )

    def _trace(self, name: str, place: int) -> charts.Trace:
        bins = self._filled(name)
        total = sum(one.images for one in bins) or 1
        shares = [one.pneumonia / one.images for one in bins]
        ends = [wilson(one.pneumonia, one.images) for one in bins]
        return {
            "x": [one.mean_probability for one in bins], "y": shares, "name": name,
            "mode": "markers" if len(self.series) == 1 else "lines+markers",
            "line": {"width": 1.5, "dash": charts.DASHES[place % len(charts.DASHES)]},
            "marker": {
                "size": [8 + 14 * math.sqrt(one.images / total) for one in bins],
                "symbol": charts.SYMBOLS[place % len(charts.SYMBOLS)],
            },
            "error_y": _whiskers(shares, ends),
            "customdata": [one.images for one in bins],
            "hovertemplate": "mean score %{x:.1%}<br>%{y:.1%} of %{customdata:,} had pneumonia<extra></extra>",
        }  # fmt: skip

    def _perfect(self) -> list[charts.Trace]:
        lines = [charts.reference("perfect where half have pneumonia", [0, 1], [0, 1])]
        if self.prevalence is not None and 0 < self.prevalence < 1:
            odds, steps = self.prevalence / (1 - self.prevalence), [step / 50 for step in range(51)]
            bent = [one * odds / (one * odds + 1 - one) for one in steps]
            name = f"perfect where {numbers.percent(self.prevalence, 1)} have it, as here"
            lines.append(charts.reference(name, steps, bent, dash="dash"))
        return lines

    def _filled(self, name: str) -> list[ReliabilityBin]:
        return [one for one in self.series[name] if one.images and one.mean_probability is not None]

    def frame(self) -> pd.DataFrame:
        """One row a bin."""
        rows = []
        for name in self.series:
            for one in self._filled(name):
                low, high = wilson(one.pneumonia, one.images)
                rows.append(
                    {
                        "series": name,
                        "score from (0 to 1)": one.low,
                        "score to (0 to 1)": one.high,
                        "mean score (0 to 1)": one.mean_probability,
                        "radiographs": one.images,
                        "with pneumonia (radiographs)": one.pneumonia,
                        "share with pneumonia, 95 % interval from": low,
                        "share with pneumonia, 95 % interval to": high,
                    }
                )
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Every bin."""
        told = [
            f"{name}: "
            + ", ".join(
                f"{one.pneumonia:,} of {one.images:,} at {numbers.percent(one.mean_probability or 0.0)}"
                for one in self._filled(name)
            )
            for name in self.series
        ]
        return f"Reliability diagram, children with pneumonia by mean score. {'; '.join(told)}."


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Attributes:
        row: what it is of: the label of its row.
        value: the dot; NaN leaves the row empty.
        low: of the interval; NaN for none.
        high: of the interval; NaN for none.
        series: its entry in the legend, or "".
        more: further columns of the table, such as {"radiographs": 148}.
    """

    row: str
    value: float
    low: float = math.nan
    high: float = math.nan
    series: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class IntervalsDisplay:
    """Dots with 95 % intervals, one row each; one colour and symbol a series.

    Attributes:
        intervals: in order; rows of one name share a line.
        axis: what the dots are, with its unit.
        tickformat: of the axis, in d3's syntax: ".0%" for shares, ".2f" for statistics, "+.0f" for changes.
        limits: lines across, by their label: the value they stand at.
        range: of the axis, or None for what fits.
    """

    intervals: Sequence[Interval]
    axis: str
    tickformat: str = ".0%"
    limits: Mapping[str, float] = field(default_factory=dict)
    range: tuple[float, float] | None = None

    def figure(self) -> go.Figure:
        """The chart."""
        rows = len({one.row for one in self.intervals})
        names = dict.fromkeys(one.series for one in self.intervals)
        lines = [
            {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"dash": "dot", "color": charts.NEUTRAL, "width": 2}}
            for at in self.limits.values()
        ]  # fmt: skip
        notes = [
            {"x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "text": label, "showarrow": False}
            for label, at in self.limits.items()
        ]
        return charts.compose(
            [self._trace(name, place) for place, name in enumerate(names)],
            x={"title": self.axis, "tickformat": self.tickformat} | ({"range": list(self.range)} if self.range else {}),
            y={"autorange": "reversed"},
            layout={
                "height": _REST + (_ROW if len(names) < 3 else _ROW // 2) * rows,
                "shapes": lines,
                "annotations": notes,
                "margin": {"l": 8, "r": 8, "t": 56 if notes else 30, "b": 8},
                "showlegend": len(names) > 1,
            },
        )

    def _trace(self, name: str, place: int) -> charts.Trace:
        found = [one for one in self.intervals if one.series == name]
        ends = [(one.low, one.high) for one in found]
        symbol = charts.SYMBOLS[place % len(charts.SYMBOLS)]
        trace: charts.Trace = {
            "x": [_or_none(one.value) for one in found], "y": [one.row for one in found], "mode": "markers",
            "name": name, "marker": {"size": 12, "symbol": symbol},
            "hovertemplate": f"%{{y}}: %{{x:{self.tickformat.replace('.0', '.1')}}}<extra>{name}</extra>",
        }  # fmt: skip
        if any(not math.isnan(low + high) for low, high in ends):
            trace["error_x"] = _whiskers([one.value for one in found], ends)
        return trace

    def frame(self) -> pd.DataFrame:
        """One row an interval."""
        return pd.DataFrame(
            [
                {
                    "row": one.row,
                    "series": one.series,
                    self.axis: one.value,
                    "95 % interval from": one.low,
                    "95 % interval to": one.high,
                    **one.more,
                }
                for one in self.intervals
            ]
        )

    def summary(self) -> str:
        """The lowest and the highest value."""
        known = [one for one in self.intervals if not math.isnan(one.value)]
        if not known:
            return f"{self.axis}: nothing was measured."
        low, high = min(known, key=lambda one: one.value), max(known, key=lambda one: one.value)
        return f"{self.axis}, {len(known)} values, from {self._told(low)} to {self._told(high)}."

    def _told(self, one: Interval) -> str:
        share = self.tickformat.endswith("%")
        text = numbers.percent(one.value, 1) if share else numbers.figure(one.value, 2)
        return f"{text} ({', '.join(filter(None, (one.row, one.series)))})"


def _whiskers(values: Sequence[float], ends: Sequence[tuple[float, float]]) -> dict[str, object]:
    return {
        "type": "data", "symmetric": False, "thickness": 2, "width": 5,
        "array": [_or_none(high - value) for value, (_, high) in zip(values, ends, strict=True)],
        "arrayminus": [_or_none(value - low) for value, (low, _) in zip(values, ends, strict=True)],
    }  # fmt: skip


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
