"""Nobody reaches a page around this: `admit` runs before any of them.

A page asks `current_user` what its reader may do, and asks again where the deed is done: callbacks and fragments run
without `app.main`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.auth import setup
from app.auth.setup import AccessError, SignIn
from app.auth.users import ANYONE, NOBODY, ROLES, User, is_recent, user_of
from app.settings import SettingsError, load_access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)
_REFUSED = "access-refused"


@dataclass(frozen=True)
class _Visitor:
    """Who asks: claims of the identity provider (none for a stranger), and the host that the browser asked for."""

    claims: Mapping[str, object] = field(repr=False)
    host: str | None


@dataclass(frozen=True)
class _Judged:
    """What a visitor may do; where the remedy is to sign in, how, and why again."""

    user: User
    sign_in: SignIn | None = None
    why: str = ""


def current_user() -> User:
    """The visitor of this session, judged anew at each call.

    Returns:
        Without sign-in, a user without a name who may do everything. With it, the one who signed in, with the rights of
        the role; nobody once the sign-in is too old or where the server may show nothing.
    """
    return _user(_visitor())


def user_later() -> Callable[[], User]:
    """The visitor of this session, to be judged again in a thread that belongs to no session.

    A download that is made when it is clicked runs in such a thread: `current_user` would meet a stranger there.
    """
    visitor = _visitor()
    return lambda: _user(visitor)


def admit() -> User:
    """Let a visitor pass, with a line that says who is signed in; or say what stands in the way, and end the run.

    Returns:
        The visitor; `may_see` is True.
    """
    try:
        judged = _judge(_visitor())
    except (AccessError, SettingsError) as error:
        _closed(error)
        st.stop()
    if judged.sign_in is not None:
        _ask_to_sign_in(judged.sign_in, judged.why)
        st.stop()
    if not judged.user.may_see:
        _no_role(judged.user)
        st.stop()
    if judged.user.signed_in:
        _who(judged.user)
    return judged.user


def _visitor() -> _Visitor:
    return _Visitor(dict(st.user.to_dict()), st.context.headers.get("Host"))


def _user(visitor: _Visitor) -> User:
    try:
        return _judge(visitor).user
    except (AccessError, SettingsError):
        # `admit` says why, on the page.
        return NOBODY


def _judge(visitor: _Visitor) -> _Judged:
    settings, sign_in, claims = load_access(), setup.sign_in(), visitor.claims
    if sign_in is None:
        if not settings.allow_anonymous:
            setup.require_this_machine(st.get_option("server.address"), visitor.host)
        return _Judged(ANYONE)
    # True itself: any text would do for a truth, too.
    if claims.get("is_logged_in") is not True:
        return _Judged(NOBODY, sign_in)
    hours = settings.sign_in_hours
    if not is_recent(claims, now=time.time(), hours=hours):
        again = f"Your sign-in is older than {hours:g} hour{'' if hours == 1 else 's'}. Please sign in again."
        return _Judged(NOBODY, sign_in, again)
    return _Judged(user_of(claims, settings.roles_claim))


def _closed(error: Exception) -> None:
    """Say why nothing is shown; tell the log once a session, since a visitor could otherwise fill it."""
    if not st.session_state.get(_REFUSED):
        st.session_state[_REFUSED] = True
        _log.error("No page is shown. %s", error)
    st.title("The pages are closed", anchor=False)
    st.text("The server is set up in a way that does not allow it to show anything.")
    with st.container(border=True):
        st.header("What is wrong and how to correct it", anchor=False)
        # Not Markdown: the message may quote what the browser sent.
        st.text(str(error))


def _ask_to_sign_in(sign_in: SignIn, why: str) -> None:
    st.title("Sign in", anchor=False)
    st.text(why or "You need an account with a role on this server.")
    for name in sign_in.providers:
        label = f"Sign in with {name.capitalize()}" if name else "Sign in"
        help_ = "Opens your organisation’s sign-in page and returns here."
        if st.button(label, key=f"sign-in-{name}", type="primary", help=help_):
            st.login(name or None)


def _no_role(user: User) -> None:
    st.title("No access", anchor=False)
    who = f"You are signed in as {user.name}, but this" if user.name else "You are signed in, but your"
    st.text(
        f"{who} account has none of the roles {', '.join(ROLES)}. Ask your administrator for one, then sign out and "
        "sign in again."
    )
    _sign_out()


def _who(user: User) -> None:
    with st.container(
        key="signed-in", horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"
    ):
        # Not Markdown: a name from outside could bring a picture or a link.
        st.text(f"{user.name or 'Signed in'} · {user.role}", width="content")
        _sign_out()


def _sign_out() -> None:
    if st.button("Sign out", key="sign-out", help="Ends your sign-in in this browser. Close its other tabs, too."):
        st.logout()
