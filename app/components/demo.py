"""The guided demo's panel."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterable


def step(over: str, title: str, sentences: Iterable[str]) -> None:
    """Draw one step.

    Args:
        over: where in the demo one is.
        title: of the step.
        sentences: what to look at.
    """
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    st.html(
        f'<section class="cx-demo" role="status" aria-live="polite"><p class="cx-over">{escape(over)}</p>'
        f'<h2 class="cx-h2">{escape(title)}</h2>{told}</section>'
    )
