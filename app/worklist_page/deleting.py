"""Delete one case, or all older ones; each asks first and says how many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.components import markup
from app.records.repository import MOST_DAYS
from app.wording import worklist as words
from app.worklist_page import actions, dropping, state
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.records.repository import Records
    from app.records.values import StoredCase
    from app.worklist_page.access import Access

_PROBLEM, _DAYS = "worklist-delete-problem", "worklist-days"
_DEFAULT_DAYS = 90

Asked = tuple[str, int]
"""What a confirmation is for: a case's id and 1, or a number of days and how many cases that is."""


def delete_case(records: Records, access: Access, stored: StoredCase) -> None:
    """The button that deletes a case, and its confirmation.

    Args:
        records: the database.
        access: of the user.
        stored: the case.
    """
    if not access.may_delete:
        return
    case_id = stored.summary.case_id
    asked = case_id, 1
    if st.session_state.get(state.ASKED) != asked:
        st.button("Delete this case…", key="delete-case", on_click=_ask, args=(asked,), help="Asks once more first.")
    else:
        what = f"1 case, {case_id}, would be deleted. {words.WHAT_GOES}"
        _confirm(
            f"Delete case {case_id}?",
            what,
            "Delete 1 case for good",
            access,
            partial(_delete_one, records, access, asked),
        )
        _problem(asked)


def delete_older(records: Records, access: Access) -> None:
    """Delete every case older than a number of days.

    Args:
        records: the database.
        access: of the user.

    Raises:
        RecordsError: if the database cannot be read.
    """
    if not access.may_delete:
        markup.note("Only administrators delete cases.")
        return
    markup.note(words.WHAT_GOES)
    with st.container(width=260):
        days = st.number_input(
            "Older than … days",
            min_value=1,
            max_value=MOST_DAYS,
            value=_DEFAULT_DAYS,
            key=_DAYS,
            persist_state="session",
            help="Counted from the day on which a case was first saved, however late it was reviewed.",
        )
    count = records.count_older_than(int(days))
    markup.note(words.deletion_scope(count, int(days)))
    # The number is part of what was asked: where it has changed meanwhile, the question is put again.
    asked = str(int(days)), count
    if st.session_state.get(state.ASKED) != asked or not count:
        st.button(
            f"Delete {words.cases(count)}…",
            key="delete-older",
            disabled=not count,
            on_click=_ask,
            args=(asked,),
            help="Asks once more first.",
        )
    else:
        _confirm(
            f"Delete {words.cases(count)}?",
            f"{words.deletion_scope(count, int(days))} {words.WHAT_GOES}",
            f"Delete {words.cases(count)} for good",
            access,
            partial(_delete_older, records, access, asked),
        )
    _problem(asked)


def _ask(asked: Asked | None) -> None:
    st.session_state[state.ASKED], st.session_state[_PROBLEM] = asked, None


def _confirm(title: str, what: str, button: str, access: Access, delete: Callable[[], None]) -> None:
    markup.warning(title, what)
    dropping.name_field(access, state.DELETING)
    with st.container(horizontal=True, gap="small"):
        st.button(button, key="confirm-delete", type="primary", on_click=delete, help="Cannot be undone.")
        st.button("Keep", key="keep", on_click=_ask, args=(None,), help="Deletes nothing.")


def _problem(asked: Asked) -> None:
    """Why nothing was deleted, beside the very question that it belongs to."""
    problem: tuple[str, str] | None = st.session_state.get(_PROBLEM)
    if problem and problem[0] == asked[0]:
        markup.problem("Nothing was deleted.", problem[1])


def _delete_one(records: Records, access: Access, asked: Asked) -> None:
    case_id = asked[0]
    if not (who := _name(access, asked)):
        return
    try:
        actions.delete(access, records, case_id, who=who)
    except ChestXrayError as error:
        st.session_state[_PROBLEM] = case_id, str(error)
        return
    _ask(None)
    state.drop_draft(case_id)
    state.open_case(None)
    state.tell(f"Case {case_id} was deleted.")


def _delete_older(records: Records, access: Access, asked: Asked) -> None:
    if not (who := _name(access, asked)):
        return
    try:
        if records.count_older_than(int(asked[0])) != asked[1]:
            st.session_state[_PROBLEM] = asked[0], "The number of cases has changed meanwhile. Look at it again."
            return
        deleted = actions.delete_older_than(access, records, int(asked[0]), who=who)
    except ChestXrayError as error:
        st.session_state[_PROBLEM] = asked[0], str(error)
        return
    _ask(None)
    state.forget_overlays()
    state.tell(f"{words.cases(deleted)} {'was' if deleted == 1 else 'were'} deleted.")


def _name(access: Access, asked: Asked) -> str:
    name = state.reader(access)
    if not name:
        st.session_state[_PROBLEM] = asked[0], "Enter your name first: the history says who deleted what."
    return name
