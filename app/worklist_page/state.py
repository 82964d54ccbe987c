"""What the page remembers for a session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.records.values import PROBABILITY, CaseFilter, Order

if TYPE_CHECKING:
    from app.records.values import Scoring
    from app.services.worklist import SavedList
    from app.worklist_page.access import Access

DROPPING, REVIEWING, DELETING = PLACES = "dropping", "reviewing", "deleting"
"""Where the reader's name can be typed; it is typed once a session, and stands in all of them."""

_NAME = "reader-name"
_PREFIX = "worklist-"
_OWNER, _LIST, _OPEN, _SHOWN, _SEEN, _TOLD, _DRAFTS = (
    _PREFIX + name for name in ("owner", "list", "open", "shown", "seen", "told", "drafts")
)
ASKED, OVERLAYS = f"{_PREFIX}delete-asked", f"{_PREFIX}overlays"
"""A deletion that waits for its confirmation, and overlays that were drawn: both end with another case."""


@dataclass(frozen=True)
class Draft:
    """A review that somebody began.

    Attributes:
        version: of the review that its fields began with; 0 for none.
        seen: the scoring as the reader saw it then, however often the case was closed and opened since.
    """

    version: int
    seen: Scoring


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


def name_key(place: str) -> str:
    """Key of the name's field in one of `PLACES`."""
    return f"{_NAME}-{place}"


def reader(access: Access) -> str:
    """Who acts: the user's name, or the one typed.

    A button's callback may run before that of a field that was left by clicking the button, so the fields are asked
    themselves.
    """
    if access.name:
        return access.name
    kept = st.session_state.get(_NAME) or ""
    typed = [st.session_state.get(name_key(place)) or "" for place in PLACES]
    return next((name for name in map(str.strip, typed) if name and name != kept), kept)


def begin_name(place: str) -> str:
    """Put the name typed elsewhere into a field that is about to be drawn.

    Args:
        place: of the field.

    Returns:
        The field's key.
    """
    key = name_key(place)
    st.session_state[key] = st.session_state.get(_NAME) or ""
    return key


def keep_name(place: str) -> None:
    """Remember the name that was typed in one place."""
    st.session_state[_NAME] = str(st.session_state[name_key(place)]).strip()


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
    """Open a case, or go back to the list; what is shown from now on counts as seen anew, but for a draft's.

    A question that was put about another case is withdrawn, and overlays of a list that may have changed are let go.
    """
    st.session_state[_OPEN] = case_id
    st.session_state[_SEEN] = st.session_state[ASKED] = st.session_state[OVERLAYS] = None


def forget_overlays() -> None:
    """Let go of the overlays that were drawn: cases among them may be gone."""
    st.session_state[OVERLAYS] = None


def seen(case_id: str, current: Scoring) -> Scoring:
    """The scoring as it was when the case was opened or, if there is a draft, when that was begun.

    By it two readers do not overwrite each other unseen.

    Args:
        case_id: that is open.
        current: as it is now; taken the first time.
    """
    kept: tuple[str, Scoring] | None = st.session_state.get(_SEEN)
    if kept is None or kept[0] != case_id:
        begun = _drafts().get(case_id)
        kept = case_id, begun.seen if begun else current
        st.session_state[_SEEN] = kept
    return kept[1]


def see_anew(case_id: str, current: Scoring) -> None:
    """Take a case as it is now as seen, for its draft, too.

    Args:
        case_id: of the case.
        current: as the reader sees it.
    """
    st.session_state[_SEEN] = case_id, current
    if begun := _drafts().get(case_id):
        keep_draft(case_id, Draft(begun.version, current))


def see_as_it_is() -> None:
    """Take what the next run shows as seen, as after one's own change."""
    st.session_state[_SEEN] = None


def draft(case_id: str, version: int) -> int:
    """The version of the review that the draft of a case began with.

    Args:
        case_id: of the case.
        version: of the review as it is now; 0 for none. Taken where nothing was drafted.
    """
    begun = _drafts().get(case_id)
    return begun.version if begun else version


def keep_draft(case_id: str, draft: Draft) -> None:
    """Remember that a draft was begun; the form then stays as it is, whatever others write."""
    st.session_state[_DRAFTS] = _drafts() | {case_id: draft}


def drop_draft(case_id: str) -> None:
    """Forget the draft of a case: the form begins anew with the review as it is."""
    st.session_state[_DRAFTS] = {one: draft for one, draft in _drafts().items() if one != case_id}


def _drafts() -> dict[str, Draft]:
    found: dict[str, Draft] = st.session_state.get(_DRAFTS) or {}
    return found


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
