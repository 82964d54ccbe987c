"""What is drawn in place of a page, and who is signed in above one."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.access.roles import ROLES
from app.components import markup
from app.wording import access as words

if TYPE_CHECKING:
    from app.access.roles import Access


def closed(why: str) -> None:
    """The server may show nothing.

    Args:
        why: what happened, what was expected, how to mend it.
    """
    markup.apply_style()
    markup.page_head(words.CLOSED, words.CLOSED_WHY)
    markup.problem(words.TO_MEND, why)


def sign_in(providers: tuple[str, ...], why: str) -> None:
    """A button for each identity provider.

    Args:
        providers: their names; "" is the one without.
        why: a sentence.
    """
    markup.apply_style()
    markup.page_head(words.SIGN_IN, why)
    for name in providers:
        if st.button(words.sign_in_with(name), key=f"sign-in-{name}", type="primary", help=words.SIGN_IN_HELP):
            st.login(name or None)


def no_role(name: str) -> None:
    """Signed in, and nothing to see.

    Args:
        name: of the user; "" if it is not known.
    """
    markup.apply_style()
    markup.page_head(words.NO_ROLE, words.no_role(name, ROLES))
    _sign_out()


def who(access: Access) -> None:
    """A line above the page: name, role and a button to sign out."""
    with st.container(
        key="signed-in", horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"
    ):
        # Not Markdown: a name from outside could then bring a picture or a link.
        st.html(f'<p class="cx-note">{escape(words.signed_in_as(access.name, access.role))}</p>', width="content")
        _sign_out()


def _sign_out() -> None:
    if st.button(words.SIGN_OUT, key="sign-out", help=words.SIGN_OUT_HELP):
        st.logout()
