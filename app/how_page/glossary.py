"""The glossary, open and whole, so that the browser's own search finds every word."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.how_page.scene import section
from app.wording.glossary import GLOSSARY, anchor


def glossary() -> None:
    """The section."""
    section("glossary", "Glossary", f"{len(GLOSSARY)} words that these pages use, as they are meant here.")
    drawn = "".join(
        f'<div class="how-term" id="{escape(anchor(key))}"><dt>{escape(term.title)}'
        + (f" <span>{escape(term.also)}</span>" if term.also else "")
        + f"</dt><dd>{escape(term.text)}</dd></div>"
        for key, term in GLOSSARY.items()
    )
    st.html(f'<dl class="cx-panel how-terms">{drawn}</dl>')
