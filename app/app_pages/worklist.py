"""Worklist page: many radiographs in; cases to open, review, export and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import services
from app.components import markup
from app.components.case_list import apply_list_style, told
from app.records.values import RecordsError
from app.services import old_records as stored_cases
from app.settings import Settings, SettingsError
from app.settings import load as load_settings
from app.worklist_page import deleting, dropping, listing, opened, running, state
from app.worklist_page.access import Access, CurrentAccess

if TYPE_CHECKING:
    from app.records.repository import Records

_CASES, _FIGURES, _OLD = "Cases", "Our own figures", "Delete old cases"


def render(access: Access | None = None) -> None:
    """The page.

    Args:
        access: of the user; that of the sign-in if None.
    """
    access = access or CurrentAccess()
    markup.apply_style()
    apply_list_style()
    markup.page_head("Worklist", "Score many radiographs, open each as a case, and say what you see.")
    if not access.may_see:
        markup.problem("You may not see cases.", "Your sign-in gives you no role here. Ask whoever manages it for one.")
        return
    try:
        settings = load_settings()
    except SettingsError as error:
        markup.problem("No cases: a setting cannot be used.", str(error))
        return
    # Whoever comes here first should not wait for the model later.
    services.model_state(settings.model_dir)
    try:
        _page(stored_cases.records(settings), settings, access)
    except RecordsError as error:
        markup.problem("The cases cannot be read.", str(error))
        st.button("Try again", key="try-again", help="Asks the database once more.")
    markup.foot("Not a medical device. A case shows what the model said; what it means is the reader’s to say.")


def _page(records: Records, settings: Settings, access: Access) -> None:
    # Places of their own, drawn or not: what comes and goes here must not move what stands below, since the browser
    # makes anew whatever moves, and a comment that is being typed, or a file on its way, would be lost.
    said, strip = st.container(), st.container()
    if text := state.told():
        with said:
            told(text)
    case_id, found = state.opened(), state.saved_list()
    view = _CASES if case_id is not None else _view(access)
    if found is not None and (case_id is not None or view != _CASES):
        with strip:
            dropping.strip(found)
    if case_id is not None:
        opened.opened(records, settings, access, case_id)
    elif view == _FIGURES:
        running.running_figures(records, settings)
    elif view == _OLD:
        deleting.delete_older(records, access)
    else:
        dropping.dropping(records, settings, access)
        listing.cases(records, access)


def _view(access: Access) -> str:
    return str(
        st.segmented_control(
            "What to look at",
            (_CASES, _FIGURES, _OLD) if access.may_delete else (_CASES, _FIGURES),
            default=_CASES,
            required=True,
            key="worklist-view",
            persist_state="session",
            help="The cases; how the model does on those you reviewed; or deleting old ones.",
        )
    )


if __name__ == "__main__":
    render()
