"""The list of cases: filter, order, pages, and what can be exported of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import streamlit as st

from app.components import markup
from app.components.case_list import CaseRow, case_rows
from app.records.values import DATE, PROBABILITY, CaseFilter, Order
from app.wording import percent
from app.wording import worklist as words
from app.worklist_page import actions, state
from app.worklist_page.state import Shown
from app.worklist_page.zone import day_span, zone
from model.errors import ChestXrayError
from model.labels import LABELS
from model.predictor import DECIDED, INDETERMINATE, REFUSED

if TYPE_CHECKING:
    from datetime import tzinfo

    from app.records.repository import Records
    from app.records.values import CaseSummary, Page
    from app.services.old_records import Overlays
    from app.worklist_page.access import Access

PAGE_SIZE = 25
_ANY = "Any"
_ORDERS = {
    "Highest probability first": Order(PROBABILITY, descending=True),
    "Lowest probability first": Order(PROBABILITY, descending=False),
    "Newest first": Order(DATE, descending=True),
    "Oldest first": Order(DATE, descending=False),
}
_REVIEWED = {_ANY: None, "Not reviewed": False, "Reviewed": True}
_STATUSES = {_ANY: None} | {words.STATUS_TITLES[one]: one for one in (DECIDED, INDETERMINATE, REFUSED)}
_LISTS = "worklist-lists"
_FILTERS = tuple(f"worklist-{name}" for name in ("decision", "status", "reviewed", "from", "to"))


def cases(records: Records, access: Access) -> None:
    """Filters, list and exports.

    Args:
        records: the database.
        access: of the user.

    Raises:
        RecordsError: if the database cannot be read.
    """
    where = zone()
    chosen = _choices(where)
    if chosen != state.shown():
        # Another list begins at its first page, with a pager of its own.
        st.session_state[_LISTS] = st.session_state.get(_LISTS, 0) + 1
        state.forget_overlays()
    state.show(chosen)
    pager = f"worklist-page-{st.session_state.get(_LISTS, 0)}"
    number = int(st.session_state.get(pager) or 1)
    page = records.page(chosen.wanted, chosen.order, number=number, size=PAGE_SIZE)
    if page.total == 0:
        _nothing(chosen, access)
        return
    _summary(page)
    case_rows([_row(one, where) for one in page.cases], open_case=state.open_case)
    if page.pages > 1:
        st.pagination(page.pages, key=pager, persist_state="session")
    if access.may_export:
        _exports(records, access, chosen, page.total)


def _choices(where: tzinfo) -> Shown:
    """The filters, as they are set."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        order = _select("Sorted by", list(_ORDERS), "order", "How the list is sorted.", width=235)
        decision = _select(
            "Model says",
            [_ANY, *LABELS],
            "decision",
            "What was decided; indeterminate cases decide nothing.",
            width=140,
        )
        status = _select(
            "Status", list(_STATUSES), "status", "Decided, left open by the model, or refused by the check.", width=190
        )
        reviewed = _select(
            "Review", list(_REVIEWED), "reviewed", "Whether somebody judged what the case shows.", width=150
        )
        first = _day("Saved from", "from", "First day of saving, in your time zone.")
        last = _day("Saved to", "to", "Last day of saving, itself included, in your time zone.")
    begin, end = day_span(first, last, where)
    wanted = CaseFilter(
        decision=None if decision == _ANY else decision,
        status=_STATUSES[status],
        reviewed=_REVIEWED[reviewed],
        created_from=begin,
        created_before=end,
    )
    return Shown(wanted, _ORDERS[order])


def _select(label: str, options: list[str], name: str, help_: str, *, width: int) -> str:
    with st.container(width=width):
        return str(st.selectbox(label, options, key=f"worklist-{name}", help=help_, persist_state="session"))


def _day(label: str, name: str, help_: str) -> date | None:
    with st.container(width=150):
        value = st.date_input(
            label, value=None, key=f"worklist-{name}", help=help_, format="YYYY-MM-DD", persist_state="session"
        )
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _nothing(chosen: Shown, access: Access) -> None:
    """Why no case is listed, and what to do next."""
    found = state.saved_list()
    if chosen.wanted != CaseFilter():
        markup.empty("No case fits these filters", "Take a filter away, or clear them all.")
        st.button("Clear the filters", on_click=_clear_filters, key="clear-filters", help="Shows every case again.")
    elif found is not None and not found.is_finished:
        markup.empty("No case yet", "The first ones appear here as the list above is scored.")
    elif found is not None:
        markup.empty("No case", words.nothing_of_list(saved=bool(found.saved())))
    elif not access.may_review:
        markup.empty("No case yet", "Cases appear here once a reader has scored and saved radiographs.")
    else:
        markup.empty(
            "No case yet",
            "Drop radiographs above, enter your name and press “Score and save”. Each becomes a case here, to be "
            "opened and reviewed.",
        )


def _clear_filters() -> None:
    for key in _FILTERS:
        st.session_state[key] = None if key.endswith(("from", "to")) else _ANY


def _summary(page: Page) -> None:
    first = (page.number - 1) * page.size + 1
    text = words.cases(page.total)
    if page.pages > 1:
        text += f"; {first:,} to {first + len(page.cases) - 1:,} shown"
    markup.note(f"{text}. Times are in your time zone.")


def _row(case: CaseSummary, where: tzinfo) -> CaseRow:
    result, review = case.scoring.prediction, case.scoring.review
    kind = "indeterminate" if result.indeterminate else result.decision.lower()
    return CaseRow(
        case_id=case.case_id,
        kind=kind,
        word=words.decision_word(result),
        probability=result.probability,
        shown=percent(result.probability, 1),
        review=words.review_word(review),
        is_reviewed=review is not None,
        when=words.moment(case.created_at, where),
        mark="refused, scored anyway" if result.status == REFUSED else "",
    )


def _exports(records: Records, access: Access, chosen: Shown, total: int) -> None:
    # Made when it is clicked: 10,000 rows take a second, and few visits want them.
    later = access.later()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            f"Export {words.cases(total)} (CSV)",
            lambda: actions.export_csv(later, records, chosen.wanted, chosen.order),
            file_name="cases.csv",
            mime="text/csv",
            on_click="ignore",
            key="export-csv",
            help="The filtered list, every page of it, with the reviews. Times in it are UTC.",
        )
        asked = st.button(
            "Prepare the overlays (ZIP)",
            key="prepare-overlays",
            help="Draws the heatmap over each radiograph of the filtered list whose picture was kept.",
        )
    if asked:
        st.session_state[state.OVERLAYS] = _drawn(records, access, chosen)
    found: Overlays | str | None = st.session_state.get(state.OVERLAYS)
    if isinstance(found, str):
        markup.problem("The overlays could not be drawn.", found)
    elif found is not None:
        _overlays(found, keeps_pixels=records.keeps_pixels)


def _drawn(records: Records, access: Access, chosen: Shown) -> Overlays | str:
    try:
        with st.spinner("Drawing the overlays…"):
            return actions.export_overlays(access, records, chosen.wanted, chosen.order)
    except ChestXrayError as error:
        return str(error)


def _overlays(found: Overlays, *, keeps_pixels: bool) -> None:
    if not found.drawn:
        how = "" if keeps_pixels else " To keep the pictures of new cases, start the server with CXR_KEEP_PIXELS=on."
        markup.note(f"No case of this list has a kept picture, so there is nothing to draw over.{how}")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            f"Download {found.drawn:,} overlay{'' if found.drawn == 1 else 's'} (ZIP)",
            found.archive,
            file_name="overlays.zip",
            mime="application/zip",
            on_click="ignore",
            key="download-overlays",
            help="One PNG file a case, named by its id.",
        )
        markup.note(words.overlays_sentence(found))
