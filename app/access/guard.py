"""Nobody reaches a page around this: `guard` runs before any of them."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.access import addresses, screens, secrets
from app.access.errors import AccessError
from app.access.roles import ANYONE, NOBODY, Access, access_of, is_recent
from app.settings import SettingsError, load_access
from app.wording import access as words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.access.secrets import SignIn

_log = logging.getLogger(__name__)
_REFUSED = "access-refused"


@dataclass(frozen=True)
class _Judged:
    """What a visitor may do and, where that is nothing, what to say.

    Attributes:
        access: what.
        sign_in: how to sign in; None where that is not the remedy.
        why: why sign-in is asked again; "" for the first time.
    """

    access: Access
    sign_in: SignIn | None = None
    why: str = ""


def current_access() -> Access:
    """What the visitor of this session may do, judged anew at each call.

    Returns:
        Without sign-in everything, under no name; with it, what the role allows, and nothing once the sign-in is too
        old or where the server is set up so that it may show nothing.
    """
    try:
        return _judge().access
    except (AccessError, SettingsError):
        # `guard` says why, on the page.
        return NOBODY


def access_later() -> Callable[[], Access]:
    """What the visitor of this session may do, to be asked again from a thread that belongs to no session.

    A download that is made when it is clicked runs in such a thread, which knows neither cookie nor header: there
    `current_access` would meet a stranger.

    Returns:
        A function that judges the same visitor anew at each call, so that a sign-in that has become too old does not
        hold.
    """
    visitor = _visitor()

    def judged() -> Access:
        try:
            return _judge(visitor).access
        except (AccessError, SettingsError):
            return NOBODY

    return judged


def guard() -> Access:
    """Let a visitor pass, or say what stands in the way and end the run.

    Draws who is signed in, with a button to sign out.

    Returns:
        What the visitor may do; `may_see` is True.
    """
    try:
        judged = _judge()
    except (AccessError, SettingsError) as error:
        _note_refusal(error)
        screens.closed(str(error))
        st.stop()
    if judged.sign_in is not None:
        screens.sign_in(judged.sign_in.providers, judged.why or words.SIGN_IN_WHY)
        st.stop()
    if not judged.access.may_see:
        screens.no_role(judged.access.name)
        st.stop()
    if judged.access.signed_in:
        screens.who(judged.access)
    return judged.access


@dataclass(frozen=True)
class _Visitor:
    """Who asks.

    Attributes:
        claims: of the identity provider; empty for a stranger.
        host: that the browser asked for, or None.
    """

    claims: Mapping[str, object] = field(repr=False)
    host: str | None


def _visitor() -> _Visitor:
    return _Visitor(dict(st.user.to_dict()), st.context.headers.get("Host"))


def _judge(visitor: _Visitor | None = None) -> _Judged:
    """Judge a visitor; that of this session if None."""
    visitor = visitor or _visitor()
    settings, sign_in = load_access(), secrets.sign_in()
    if sign_in is None:
        if not settings.allow_anonymous:
            addresses.require_this_machine(st.get_option("server.address"), visitor.host)
        return _Judged(ANYONE)
    claims = visitor.claims
    # Nothing but True itself: a text would do for a truth, too.
    if claims.get("is_logged_in") is not True:
        return _Judged(NOBODY, sign_in)
    if not is_recent(claims, now=time.time(), hours=settings.sign_in_hours):
        return _Judged(NOBODY, sign_in, words.too_old(settings.sign_in_hours))
    return _Judged(access_of(claims, settings.roles_claim))


def _note_refusal(error: Exception) -> None:
    """Tell the log once a session; a visitor could otherwise fill it."""
    if not st.session_state.get(_REFUSED):
        st.session_state[_REFUSED] = True
        _log.error("No page is shown. %s", error)
