"""What the page remembers for a session: who reads, which case is open, what was dropped, and reviews in the making."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st
from babel.dates import format_datetime

from app.auth.guard import current_user
from app.records.values import AGREE, DISAGREE, LABELLED, MAX_READER, PROBABILITY, CaseFilter, Opinion, Order
from app.services import records as service
from app.services.queue import Films

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.records.values import Scoring
    from app.services.queue import SavedList

ASKED, OVERLAYS = "worklist-delete-asked", "worklist-overlays"
"""A deletion that waits for its confirmation, and overlays that were drawn: both end with another case."""

BLINDED = "worklist-blinded"
"""A switch above the list."""

_CASE = "case"
"""The id of the open case in the page's address."""

_NAME, _OWNER, _LIST, _FILMS, _SHOWN, _TOLD, _FORMS, _LAST = (
    f"worklist-{name}" for name in ("reader", "owner", "list", "films", "shown", "told", "forms", "last-case")
)
_CASE_ID = re.compile(r"[A-Z0-9-]{1,16}")


@dataclass
class Form:
    """A review in the making. A draft outlives closing the case, and a refusal: it is kept until it is saved.

    Attributes:
        seen: the scoring as the reader saw it: by it two readers do not overwrite each other unseen.
        answer: what the radiograph shows, as the reader says; None while nothing was said.
        touched: whether the reader changed anything; if not, the form begins anew with each opening.
        blind: the first answer, if it was given while the model's was hidden.
        key: of the comment's field: a new form has a new field.
    """

    seen: Scoring
    answer: str | None
    touched: bool = False
    blind: str | None = None
    key: str = field(default_factory=lambda: f"comment-{secrets.token_hex(4)}")

    def opinion(self) -> Opinion | None:
        """What the form holds at this moment; None without an answer."""
        prediction = self.seen.prediction
        if self.answer is None:
            return None
        verdict = LABELLED if prediction.indeterminate else AGREE if self.answer == prediction.decision else DISAGREE
        comment = st.session_state.get(self.key) or ""
        return Opinion(verdict, self.answer, comment, blinded=self.blind == self.answer)


@dataclass(frozen=True)
class Shown:
    """Which cases the list holds and how it is sorted: what "next case" means."""

    wanted: CaseFilter = field(default_factory=CaseFilter)
    order: Order = field(default_factory=lambda: Order(PROBABILITY))


def opened() -> str:
    """The id of the open case, from the page's address; "" for the list."""
    case_id = st.query_params.get(_CASE, "").upper()
    return case_id if _CASE_ID.fullmatch(case_id) else ""


def open_case(case_id: str | None) -> None:
    """Open a case, or go back to the list."""
    if case_id is None:
        st.query_params.pop(_CASE, None)
    else:
        st.query_params[_CASE] = case_id


def blinded() -> bool:
    """Whether this reader wants the model's answer hidden until they have given their own."""
    return bool(st.session_state.get(BLINDED)) and current_user().may_review


def hides(case_id: str, current: Scoring) -> bool:
    """Whether the model's answer to a case is hidden now."""
    draft = _forms().get(case_id)
    return blinded() and current.review is None and (draft is None or draft.answer is None)


def leave_case() -> None:
    """No case is open: the next one opened is seen anew."""
    _arrive("")
    service.readers().take(owner(), "", "")


def form(case_id: str, current: Scoring) -> Form:
    """The review of the open case: the draft, or what the case says now."""
    _arrive(case_id)
    forms = _forms()
    if case_id not in forms:
        forms[case_id] = Form(current, current.review.label if current.review else None)
    return forms[case_id]


def drop_form(case_id: str) -> None:
    """The review was saved, or the case deleted."""
    _forms().pop(case_id, None)


def _arrive(case_id: str) -> None:
    """Where another case is open than before, nothing of the last one's questions stays."""
    state = st.session_state
    if state.get(_LAST, "") != case_id:
        state[_LAST], state[ASKED], state[OVERLAYS] = case_id, None, None
        state[_FORMS] = {one: form for one, form in _forms().items() if form.touched}


def _forms() -> dict[str, Form]:
    forms: dict[str, Form] = st.session_state.setdefault(_FORMS, {})
    return forms


def reader() -> str:
    """Who acts: the user's name, or the one typed; "" for none."""
    return current_user().name or str(st.session_state.get(_NAME) or "").strip()


def name_field(*, compact: bool = False) -> None:
    """Where the reader's name is typed, once a session; not drawn where the sign-in knows it."""
    if current_user().name:
        return
    st.text_input(
        "Your name", key=_NAME, max_chars=MAX_READER, persist_state="session", width=200 if compact else "stretch",
        placeholder="Your name" if compact else None, label_visibility="collapsed" if compact else "visible",
        help="Stored with what you save, review and delete. Typed once a session.",
    )  # fmt: skip


def owner() -> str:
    """A name for this session that says nothing of who it is."""
    name: str = st.session_state.setdefault(_OWNER, secrets.token_hex(8))
    return name


def films() -> Films:
    """What this session dropped; in memory until it ends."""
    kept: Films = st.session_state.setdefault(_FILMS, Films())
    return kept


def saved_list() -> SavedList | None:
    """The list dropped last, or None."""
    found: SavedList | None = st.session_state.get(_LIST)
    return found


def keep_list(found: SavedList | None) -> None:
    """Remember a list, or forget the one there was."""
    st.session_state[_LIST] = found


def shown() -> Shown:
    """The list as it was drawn last."""
    found: Shown = st.session_state.get(_SHOWN) or Shown()
    return found


def show(what: Shown) -> None:
    """Remember how the list is drawn."""
    st.session_state[_SHOWN] = what


def tell(text: str) -> None:
    """Say something once, in the next run."""
    st.session_state[_TOLD] = text


def told() -> str:
    """What is to be said now; "" for nothing."""
    return str(st.session_state.pop(_TOLD, ""))


def zone() -> tzinfo:
    """The browser's time zone; UTC where it is not known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        return UTC


def moment(time: datetime) -> str:
    """A time in the reader's zone, such as "23 Nov 2026, 14:05"."""
    return format_datetime(time.astimezone(zone()), "d MMM y, HH:mm", locale="en_GB")
