"""Links to the sections, and the glossary: open and whole, so that the browser's own search finds every term."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.ui import page as ui
from app.ui.glossary import GLOSSARY

SECTIONS = {
    "reads": "What it reads",
    "filters": "Filters",
    "stages": "Maps",
    "votes": "Votes",
    "probability": "Score",
    "variants": "Same child, other film",
    "play": "Change it",
    "learning": "Learning",
    "glossary": "Glossary",
}
"""Ends of the sections' anchors, in order, with their links."""


def draw_links() -> None:
    """The sections of the page."""
    st.markdown(" · ".join(f"[{title}](#how-{anchor})" for anchor, title in SECTIONS.items()))


def draw() -> None:
    """Every term with an anchor of its own, such as #term-softmax."""
    ui.section("Glossary", f"{len(GLOSSARY)} terms, as these pages use them.", anchor="how-glossary")
    terms = "".join(
        f'<div id="{escape(term.anchor)}"><dt>{escape(term.title)}'
        + (f" <small>{escape(term.also)}</small>" if term.also else "")
        + f"</dt><dd>{escape(term.text)}</dd></div>"
        for term in GLOSSARY.values()
    )
    st.html(f'<dl class="cx-terms">{terms}</dl>')
