"""What a head of department asks first: one click opens the part of the page that answers, and answers in short."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app import heatmap
from app.performance_page.prevalence import PREVALENCE, in_percent
from app.wording import questions, scorecard_sentence, surroundings_sentence
from model.records.manifest import BALANCED
from model.saliency import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.measured import Explanations, Ledger
    from app.services import Performance
    from app.settings import Settings

ASKED = "question"
RARE = 0.05
"""An example, for those who have not set their own share, or whose own is no rare one."""

_OPENS = {
    questions.MISSES: "Accuracy",
    questions.RARE: "Accuracy",
    questions.SAME: "How measured",
    questions.WHERE: "Heatmap",
    questions.WHEN_NOT: "For whom",
}


def ask(known: Performance, settings: Settings, *, tab: str) -> None:
    """The questions, and the answer to the one asked.

    Args:
        known: what was measured.
        settings: with the operating point to answer for, and the clinic's prevalence if set.
        tab: key of the tabs in the session's state.
    """
    share = _rare(known, settings)

    def opened() -> None:
        asked = st.session_state[ASKED]
        if asked is not None:
            st.session_state[tab] = _OPENS[asked]
        if asked == questions.RARE:
            st.session_state[PREVALENCE] = in_percent(share)

    asked = st.pills("Questions", questions.QUESTIONS, key=ASKED, on_change=opened)
    if asked is None:
        return
    answers = _answers(known, settings.operating_point, share)[asked]()
    told = answers or ("This was not measured for this model, or cannot be read.",)
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in told)
    st.html(f'<section class="cx-panel cx-answer" role="status" aria-label="Answer">{paragraphs}</section>')


def _rare(known: Performance, settings: Settings) -> float:
    """A share to answer for: the clinic's own where that is rarer than the test split's, or else an example."""
    test = known.evaluation.test if known.evaluation else None
    most = test.pneumonia / test.images if test and test.pneumonia else 1.0
    own = settings.prevalence
    return own if own is not None and own < most else min(RARE, most / 2)


def _answers(known: Performance, point: str, share: float) -> dict[str, Callable[[], Sequence[str]]]:
    evaluation, explanations = known.evaluation, known.explanations
    test = (evaluation.test.at(point) or evaluation.test.at(BALANCED)) if evaluation else None
    thresholds = {one.name: one.threshold for one in evaluation.operating_points} if evaluation else {}
    return {
        questions.MISSES: lambda: questions.answer_misses(test, thresholds[test.operating_point]) if test else [],
        questions.RARE: lambda: questions.answer_rare(test, share) if test else [],
        questions.SAME: lambda: questions.answer_same(evaluation, _openings(known)) if evaluation else [],
        questions.WHERE: lambda: _where(explanations) if explanations else [],
        questions.WHEN_NOT: lambda: questions.WHEN_NOT_ANSWER,
    }


def _where(known: Explanations) -> list[str]:
    told = scorecard_sentence(known, METHODS, heatmap.default_method(known)), surroundings_sentence(known)
    return [f"The heatmap beside each verdict shows it. {told[0]}", *filter(None, told[1:])]


def _openings(known: Performance) -> Ledger | None:
    """The openings of the test split that the figures are of."""
    if known.ledger is None or known.evaluation is None:
        return known.ledger
    return known.ledger.of_files(known.evaluation.test.files_sha256)
