"""The frame of every page: style sheet, headings and messages, on Streamlit's own elements.

Texts are shown as they are: what looks like Markdown in a file name or an error stays plain. Where Markdown is
wanted, call Streamlit itself.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterable

STYLE = Path(__file__).resolve().parents[2] / "assets" / "style.css"

_MARKUP = re.compile(r"([\\`*_\[\]<>$~|#:&])")
_LIST = re.compile(r"^(\s*)([-+](?=\s)|\d+(?=[.)]\s))", re.MULTILINE)


def plain(text: str) -> str:
    """Escape what Markdown, LaTeX or Streamlit's directives would read as a command.

    Args:
        text: from a file, a user or an error.

    Returns:
        Markdown that shows the text as it is.
    """
    return _LIST.sub(_not_a_list, _MARKUP.sub(r"\\\1", text))


def _not_a_list(found: re.Match[str]) -> str:
    space, mark = found.groups()
    return f"{space}\\{mark}" if mark in "-+" else f"{space}{mark}\\"


def style() -> None:
    """Send the style sheet; it takes no room on the page."""
    st.html(STYLE)


def heading(title: str, subtitle: str = "") -> None:
    """The page's title (h1), with what the software is not."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="page-head"):
        with st.container(gap=None, width="content"):
            st.title(plain(title), anchor=False, width="content")
            if subtitle:
                st.caption(plain(subtitle), width="content")
        st.badge("Research software, not a medical device", color="gray")


def section(title: str, subtitle: str = "", *, anchor: str = "") -> None:
    """The heading of a section (h2).

    Args:
        title: of the section.
        subtitle: a sentence below it, or "".
        anchor: end of the address that leads here, or "" for none.
    """
    st.header(plain(title), anchor=anchor or False)
    note(subtitle)


def panel_title(title: str, subtitle: str = "", *, level: int = 3) -> None:
    """The heading of a panel.

    Args:
        title: of the panel.
        subtitle: a sentence below it, or "".
        level: 3 within a section, 2 for a panel that is a section itself: no level may be left out.
    """
    (st.subheader if level == 3 else st.header)(plain(title), anchor=False)
    note(subtitle)


def note(text: str) -> None:
    """A quiet line; nothing if it is empty."""
    if text:
        st.caption(plain(text))


def facts(sentences: Iterable[str]) -> None:
    """Sentences as a list; empty ones are left out."""
    if items := [f"- {plain(sentence)}" for sentence in sentences if sentence]:
        st.markdown("\n".join(items))


def definitions(pairs: Iterable[tuple[str, str]]) -> None:
    """Terms with what they are, as a list."""
    st.markdown("\n".join(f"- **{plain(term)}:** {plain(text)}" for term, text in pairs))


def problem(title: str, text: str = "") -> None:
    """Something cannot be done; says what, and how to mend it."""
    st.error(plain(text), title=plain(title), icon=":material/error:")


def warning(title: str, text: str = "") -> None:
    """Something is shown that must not be relied on without more."""
    st.warning(plain(text), title=plain(title), icon=":material/warning:")


def done(text: str) -> None:
    """What was just done."""
    st.success(plain(text), icon=":material/check_circle:")


def waiting(text: str) -> None:
    """Something is under way."""
    st.info(plain(text), icon="spinner")


def empty(title: str, text: str) -> None:
    """What stands where a result will be."""
    with st.container(border=True, horizontal_alignment="center", key="empty"):
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        st.caption(plain(text), text_alignment="center")


def foot(text: str) -> None:
    """The last line of a page."""
    st.divider()
    note(text)
