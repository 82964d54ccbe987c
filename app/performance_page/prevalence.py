"""Natural frequencies: what the figures mean for 1,000 children, at any prevalence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import measured, wording
from app.components import charts, charts_prevalence, icon_array, markup

if TYPE_CHECKING:
    from app.measured import Frequencies, SplitResult

# Keys in the session's state; the prevalence, in percent, is in the page's address, too.
PREVALENCE, _SOURCE = "prevalence", "prevalence-source"

_LEAST, _MOST, _STEP = 0.1, 99.9, 0.1
_TEST, _CLINIC = "test", "clinic"


@st.fragment
def natural(here: SplitResult, *, clinic: float | None) -> None:
    """Children like yours, as counts and icons, and the predictive values.

    Args:
        here: the test split at the threshold.
        clinic: the clinic's own prevalence, 0 to 1; None where not set.
    """
    markup.section(
        "Of 1,000 children like yours",
        "How far an answer can be relied on depends on how common pneumonia is among those who are radiographed.",
    )
    at = _chosen(here, clinic)
    ratios, children = measured.likelihoods(here), measured.natural_frequencies(here, at)
    if ratios is None or children is None:
        markup.note(wording.NOT_KNOWN)
        return
    positive, negative = measured.ppv(ratios, at), measured.npv(ratios, at)
    told = [wording.children_sentence(children), *wording.called_sentences(children, positive, negative)]
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("1,000 children", "One mark a child.")
        icon_array.draw(_groups(children), alt=" ".join(told))
        markup.facts(told)
    with right.container(border=True, height="stretch"):
        markup.panel_title("Predictive values", "The shaded strips are 95 % intervals; the marks are at your share.")
        charts.draw(
            charts_prevalence.predictive_values(ratios, at),
            key="predictive-values",
            alt=wording.prevalence_summary(at, positive, negative),
            data=lambda: charts_prevalence.predictive_values_data(ratios),
        )
        markup.note(wording.CARRIES_OVER)


def in_percent(share: float) -> float:
    """A share as the slider can show it."""
    return min(_MOST, max(_LEAST, round(100 * share, 1)))


def _chosen(here: SplitResult, clinic: float | None) -> float:
    """Draw the controls; where the slider stands on a known share, rounded, the exact share counts."""
    known = {_TEST: here.pneumonia / max(1, here.images)} | ({} if clinic is None else {_CLINIC: clinic})
    names = {
        _TEST: f"As in this test set, {wording.percent(known[_TEST], 1)}",
        _CLINIC: f"As set for this clinic, {wording.percent(known.get(_CLINIC, 0.0), 1)}",
    }

    def move() -> None:
        if source := st.session_state[_SOURCE]:
            st.session_state[PREVALENCE] = in_percent(known[source])

    above = st.container()
    begin = in_percent(known[_TEST] if clinic is None else clinic)
    slid = st.slider(
        "Share of your children who have pneumonia, in percent",
        min_value=_LEAST, max_value=_MOST, value=begin, step=_STEP, format="%.1f %%",
        key=PREVALENCE, bind="query-params",
    )  # fmt: skip
    matching = [name for name, share in reversed(known.items()) if in_percent(share) == round(slid, 1)]
    st.session_state[_SOURCE] = matching[0] if matching else None
    above.segmented_control(
        "How common pneumonia is", list(known), format_func=names.__getitem__, key=_SOURCE, on_change=move
    )
    return known[matching[0]] if matching else slid / 100


def _groups(found: Frequencies) -> list[icon_array.Group]:
    return [
        icon_array.Group("found", found.found, "with pneumonia, found"),
        icon_array.Group("missed", found.missed, "with pneumonia, missed"),
        icon_array.Group("flagged", found.flagged, "without, falsely flagged"),
        icon_array.Group("cleared", found.cleared, "without, called Normal"),
    ]
