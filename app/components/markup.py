"""Small pieces of HTML; every text that comes from a file or a user is escaped here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.settings import ASSETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def apply_style() -> None:
    """Send the style sheet; it takes no room on the page."""
    st.html(ASSETS / "style.css")


def page_head(title: str, subtitle: str) -> None:
    """The page's title, with what the software is not."""
    st.html(
        f'<header class="cx-head"><div><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></div>'
        '<span class="cx-tag">Research software · not a medical device</span></header>'
    )


def section(title: str, subtitle: str = "") -> None:
    """A section's heading, set apart from what is above it."""
    st.html(f'<h2 class="cx-h2 cx-h2--apart">{escape(title)}</h2>{_paragraph(subtitle)}')


def panel_title(title: str, subtitle: str = "", *, level: int = 3) -> None:
    """A heading at the top of a panel.

    Args:
        title: of the panel.
        subtitle: a sentence below it, or "".
        level: of the heading: 3 for a panel within a section, 2 for one that is a section itself. No level may be
            left out, or a screen reader's list of headings has a gap.
    """
    st.html(f'<h{level} class="cx-h2 cx-h3">{escape(title)}</h{level}>{_paragraph(subtitle)}')


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def facts(sentences: Iterable[str]) -> None:
    """Sentences below each other."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    st.html(f'<ul class="cx-facts">{items}</ul>')


def note(text: str) -> None:
    """A quiet line."""
    st.html(f'<p class="cx-note">{escape(text)}</p>')


def cards(contents: Sequence[tuple[str, Sequence[str]]], *, level: int = 3) -> None:
    """Cards side by side, as many as fit.

    Args:
        contents: title and paragraphs of each.
        level: of their headings: 3 for cards within a section, 2 for cards that are sections themselves.
    """
    drawn = "".join(
        f'<section class="cx-panel"><h{level}>{escape(title)}</h{level}>'
        + "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        + "</section>"
        for title, paragraphs in contents
    )
    st.html(f'<div class="cx-cards">{drawn}</div>')


def definitions(pairs: Iterable[tuple[str, str]]) -> None:
    """Terms with what they are."""
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in pairs)
    st.html(f'<dl class="cx-panel cx-defs">{rows}</dl>')


def waiting(text: str) -> None:
    """Something is under way."""
    st.html(
        '<div class="cx-status" role="status"><span class="cx-spin" aria-hidden="true"></span>'
        f"<p>{escape(text)}</p></div>"
    )


def problem(title: str, text: str) -> None:
    """Something cannot be done; says what and how to mend it."""
    st.html(
        '<div class="cx-status cx-status--stop" role="alert"><span class="cx-icon cx-icon--stop" aria-hidden="true">'
        f"</span><p><strong>{escape(title)}</strong><br>{escape(text)}</p></div>"
    )


def warning(title: str, text: str) -> None:
    """Something is shown that is not to be relied on."""
    st.html(
        '<div class="cx-status cx-status--warn" role="alert"><span class="cx-icon cx-icon--pneumonia" '
        f'aria-hidden="true"></span><p><strong>{escape(title)}</strong><br>{escape(text)}</p></div>'
    )


def refusal(title: str, reason: str, advice: str) -> None:
    """A picture that gets no verdict: what, why, and what to do.

    Args:
        title: what.
        reason: why, a sentence.
        advice: what to do, a sentence.
    """
    st.html(
        '<section class="cx-refusal" role="alert"><span class="cx-icon cx-icon--stop" aria-hidden="true"></span>'
        f'<div><h2 class="cx-h2">{escape(title)}</h2><p class="cx-refusal__why">{escape(reason)}</p>'
        f"<p>{escape(advice)}</p></div></section>"
    )


def empty(title: str, text: str) -> None:
    """Where a result will be."""
    st.html(
        '<div class="cx-empty"><span class="cx-icon cx-icon--scan" aria-hidden="true"></span>'
        f"<strong>{escape(title)}</strong><p>{escape(text)}</p></div>"
    )


def foot(text: str) -> None:
    """The page's last line."""
    st.html(f'<footer class="cx-foot">{escape(text)}</footer>')
