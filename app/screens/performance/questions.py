"""What a head of department asks first: one click opens the tab that shows it, and answers in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.screens.performance import accuracy, children, details
from app.ui import page as ui
from app.ui.numbers import count, day, figure, percent, percent_range
from model.records.manifest import BALANCED
from model.saliency import METHODS
from model.statistics.prevalence import likelihoods, natural_frequencies, ppv

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from model.records.evaluation import SplitResult
    from model.records.measured import Measured

OPEN_TAB = "performance-tab"
"""Key of the tabs in the session's state and in the page's address."""

MISSES = "How many does it miss?"
RARE = "What if pneumonia is rare here?"
SAME = "Was it tested on the children it learned from?"
WHERE = "Where does it look?"
WHEN_NOT = "When should I not use it?"
_OPENS = {MISSES: "Accuracy", RARE: "Accuracy", SAME: "How measured", WHERE: "Heatmap", WHEN_NOT: "For whom"}

_ASKED = "question"
_EXAMPLE = 0.05
"""A prevalence for those who have not set their own, or whose own is not rare."""


def draw(page: Page) -> None:
    """The questions as chips, and the answer to the one asked."""
    known = page.measured
    if known is None:
        return
    evaluation = known.evaluation
    rare = _rare(evaluation.test if evaluation else None, page.settings.prevalence)

    def open_tab() -> None:
        if asked := st.session_state[_ASKED]:
            st.session_state[OPEN_TAB] = _OPENS[asked]
        if asked == RARE:
            st.session_state[children.PREVALENCE] = children.in_percent(rare)

    asked = st.pills("Questions", list(_OPENS), key=_ASKED, on_change=open_tab, label_visibility="collapsed")
    if asked is None:
        return
    point = page.settings.operating_point
    test = (evaluation.test.at(point) or evaluation.test.at(BALANCED)) if evaluation else None
    answers = {
        MISSES: lambda: _misses(test) if test else [],
        RARE: lambda: _if_rare(test, rare) if test else [],
        SAME: lambda: same_children(known),
        WHERE: lambda: _where(known),
        WHEN_NOT: lambda: _when_not(known),
    }
    told = answers[asked]() or ["This was not measured for this model, or cannot be read."]
    with st.container(border=True, key="answer"):
        st.markdown(ui.plain("\n\n".join(filter(None, told))))


def _rare(test: SplitResult | None, own: float | None) -> float:
    """The clinic's own prevalence where it is below that of the test split, otherwise an example."""
    most = test.pneumonia / test.images if test and test.pneumonia else 1.0
    return own if own is not None and own < most else min(_EXAMPLE, most / 2)


def _misses(test: SplitResult) -> list[str]:
    threshold = test.points[test.operating_point].threshold
    return [accuracy.mistakes(test, threshold), "Moving the threshold below trades one kind of mistake for the other."]


def _if_rare(test: SplitResult, prevalence: float) -> list[str]:
    ratios, found = likelihoods(test.counts), natural_frequencies(test.counts, prevalence)
    if ratios is None or found is None:
        return []
    value = ppv(ratios, prevalence)
    return [
        f"Then more of its alarms are false than on the test split, where {percent(test.prevalence, 1)} have pneumonia."
        f" If {percent(prevalence, 1)} have it: {children.in_words(found)}",
        f"A radiograph classified as pneumonia then shows it in {percent(value.value, 1)} (95 % interval "
        f"{percent_range(value.low, value.high)}). Set your own prevalence under “1,000 children like yours”. "
        f"{children.CARRIES_OVER}",
    ]


def same_children(known: Measured) -> list[str]:
    """Whether test and training share children, as far as can be known."""
    if known.evaluation is None:
        return []
    test = known.evaluation.test
    told = [
        f"Not on the radiographs it learned from: none of the {test.images:,} test radiographs was in training.",
        details.shared_numbers(test),
    ]
    openings = known.ledger.of_files(test.files_sha256).openings if known.ledger else ()
    if openings:
        times = "once" if len(openings) == 1 else f"{len(openings)} times, last"
        told.append(f"The test split was opened {times} on {day(openings[-1].opened)}, by the project’s commands.")
    else:
        told.append("No record was found of how often the test split was opened.")
    return told


def _where(known: Measured) -> list[str]:
    found = known.explanations
    if found is None:
        return []
    judged = [key for key in METHODS if key in found.scorecard]
    sound = sum(not found.failed(key) for key in judged)
    told = [f"The heatmap beside each verdict shows it. {sound} of {len(judged)} heatmap methods pass every test."]
    views = found.shortcuts.get("validation", {})
    if (covered := views.get("lungs_covered")) and (clean := views.get("clean")):
        told.append(
            f"With the lungs covered, AUROC falls from {figure(clean.auroc)} to {figure(covered.auroc)} on "
            f"{count(covered.scans, 'validation radiograph')} whose lungs were outlined; 0.5 is chance."
        )
    return told


def _when_not(known: Measured) -> list[str]:
    use = known.manifest.intended_use
    meant = f"It is meant for {use.images} of {use.patients} and" if use else "It"
    finding = use.finding if use else "pneumonia"
    return [
        f"Never for a diagnosis: it is not a medical device. {meant} tells {finding} from normal, nothing else; a "
        "radiograph with another finding still gets one of the two answers.",
        "Not for other views or ages, nor for another hospital’s radiographs, on which it was not measured; and not "
        "where the score is indeterminate. Below: for whom it works less well, and what it rejects.",
    ]
