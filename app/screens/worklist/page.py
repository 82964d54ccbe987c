"""Worklist: many radiographs in; cases to open, review, export and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.records.values import RecordsError
from app.screens.prelude import open_page
from app.screens.worklist import adding, case, cases, deleting, session
from app.services import records as service
from app.ui import page as ui

if TYPE_CHECKING:
    from app.records.repository import Records
    from app.screens.prelude import Page

_CASES, _OLD = "Cases", "Delete old cases"


def render() -> None:
    """The case in the address, or the list."""
    case_id = session.opened()
    title = f"Case {case_id}" if case_id else "Worklist"
    page = open_page(title, "" if case_id else "Score many radiographs, then review them case by case.")
    if page is None:
        return
    if told := session.told():
        st.toast(ui.plain(told), icon=":material/check_circle:")
    try:
        _draw(page, service.database(page.settings), case_id)
    except RecordsError as error:
        ui.problem("The cases cannot be read.", str(error))
        st.button("Try again", key="try-again", help="Asks the database once more.")
    ui.foot("Not a medical device. A case shows what the model says; what it means is for the reader to decide.")


def _draw(page: Page, records: Records, case_id: str) -> None:
    # A place of its own, drawn or not: what comes and goes must not move what stands below, since the browser makes
    # anew whatever moves, and a comment that is being typed, or a file on its way, would be lost.
    strip = st.container()
    view = "" if case_id else _view() if page.user.may_delete else _CASES
    if view != _CASES:
        with strip:
            adding.strip()
    if case_id:
        case.draw(page, records, case_id)
        return
    session.leave_case()
    if view == _OLD:
        deleting.draw_older(page, records)
    else:
        adding.draw(page, records)
        cases.draw(page, records)


def _view() -> str:
    return str(
        st.segmented_control(
            "View", (_CASES, _OLD), default=_CASES, required=True, key="worklist-view", persist_state="session",
            label_visibility="collapsed",
        )
    )  # fmt: skip


if __name__ == "__main__":
    render()
