"""The list of cases: filter, order, pages, and what can be exported of it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.auth.guard import current_user, user_later
from app.auth.users import require
from app.records.export import to_csv
from app.records.values import AGREE, DATE, LABELLED, PROBABILITY, URGENCY, CaseFilter, Order
from app.screens.worklist import session
from app.screens.worklist.session import Shown
from app.services import records as service
from app.ui import page as ui
from app.ui import verdict
from app.ui.numbers import count, percent
from model.errors import ChestXrayError
from model.labels import LABELS
from model.predictor import DECIDED, INDETERMINATE, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.users import User
    from app.records.repository import Records
    from app.records.values import CaseSummary, Page, Review
    from app.screens import prelude
    from app.services.records import Overlays

PAGE_SIZE = 25
_ANY = "Any"
_ORDERS = {
    "Highest score first": Order(PROBABILITY, descending=True),
    "Lowest score first": Order(PROBABILITY, descending=False),
    "Most urgent first": Order(URGENCY, descending=True),
    "Newest first": Order(DATE, descending=True),
    "Oldest first": Order(DATE, descending=False),
}
_BLIND_ORDERS = [name for name, order in _ORDERS.items() if order.by == DATE]
_DECISIONS: dict[str, CaseFilter] = {
    _ANY: CaseFilter(),
    **{label: CaseFilter(decision=label) for label in LABELS},
    verdict.INDETERMINATE: CaseFilter(indeterminate=True),
}
_STATUSES = {_ANY: None, "Decided": DECIDED, "Indeterminate": INDETERMINATE, "Rejected, scored anyway": REFUSED}
_REVIEWED = {_ANY: None, "Not reviewed": False, "Reviewed": True}
_LISTS = "worklist-lists"
_FILTERS = tuple(f"worklist-{name}" for name in ("decision", "status", "reviewed", "from", "to"))


def draw(page: prelude.Page, records: Records) -> None:
    """Filters, list and exports."""
    if page.user.may_review:
        st.toggle(
            "Hide the model’s answer until I answer", key=session.BLINDED, persist_state="session",
            help="For blinded reading. Reviews given this way are counted apart in “Our figures”.",
        )  # fmt: skip
    chosen = _choices()
    if chosen != session.shown():
        # Another list begins at its first page, with a pager of its own.
        st.session_state[_LISTS] = st.session_state.get(_LISTS, 0) + 1
        st.session_state[session.OVERLAYS] = None
    session.show(chosen)
    pager = f"worklist-page-{st.session_state.get(_LISTS, 0)}"
    number = int(st.session_state.get(pager) or 1)
    found = records.page(chosen.wanted, chosen.order, number=number, size=PAGE_SIZE)
    if found.total == 0:
        _nothing(chosen, page.user)
        return
    _summary(found, unreviewed(records))
    _rows(records, found)
    if found.pages > 1:
        st.pagination(found.pages, key=pager, persist_state="session")
    if page.user.may_export:
        _exports(records, chosen, found.total)


def unreviewed(records: Records) -> int:
    """How many cases of the list as it is filtered nobody has reviewed."""
    shown = session.shown()
    if shown.wanted.reviewed:
        return 0
    return records.page(replace(shown.wanted, reviewed=False), shown.order, size=1).total


def review_word(review: Review | None) -> str:
    """A review as a list shows it."""
    if review is None:
        return "Not reviewed"
    if review.verdict == AGREE:
        return "Agreed"
    return f"{'Labelled' if review.verdict == LABELLED else 'Corrected:'} {review.label}"


def _choices() -> Shown:
    """The filters, as they are set."""
    decision = status = _ANY
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        if session.blinded():
            # Neither the order nor a filter may tell what the model says.
            order = _select("Sorted by", _BLIND_ORDERS, "blind-order", "", width=200)
        else:
            told = "Most urgent: what nobody has reviewed, the highest score first."
            order = _select("Sorted by", list(_ORDERS), "order", told, width=200)
            decision = _select("Model says", list(_DECISIONS), "decision", "", width=150)
            told = "Decided, left open by the model, or rejected by the input check."
            status = _select("Status", list(_STATUSES), "status", told, width=205)
        reviewed = _select("Review", list(_REVIEWED), "reviewed", "", width=145)
        first = _day("Saved from", "from")
        last = _day("Saved to", "to")
    where = session.zone()
    wanted = replace(
        _DECISIONS[decision],
        status=_STATUSES[status],
        reviewed=_REVIEWED[reviewed],
        created_from=datetime.combine(first, time(), where) if first else None,
        created_before=datetime.combine(last + timedelta(days=1), time(), where) if last else None,
    )
    return Shown(wanted, _ORDERS[order])


def _select(label: str, options: list[str], name: str, told: str, *, width: int) -> str:
    with st.container(width=width):
        return str(st.selectbox(label, options, key=f"worklist-{name}", help=told or None, persist_state="session"))


def _day(label: str, name: str) -> date | None:
    with st.container(width=145):
        value = st.date_input(label, value=None, key=f"worklist-{name}", format="YYYY-MM-DD", persist_state="session")
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _nothing(chosen: Shown, user: User) -> None:
    """Why no case is listed, and what to do next."""
    found = session.saved_list()
    if chosen.wanted != CaseFilter():
        ui.empty("No case fits these filters", "Remove a filter, or clear them all.")
        st.button("Clear the filters", on_click=_clear_filters, key="clear-filters")
    elif found is not None and not found.job.is_finished:
        ui.empty("No case yet", "The first ones appear here as the files above are scored.")
    elif found is not None:
        why = "The cases of the files above were deleted" if found.saving.saved() else "None of the files became a case"
        ui.empty("No case", f"{why}. Press “Clear and add more” to add others.")
    elif not user.may_review:
        ui.empty("No case yet", "Cases appear here once a reader has scored and saved radiographs.")
    else:
        ui.empty("No case yet", "Drop radiographs above, enter your name and press “Score and save”.")


def _clear_filters() -> None:
    for key in _FILTERS:
        st.session_state[key] = None if key.endswith(("from", "to")) else _ANY


def _summary(found: Page, unread: int) -> None:
    first = (found.number - 1) * found.size + 1
    part = f" {first:,} to {first + len(found.cases) - 1:,} shown." if found.pages > 1 else ""
    ui.note(f"{count(found.total, 'case')}, {unread:,} not reviewed.{part} Times are in your time zone.")


def _rows(records: Records, found: Page) -> None:
    """The list; a button lies over the whole of each row."""
    reading = service.readers().others(session.owner())
    small = records.thumbnails([one.case_id for one in found.cases])
    with st.container(key="case-rows", gap="xxsmall"):
        names = ("Case", "", "Reference", "Model says", "Score", "Review", "First saved")
        head = "".join(f"<span>{name}</span>" for name in names)
        st.html(f'<div class="cx-case-head" aria-hidden="true">{head}</div>')
        for one in found.cases:
            with st.container(key=f"case-row-{one.case_id}"):
                st.html(_row(one, small.get(one.case_id, b""), reading.get(one.case_id, "")))
                st.button(
                    one.case_id, key=f"open-{one.case_id}", on_click=session.open_case, args=(one.case_id,),
                    type="tertiary",
                )  # fmt: skip


def _row(one: CaseSummary, thumbnail: bytes, reader: str) -> str:
    prediction, review, kept = one.scoring.prediction, one.scoring.review, session.films().get(one.case_id)
    name, small = one.reference or (kept.name if kept else ""), thumbnail or (kept.thumbnail if kept else b"")
    kind, said, score = verdict.kind(prediction), verdict.word(prediction), percent(prediction.probability, 1)
    icon = f'<i class="cx-icon cx-icon--{kind}" aria-hidden="true"></i>'
    if session.hides(one.case_id, one.scoring):
        kind, said, score, icon = "hidden", "Hidden", "–", ""
    by = f"by {review.reader}" if review else f"{reader} is reading it" if reader else ""
    film = f'<img src="data:image/jpeg;base64,{b64encode(small).decode()}" alt="">' if small else ""
    texts = (
        f'<span class="cx-case__film">{film}</span>',
        f'<span class="cx-case__name">{escape(name)}</span>',
        f'<span class="cx-case__verdict">{icon}<span>{said}{_small(_mark(one))}</span></span>',
        f"<span>{score}</span>",
        f"<span>{escape(review_word(review))}{_small(by)}</span>",
        f"<span>{session.moment(one.created_at)}</span>",
    )
    return f'<div class="cx-case cx-{kind}">{"".join(texts)}</div>'


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _mark(one: CaseSummary) -> str:
    """What must not be overlooked."""
    if one.scoring.prediction.refused_because:
        return "rejected, scored anyway"
    return count(len(one.scoring.warnings), "warning") if one.scoring.warnings else ""


def _exports(records: Records, chosen: Shown, total: int) -> None:
    ask = user_later()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            f"Export {count(total, 'case')} (CSV)",
            # Made when it is clicked: 10,000 rows take a second, and few visits want them.
            lambda: _csv(ask, records, chosen),
            file_name="cases.csv", mime="text/csv", on_click="ignore", key="export-csv",
            help="The filtered list, all its pages, with the reviews. Times are UTC.",
        )  # fmt: skip
        told = "Draws the heatmap over each radiograph of the filtered list that the database keeps."
        if st.button("Prepare the overlays (ZIP)", key="prepare-overlays", help=told):
            st.session_state[session.OVERLAYS] = _drawn(records, chosen)
    found: Overlays | str | None = st.session_state.get(session.OVERLAYS)
    if isinstance(found, str):
        ui.problem("The overlays could not be drawn.", found)
    elif found is not None:
        _overlays(found)


def _csv(ask: Callable[[], User], records: Records, chosen: Shown) -> bytes:
    require(ask().may_export, "Only administrators export cases.")
    return to_csv(records.every(chosen.wanted, chosen.order), bom=True)


def _drawn(records: Records, chosen: Shown) -> Overlays | str:
    try:
        require(current_user().may_export, "Only administrators export cases.")
        with st.spinner("Drawing the overlays…"):
            return service.overlays(records, chosen.wanted, chosen.order)
    except ChestXrayError as error:
        return str(error)


def _overlays(found: Overlays) -> None:
    if not found.drawn:
        ui.note("The database keeps no radiograph of these cases, so there is nothing to draw over.")
        return
    told = f"{count(found.drawn, 'overlay')} at full size."
    if found.without_picture:
        told += f" {count(found.without_picture, 'case')} without a stored radiograph left out."
    if found.not_looked_at:
        told += f" {count(found.not_looked_at, 'more case')} did not fit into one archive: narrow the filter for them."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            f"Download {count(found.drawn, 'overlay')} (ZIP)", found.archive, file_name="overlays.zip",
            mime="application/zip", on_click="ignore", key="download-overlays", help="One PNG file per case.",
        )  # fmt: skip
        ui.note(told)
