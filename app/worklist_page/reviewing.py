"""The review form of a case. A draft outlives a refusal: it is kept until it is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from app.components import markup
from app.records.values import AGREE, DISAGREE, LABELLED, MAX_COMMENT, Opinion, StaleReviewError
from app.wording import worklist as words
from app.worklist_page import actions, dropping, state
from app.worklist_page.zone import zone
from model.errors import ChestXrayError
from model.labels import LABELS

if TYPE_CHECKING:
    from app.records.repository import Records
    from app.records.values import Review, Scoring, StoredCase
    from app.worklist_page.access import Access
    from model.predictor import Prediction as Result

_PROBLEM = "worklist-review-problem"


def review_form(records: Records, access: Access, stored: StoredCase, following: str | None) -> None:
    """What readers said, and the form to say it.

    Args:
        records: the database.
        access: of the user.
        stored: the case.
        following: id of the next case, or None.
    """
    current = stored.summary.scoring
    with st.container(border=True, key="review"):
        markup.panel_title("Review", words.review_sentence(current.review, zone()))
        if access.may_review:
            _form(records, access, stored, following)
        else:
            markup.note("Only readers review cases.")


@dataclass(frozen=True)
class _Form:
    """What the form is of.

    Attributes:
        case_id: of the case.
        result: that is judged.
        review: as it is now, or None; the form begins with it.
        seen: the scoring as the reader saw it.
        version: of the review that the fields began with; 0 for none.
        following: id of the next case, or None.
    """

    case_id: str
    result: Result
    review: Review | None
    seen: Scoring
    version: int
    following: str | None

    def key(self, name: str) -> str:
        """Of one field: another result of the same case is another question."""
        return f"review-{name}-{self.case_id}-{self.version}-{self.result.decision}-{self.result.indeterminate}"

    def touched(self) -> None:
        """Somebody began to fill it in."""
        state.keep_draft(self.case_id, state.Draft(self.version, self.seen))

    def opinion(self) -> Opinion | None:
        """What the fields hold at this moment; None while it is not said what the radiograph shows."""
        verdict = LABELLED if self.result.indeterminate else st.session_state.get(self.key("verdict"))
        field = {LABELLED: "label", DISAGREE: "corrected"}.get(str(verdict))
        label = st.session_state.get(self.key(field)) if field else None
        if verdict is None or (verdict != AGREE and label is None):
            return None
        return Opinion(verdict, label, st.session_state.get(self.key("comment")) or "")


def _form(records: Records, access: Access, stored: StoredCase, following: str | None) -> None:
    case_id, current = stored.summary.case_id, stored.summary.scoring
    seen = state.seen(case_id, current)
    version = state.draft(case_id, current.review.version if current.review else 0)
    form = _Form(case_id, current.result, current.review, seen, version, following)
    if _changed(seen, current):
        markup.warning("This case was changed since you opened it", _what_now(current))
        st.button(
            "I have read it: keep my draft",
            key="see-anew",
            on_click=_see_anew,
            args=(case_id, current),
            help="What is shown now counts as read, and your draft below can be saved.",
        )
    _fields(form)
    dropping.name_field(access, state.REVIEWING)
    _buttons(records, access, form)
    problem = st.session_state.get(_PROBLEM)
    if problem and problem[0] == case_id:
        markup.problem("The review was not saved.", problem[1])


def _fields(form: _Form) -> None:
    """The fields, each beginning with what the review says now."""
    review = form.review
    if form.result.indeterminate:
        st.segmented_control(
            "What does it show?",
            LABELS,
            default=review.label if review else None,
            key=form.key("label"),
            on_change=form.touched,
            help="The model decided nothing here, so there is nothing to agree or disagree with.",
            persist_state="session",
        )
    else:
        verdict = st.segmented_control(
            f"The model says {form.result.decision}",
            (AGREE, DISAGREE),
            default=review.verdict if review else None,
            format_func=str.capitalize,
            key=form.key("verdict"),
            on_change=form.touched,
            help="Your own reading, from the radiograph rather than from the heatmap.",
            persist_state="session",
        )
        if verdict == DISAGREE:
            others = [label for label in LABELS if label != form.result.decision]
            st.segmented_control(
                "Corrected label",
                others,
                default=others[0],
                required=True,
                key=form.key("corrected"),
                help="What the radiograph shows, as you read it.",
            )
    st.text_area(
        "Comment",
        value=review.comment if review else "",
        key=form.key("comment"),
        on_change=form.touched,
        max_chars=MAX_COMMENT,
        height=90,
        help="Free text, kept with the review. Name no patient.",
        persist_state="session",
    )


def _buttons(records: Records, access: Access, form: _Form) -> None:
    undecided = form.opinion() is None
    only = form.following is None
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Save and next",
            key="save-and-next",
            type="secondary" if only else "primary",
            on_click=_save,
            args=(records, access, form),
            disabled=undecided or only,
            help="Keeps the review and opens the next case of the list.",
        )
        st.button(
            "Save review",
            key="save-review",
            type="primary" if only else "secondary",
            on_click=_save,
            args=(records, access, replace(form, following=None)),
            disabled=undecided,
            help="Keeps the review; it can be changed later, and every change stays in the history.",
        )


def _save(records: Records, access: Access, form: _Form) -> None:
    """Save what the fields hold now; on a refusal the message is kept for the next run, and so is the draft."""
    st.session_state[_PROBLEM] = None
    opinion, reader = form.opinion(), state.reader(access)
    if opinion is None or not reader:
        needed = "Enter your name first: the history says who reviewed what." if opinion else "Choose an answer first."
        st.session_state[_PROBLEM] = form.case_id, needed
        return
    try:
        actions.review(access, records, form.case_id, opinion, reader=reader, seen=form.seen)
    except StaleReviewError as error:
        st.session_state[_PROBLEM] = form.case_id, f"{error} Your draft is still in the form."
        return
    except ChestXrayError as error:
        st.session_state[_PROBLEM] = form.case_id, str(error)
        return
    state.drop_draft(form.case_id)
    state.see_as_it_is()
    state.tell(f"The review of case {form.case_id} was saved.")
    if form.following is not None:
        state.open_case(form.following)


def _changed(seen: Scoring, current: Scoring) -> bool:
    versions = [one.review.version if one.review else 0 for one in (seen, current)]
    return seen.number != current.number or versions[0] != versions[1]


def _what_now(current: Scoring) -> str:
    now = words.review_sentence(current.review, zone())
    return f"It now shows: {words.scoring_line(current.result)}. {now} Nothing of yours was overwritten."


def _see_anew(case_id: str, current: Scoring) -> None:
    st.session_state[_PROBLEM] = None
    state.see_anew(case_id, current)
