"""Natural frequencies: what the figures mean for 1,000 children, at any prevalence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.ui import charts, icon_array
from app.ui import page as ui
from app.ui.numbers import percent, percent_range
from model.statistics.prevalence import Likelihoods, likelihoods, natural_frequencies, npv, ppv

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from model.records.evaluation import SplitResult
    from model.records.manifest import Estimate
    from model.statistics.prevalence import Frequencies

PREVALENCE, _SOURCE = "prevalence", "prevalence-source"
"""Keys in the session's state; the prevalence, in percent, is in the page's address, too."""

CARRIES_OVER = (
    "This assumes the sensitivity and specificity of the test radiographs. Where children are less ill, of other ages "
    "or examined with other equipment, both will differ."
)
_ONE_CLASS = "The test split has radiographs of one class only, so this cannot be computed."
_LEAST, _MOST, _STEP = 0.1, 99.9, 0.1
_TEST, _CLINIC = "test", "clinic"


def draw(here: SplitResult, *, clinic: float | None) -> float:
    """The prevalence, and 1,000 children as icons and in words.

    Args:
        here: the test split at the threshold.
        clinic: the clinic's own prevalence, 0 to 1; None where not set.

    Returns:
        The prevalence, 0 to 1.
    """
    ui.panel_title("1,000 children like yours")
    at = _chosen(here, clinic)
    ratios, found = likelihoods(here.counts), natural_frequencies(here.counts, at)
    if ratios is None or found is None:
        ui.note(_ONE_CLASS)
        return at
    missed, flagged = _range(found.missed_range), _range(found.flagged_range)
    groups = [
        icon_array.Group("found", found.found, "pneumonia found"),
        icon_array.Group("missed", found.missed, f"missed {missed}"),
        icon_array.Group("flagged", found.flagged, f"false alarms {flagged}"),
        icon_array.Group("cleared", found.cleared, "normal"),
    ]
    icon_array.draw(groups, alt=in_words(found))
    values = (
        ("Classified as pneumonia", found.found + found.flagged, "have it", "PPV", ppv(ratios, at)),
        ("Classified as normal", found.missed + found.cleared, "do not have it", "NPV", npv(ratios, at)),
    )
    ui.facts(_of_classified(*one) for one in values)
    return at


def in_percent(share: float) -> float:
    """A share as the slider can show it."""
    return min(_MOST, max(_LEAST, round(100 * share, 1)))


def in_words(found: Frequencies) -> str:
    """What becomes of the children, each count of mistakes with its 95 % interval."""
    missed = "fewer than one" if found.misses_some and not found.missed else f"{found.missed:,}"
    return (
        f"Of {found.children:,} children like yours, {found.sick:,} {'has' if found.sick == 1 else 'have'} pneumonia: "
        f"the model finds {found.found:,} and misses {missed} ({_range(found.missed_range, '95 % interval ')}). Of the "
        f"{found.well:,} without it, {found.flagged:,} are false alarms "
        f"({_range(found.flagged_range, '95 % interval ')})."
    )


def _range(ends: tuple[int, int], before: str = "") -> str:
    text = f"{before}{ends[0]:,} to {ends[1]:,}"
    return text if before else f"({text})"


def _of_classified(answer: str, children: int, right: str, name: str, value: Estimate) -> str:
    if math.isnan(value.value):
        return f"{answer}: nobody at this threshold."
    share = f"{name} {percent(value.value, 1)}, {percent_range(value.low, value.high)}"
    return f"{answer}: {children:,} children, of whom {percent(value.value)} {right} ({share})."


def _chosen(here: SplitResult, clinic: float | None) -> float:
    """Draw the controls; where the slider stands on a known prevalence, rounded, the exact one counts."""
    known = {_TEST: here.prevalence} | ({} if clinic is None else {_CLINIC: clinic})
    names = {
        _TEST: f"Test set, {percent(known[_TEST], 1)}",
        _CLINIC: f"This clinic, {percent(known.get(_CLINIC, 0.0), 1)}",
    }

    def move() -> None:
        if source := st.session_state[_SOURCE]:
            st.session_state[PREVALENCE] = in_percent(known[source])

    begin = in_percent(known[_TEST] if clinic is None else clinic)
    slid = st.slider(
        "Prevalence: share of your children who have pneumonia",
        min_value=_LEAST, max_value=_MOST, value=begin, step=_STEP, format="%.1f %%",
        key=PREVALENCE, bind="query-params",
    )  # fmt: skip
    matching = [name for name, share in reversed(known.items()) if in_percent(share) == round(slid, 1)]
    st.session_state[_SOURCE] = matching[0] if matching else None
    st.segmented_control(
        "Known prevalences", list(known), format_func=names.__getitem__, key=_SOURCE, on_change=move,
        label_visibility="collapsed",
    )  # fmt: skip
    return known[matching[0]] if matching else slid / 100


def draw_predictive_values(here: SplitResult, at: float) -> None:
    """PPV and NPV over all prevalences.

    Args:
        here: the test split at the threshold.
        at: the chosen prevalence, 0 to 1.
    """
    ratios = likelihoods(here.counts)
    if ratios is None:
        ui.note(_ONE_CLASS)
        return
    left, right = (one.container(border=True, height="stretch") for one in st.columns([2, 1], gap="small"))
    with left:
        charts.draw(PredictiveValuesDisplay(ratios, at), key="predictive-values", title="Predictive values")
    with right:
        ui.panel_title("How to read it", level=3)
        ui.facts(("Shaded: 95 % intervals. Marks: your prevalence.", CARRIES_OVER))


@dataclass(frozen=True)
class PredictiveValuesDisplay:
    """PPV and NPV with their 95 % intervals over prevalence; `at` is the chosen one, 0 to 1."""

    ratios: Likelihoods
    at: float

    def figure(self) -> go.Figure:
        """The chart."""
        places = sorted({*_STEPS, self.at})
        lines: list[charts.Trace] = []
        strips: list[charts.Trace] = []
        for place, (name, of) in enumerate((("PPV", ppv), ("NPV", npv))):
            values = [of(self.ratios, one) for one in places]
            marks = {
                "size": [14 if one == self.at else 0 for one in places],
                "symbol": charts.SYMBOLS[place],
                "opacity": 1,
            }
            hover = "%{y:.1%} where %{x:.1%} have pneumonia<extra></extra>"
            lines.append(
                {
                    "x": places, "y": [one.value for one in values], "mode": "lines+markers", "name": name,
                    "line": {"width": 3, "dash": charts.DASHES[place]}, "marker": marks, "hovertemplate": hover,
                }
            )  # fmt: skip
            ends = [one.low for one in values] + [one.high for one in values[::-1]]
            strips.append(
                {
                    "x": places + places[::-1], "y": ends, "mode": "none", "fill": "toself",
                    "fillcolor": "rgba(128,140,150,.22)", "hoverinfo": "skip", "showlegend": False,
                }
            )  # fmt: skip
        return charts.compose(
            [*lines, *strips],
            x=charts.SHARES | {"title": "Prevalence", "range": [0, 1]},
            y=charts.SHARES | {"title": "Predictive value"},
        )

    def frame(self) -> pd.DataFrame:
        """One row a prevalence."""
        columns: dict[str, list[float]] = {"prevalence (0 to 1)": list(_STEPS)}
        for name, of in (("positive", ppv), ("negative", npv)):
            values = [of(self.ratios, at) for at in _STEPS]
            columns[f"{name} predictive value (0 to 1)"] = [one.value for one in values]
            columns[f"{name} predictive value, 95 % interval from"] = [one.low for one in values]
            columns[f"{name} predictive value, 95 % interval to"] = [one.high for one in values]
        return pd.DataFrame(columns)

    def summary(self) -> str:
        """Both at the chosen prevalence."""
        positive, negative = ppv(self.ratios, self.at), npv(self.ratios, self.at)
        return (
            f"Predictive values by prevalence. Where {percent(self.at, 1)} have pneumonia: PPV "
            f"{percent(positive.value, 1)} ({percent_range(positive.low, positive.high)}), NPV "
            f"{percent(negative.value, 1)} ({percent_range(negative.low, negative.high)})."
        )


_STEPS = tuple(step / 50 for step in range(1, 50))
