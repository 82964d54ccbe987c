"""What the page remembers for a session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.records import CaseFilter, Order
from app.records.values import PROBABILITY

if TYPE_CHECKING:
    from app.records import Scoring
    from app.services.worklist import SavedList
    from app.worklist_page.access import Access

READER = "reader-name"
"""Key of the name's field wherever it is drawn, so that it is typed once a session."""

_PREFIX = "worklist-"
_OWNER, _LIST, _OPEN, _SHOWN, _SEEN, _TOLD, _DRAFTS = (
    _PREFIX + name for name in ("owner", "list", "open", "shown", "seen", "told", "drafts")
)


@dataclass(frozen=True)
class Shown:
    """Which cases the list holds and how it is sorted: what "next case" means.

    Attributes:
        wanted: the filter.
        order: how sorted.
    """

    wanted: CaseFilter = field(default_factory=CaseFilter)
    order: Order = field(default_factory=lambda: Order(PROBABILITY))


def owner() -> str:
    """A name for this session that says nothing of who it is."""
    name: str = st.session_state.setdefault(_OWNER, secrets.token_hex(8))
    return name


def reader(access: Access) -> str:
    """Who acts: the user's name, or the one typed."""
    return access.name or str(st.session_state.get(READER) or "").strip()


def saved_list() -> SavedList | None:
    """The list dropped last, or None."""
    found: SavedList | None = st.session_state.get(_LIST)
    return found


def keep_list(found: SavedList | None) -> None:
    """Remember a list, or forget the one there was."""
    st.session_state[_LIST] = found


def opened() -> str | None:
    """The id of the case that is open, or None."""
    case_id: str | None = st.session_state.get(_OPEN)
    return case_id


def open_case(case_id: str | None) -> None:
    """Open a case, or go back to the list; what is shown from now on counts as seen anew."""
    st.session_state[_OPEN] = case_id
    st.session_state[_SEEN] = None


def seen(case_id: str, current: Scoring) -> Scoring:
    """The scoring as it was when the case was opened, by which two readers do not overwrite each other unseen.

    Args:
        case_id: that is open.
        current: as it is now; taken the first time.
    """
    kept: tuple[str, Scoring] | None = st.session_state.get(_SEEN)
    if kept is None or kept[0] != case_id:
        kept = case_id, current
        st.session_state[_SEEN] = kept
    return kept[1]


def see_anew() -> None:
    """Take what is shown from now on as seen."""
    st.session_state[_SEEN] = None


def draft(case_id: str, version: int) -> int:
    """The version of the review that the draft of a case began with.

    Args:
        case_id: of the case.
        version: of the review as it is now; 0 for none. Taken where nothing was drafted.
    """
    drafts: dict[str, int] = st.session_state.get(_DRAFTS) or {}
    return drafts.get(case_id, version)


def keep_draft(case_id: str, version: int) -> None:
    """Remember that a draft was begun; the form then stays as it is, whatever others write."""
    st.session_state[_DRAFTS] = (st.session_state.get(_DRAFTS) or {}) | {case_id: version}


def drop_draft(case_id: str) -> None:
    """Forget the draft of a case: the form begins anew with the review as it is."""
    drafts: dict[str, int] = st.session_state.get(_DRAFTS) or {}
    st.session_state[_DRAFTS] = {one: version for one, version in drafts.items() if one != case_id}


def shown() -> Shown:
    """The list as it was drawn last."""
    found: Shown = st.session_state.get(_SHOWN) or Shown()
    return found


def show(what: Shown) -> None:
    """Remember how the list is drawn."""
    st.session_state[_SHOWN] = what


def tell(text: str) -> None:
    """Say something once, at the top of the next run."""
    st.session_state[_TOLD] = text


def told() -> str:
    """What is to be said now; "" for nothing."""
    return str(st.session_state.pop(_TOLD, ""))
