"""Delete one case, or all older ones; each asks first and says how many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.auth.guard import current_user
from app.auth.users import require
from app.records.repository import MOST_DAYS
from app.screens.worklist import session
from app.ui import page as ui
from app.ui.numbers import count
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.records.repository import Records
    from app.screens.prelude import Page

_PROBLEM = "worklist-delete-problem"
_DEFAULT_DAYS = 90
_WHAT_GOES = (
    "Results, heatmaps, pictures, reviews and the values in the history are deleted for good. One line stays: who "
    "deleted which case, and when."
)

Asked = tuple[str, int]
"""What a confirmation is for: a case's id and 1, or a number of days and how many cases that is."""


def draw_case(page: Page, records: Records, case_id: str) -> None:
    """The button that deletes a case, and its confirmation."""
    if not page.user.may_delete:
        return
    asked = case_id, 1
    if st.session_state.get(session.ASKED) != asked:
        st.button("Delete this case…", key="delete-case", on_click=_ask, args=(asked,), help="Asks for confirmation.")
        return
    title, button = f"Delete case {case_id}?", "Delete 1 case for good"
    _confirm(title, _WHAT_GOES, button, partial(_delete, asked, partial(_one, records, case_id)))
    _problem(asked)


def draw_older(page: Page, records: Records) -> None:
    """Delete every case older than a number of days."""
    if not page.user.may_delete:
        ui.note("Only administrators delete cases.")
        return
    ui.note(_WHAT_GOES)
    session.name_field(compact=True)
    days = int(
        st.number_input(
            "Older than … days", min_value=1, max_value=MOST_DAYS, value=_DEFAULT_DAYS, key="worklist-days", width=260,
            persist_state="session", help="Counted from the day a case was first saved, however late it was reviewed.",
        )
    )  # fmt: skip
    number = records.count_older_than(days)
    what = f"{count(number, 'case')} first saved more than {count(days, 'day')} ago."
    ui.note(f"{what[:1].upper()}{what[1:]}")
    # The number is part of what was asked: where it has changed meanwhile, the question is put again.
    asked = str(days), number
    if st.session_state.get(session.ASKED) != asked or not number:
        st.button(
            f"Delete {count(number, 'case')}…", key="delete-older", disabled=not number, on_click=_ask, args=(asked,),
            help="Asks for confirmation.",
        )  # fmt: skip
        _problem(asked)
        return
    title, button = f"Delete {count(number, 'case')}?", f"Delete {count(number, 'case')} for good"
    _confirm(title, _WHAT_GOES, button, partial(_delete, asked, partial(_older, records, days, number)))
    _problem(asked)


def _ask(asked: Asked | None) -> None:
    st.session_state[session.ASKED], st.session_state[_PROBLEM] = asked, None


def _confirm(title: str, what: str, button: str, delete: Callable[[], None]) -> None:
    ui.warning(title, what)
    with st.container(horizontal=True, gap="small"):
        st.button(button, key="confirm-delete", type="primary", on_click=delete, help="Cannot be undone.")
        st.button("Keep", key="keep", on_click=_ask, args=(None,), help="Deletes nothing.")


def _problem(asked: Asked) -> None:
    """Why nothing was deleted, beside the very question that it belongs to."""
    problem: tuple[str, str] | None = st.session_state.get(_PROBLEM)
    if problem and problem[0] == asked[0]:
        ui.problem("Nothing was deleted.", problem[1])


def _delete(asked: Asked, delete: Callable[[str], str]) -> None:
    """Delete under the reader's name; `delete` returns what was deleted, or "" if the question has changed."""
    name, told = session.reader(), ""
    problem = "" if name else "Enter your name first: the history says who deleted what."
    try:
        require(current_user().may_delete, "Only administrators delete cases.")
        if name and not (told := delete(name)):
            problem = "The number of cases has changed. Check it, then confirm again."
    except ChestXrayError as error:
        problem = str(error)
    if problem:
        st.session_state[_PROBLEM] = asked[0], problem
        return
    _ask(None)
    st.session_state[session.OVERLAYS] = None
    session.tell(told)


def _one(records: Records, case_id: str, who: str) -> str:
    records.delete(case_id, who=who)
    session.films().forget(case_id)
    session.drop_form(case_id)
    session.open_case(None)
    return f"Case {case_id} was deleted."


def _older(records: Records, days: int, expected: int, who: str) -> str:
    if records.count_older_than(days) != expected:
        return ""
    deleted = records.delete_older_than(days, who=who)
    return f"{count(deleted, 'case')} {'was' if deleted == 1 else 'were'} deleted."
