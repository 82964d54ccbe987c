"""The review of a case: what readers said, and the form to say it, made for the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.auth.guard import current_user
from app.auth.users import require
from app.records.values import AGREE, LABELLED, MAX_COMMENT, StaleReviewError
from app.screens.worklist import session
from app.ui import page as ui
from app.ui import verdict
from app.ui.numbers import percent
from model.errors import ChestXrayError
from model.labels import LABELS

if TYPE_CHECKING:
    from app.records.repository import Records
    from app.records.values import Review, Scoring, StoredCase
    from app.screens.prelude import Page
    from app.screens.worklist.session import Form
    from model.predictor import Prediction

_PROBLEM = "worklist-review-problem"

KEYS = {
    "A / D": "Agree / disagree with the model",
    "1 / 2": "Normal / pneumonia, for an indeterminate result",
    "C": "Comment (Esc leaves the field)",
    "Enter": "Save and open the next case",
    "N / P / B": "Next / previous case / back to the list",
    "H, I, Z, R": "Heatmap, invert, zoom, ruler",
    "G, F, 0": "Adjust window and colours, full screen, reset",
    "?": "This list",
}


def draw(page: Page, records: Records, stored: StoredCase, following: str | None, *, hidden: bool) -> None:
    """What readers said, and the form to say it.

    Args:
        page: with the user.
        records: where it is saved.
        stored: the case.
        following: id of the next case, or None.
        hidden: whether the model's answer is.
    """
    current = stored.summary.scoring
    with st.container(border=True, key="review", gap="small"):
        ui.panel_title("Review", sentence(current.review) if current.review or not page.user.may_review else "")
        if page.user.may_review:
            _form(records, stored.summary.case_id, current, following, hidden=hidden)
        else:
            ui.note("Only readers review cases.")


def sentence(review: Review | None) -> str:
    """Who judged the case, when and how."""
    if review is None:
        return "Not reviewed yet."
    told = {AGREE: f"agrees: {review.label}", LABELLED: f"labels it {review.label}"}
    how = told.get(review.verdict, f"disagrees: {review.label}")
    comment = f" “{review.comment}”" if review.comment else ""
    how += ", blinded" if review.blinded else ""
    return f"{review.reader} {how} ({session.moment(review.reviewed_at)}).{comment}"


def scoring_line(prediction: Prediction) -> str:
    """One scoring on one line."""
    point = prediction.operating_point.replace("_", "-")
    return (
        f"{verdict.word(prediction)}, score {percent(prediction.probability, 1)}; {point} threshold "
        f"{prediction.threshold:.4f}; model {prediction.model_version}"
    )


def _form(records: Records, case_id: str, current: Scoring, following: str | None, *, hidden: bool) -> None:
    form = session.form(case_id, current)
    if _changed(form.seen, current):
        now = f"It now shows: {scoring_line(current.prediction)}. {sentence(current.review)} Nothing was overwritten."
        ui.warning("This case was changed since you opened it", now)
        st.button(
            "I have read it: keep my draft", key="see-anew", on_click=_see_anew, args=(form, current),
            help="Then your draft below can be saved.",
        )  # fmt: skip
    _answers(form, current.prediction, hidden=hidden)
    review = current.review
    with st.container(key="comment"):
        st.text_area(
            "Comment", value=review.comment if review else "", key=form.key, on_change=_touch, args=(form,),
            max_chars=MAX_COMMENT, height=68, placeholder="Comment (key C). Do not name the patient.",
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
    _buttons(records, case_id, form, following)
    problem = st.session_state.get(_PROBLEM)
    if problem and problem[0] == case_id:
        ui.problem("The review was not saved.", problem[1])


def _answers(form: Form, prediction: Prediction, *, hidden: bool) -> None:
    """One button an answer, each with its key; a tick marks the one given."""
    if prediction.indeterminate or hidden:
        st.markdown("What do you see?" if hidden else "The model does not decide. What do you see?")
        choices = [(label, label, str(place + 1)) for place, label in enumerate(LABELS)]
    else:
        other = next(label for label in LABELS if label != prediction.decision)
        choices = [("Agree", prediction.decision, "A"), (f"Disagree: {other.lower()}", other, "D")]
    with st.container(horizontal=True, gap="small", key="answers"):
        for text, label, key in choices:
            given = form.answer == label
            st.button(
                text, key=f"answer-{label}", shortcut=key, on_click=_answer, args=(form, label, hidden),
                icon=":material/check:" if given else None, type="primary" if given else "secondary",
            )  # fmt: skip


def _buttons(records: Records, case_id: str, form: Form, following: str | None) -> None:
    """Enter saves and goes on; at the end of the list it only saves."""
    undecided, last = form.answer is None, following is None
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Save and next", key="save-and-next", type="primary", on_click=_save, disabled=undecided or last,
            args=(records, case_id, form, following), shortcut=None if last else "Enter",
            help="Saves the review and opens the next case of the list.",
        )  # fmt: skip
        st.button(
            "Save review", key="save-review", on_click=_save, disabled=undecided, args=(records, case_id, form, None),
            shortcut="Enter" if last else None, help="It can be changed later; every change stays in the history.",
        )  # fmt: skip


def _answer(form: Form, label: str, hidden: bool) -> None:
    form.answer = label
    if hidden:
        form.blind = label
    _touch(form)


def _touch(form: Form) -> None:
    """Somebody began to fill it in."""
    form.touched = True


def _save(records: Records, case_id: str, form: Form, following: str | None) -> None:
    """Save what the form holds now; on a refusal the message is kept for the next run, and so is the draft."""
    st.session_state[_PROBLEM] = None
    opinion, reader = form.opinion(), session.reader()
    if opinion is None:
        return
    if not reader:
        st.session_state[_PROBLEM] = case_id, "Enter your name first: the history says who reviewed what."
        return
    try:
        require(current_user().may_review, "Only readers review cases.")
        records.review(case_id, opinion, reader=reader, seen=form.seen)
    except ChestXrayError as error:
        kept = " Your draft is still in the form." if isinstance(error, StaleReviewError) else ""
        st.session_state[_PROBLEM] = case_id, f"{error}{kept}"
        return
    session.drop_form(case_id)
    session.tell(f"Review of case {case_id} saved: {opinion.label}.")
    if following is not None:
        session.open_case(following)


def _changed(seen: Scoring, current: Scoring) -> bool:
    versions = [one.review.version if one.review else 0 for one in (seen, current)]
    return seen.number != current.number or versions[0] != versions[1]


def _see_anew(form: Form, current: Scoring) -> None:
    st.session_state[_PROBLEM] = None
    form.seen = current
