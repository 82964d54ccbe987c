"""What came in week by week: scores against those of validation, and how many were rejected or indeterminate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.ui import charts
from app.ui.numbers import count, day, figure, percent
from app.ui.table import Cell, table
from model.errors import ChestXrayError
from model.records.scores import PREDICTIONS, Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from app.records.drift import Week
    from app.screens.prelude import Page

FEWEST = 20
"""Fewer scores of a week are not compared: the two curves would differ widely by chance."""

_QUARTERS = (25, 50, 75)


@dataclass(frozen=True)
class ScoresByWeekDisplay:
    """Quartiles of the score, week by week, beside those of the validation radiographs.

    Attributes:
        weeks: oldest first, each with a score.
        validation: None where not known.
    """

    weeks: Sequence[Week]
    validation: Scores | None

    def _quartiles(self) -> np.ndarray:
        return np.array([np.percentile(week.scores, _QUARTERS) for week in self.weeks])

    def figure(self) -> go.Figure:
        """The median with bars to the quartiles; a strip for validation."""
        low, middle, high = self._quartiles().T
        days = [week.monday.isoformat() for week in self.weeks]
        trace = {
            "x": days, "y": middle.tolist(), "mode": "lines+markers", "name": "median, with quartiles",
            "line": {"width": 1.5}, "marker": {"size": 10},
            "error_y": {"type": "data", "array": (high - middle).tolist(), "arrayminus": (middle - low).tolist()},
            "customdata": [len(week.scores) for week in self.weeks],
            "hovertemplate": "week of %{x}: median %{y:.1%} of %{customdata:,}<extra></extra>",
        }  # fmt: skip
        usual = np.percentile(self.validation.probabilities, _QUARTERS).tolist() if self.validation else []
        names = ("quartiles of validation", "median of validation", "")
        lines = [
            charts.reference(name, days, [value] * len(days), dash="dash" if "median" in name else "dot")
            | {"showlegend": bool(name)}
            for name, value in zip(names, usual, strict=False)
        ]
        ticks = {"type": "date", "tickformat": "%d %b %Y", "nticks": 8}
        return charts.compose(
            [trace, *lines], x=ticks | {"title": "Week beginning"}, y=charts.SHARES | {"title": "Score"}
        )

    def frame(self) -> pd.DataFrame:
        """One row a week."""
        quartiles = self._quartiles()
        columns = {f"score, {name} (0 to 1)": quartiles[:, at] for at, name in enumerate(("25 %", "median", "75 %"))}
        counts = {
            "week beginning": [week.monday.isoformat() for week in self.weeks],
            "scored (radiographs)": [len(week.scores) for week in self.weeks],
            "indeterminate (radiographs)": [week.indeterminate for week in self.weeks],
            "rejected (pictures)": [week.rejected for week in self.weeks],
        }
        return pd.DataFrame(counts | columns)

    def summary(self) -> str:
        """Every week's median."""
        medians = self._quartiles()[:, 1]
        told = [f"{day(week.monday)}: {percent(value)}" for week, value in zip(self.weeks, medians, strict=True)]
        return f"Median score by week: {'; '.join(told)}."


def draw(page: Page, weeks: Sequence[Week]) -> None:
    """The chart, and a table of the weeks with what is out of the ordinary."""
    validation = _validation(page)
    scored = [week for week in weeks if len(week.scores)]
    note = (
        "A shift can come from another scanner, other children or a new way of export, or from nothing but how many "
        "are ill. Compare your weeks with each other first."
    )
    if validation is not None:
        note += f" Of the validation radiographs, {percent(validation.prevalence)} show pneumonia."
    charts.draw(
        ScoresByWeekDisplay(scored, validation), key="scores-by-week", title="Scores week by week", note=note, level=2
    )
    rows, before = [], np.empty(0)
    for week in weeks:
        rows.append(_row(week, before, validation.probabilities if validation else np.empty(0)))
        before = np.concatenate([before, week.scores])
    table(
        ("Week of", "Scored", "Rejected", "Indeterminate", "Against earlier weeks", "Against validation"), rows[::-1],
        caption="Latest first. The last two columns are the Kolmogorov-Smirnov distance, 0 (alike) to 1, between the "
        f"scores; under it, how often chance alone gives one as large. From {FEWEST} scores on.",
        key="weeks",
    )  # fmt: skip


def _validation(page: Page) -> Scores | None:
    """The scores of the validation radiographs; None where the artifact has none that can be read."""
    try:
        return Scores.read_all(page.settings.model_dir / PREDICTIONS).get("validation")
    except (ChestXrayError, OSError):
        return None


def _row(week: Week, before: np.ndarray, validation: np.ndarray) -> list[Cell | str]:
    seen = len(week.scores) + week.rejected
    return [
        day(week.monday),
        f"{len(week.scores):,}",
        Cell(percent(week.rejected / seen, 1), f"{week.rejected:,} of {count(seen, 'picture')}") if seen else "–",
        Cell(percent(week.indeterminate / len(week.scores), 1), f"{week.indeterminate:,}") if len(week.scores) else "–",
        _distance(week.scores, before),
        _distance(week.scores, validation),
    ]


def _distance(scores: np.ndarray, others: np.ndarray) -> Cell | str:
    from scipy.stats import ks_2samp  # a second long: the page paints before it

    if min(len(scores), len(others)) < FEWEST:
        return "–"
    found = ks_2samp(scores, others)
    chance = "less than 1 in 1,000" if found.pvalue < 0.001 else f"{percent(found.pvalue, 1)} by chance"
    return Cell(figure(found.statistic, 2), chance)
