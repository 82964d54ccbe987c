"""A table whose cells hold sentences, which wrap, beside figures, which do not."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_FIGURE = 18
"""Characters up to which a cell stays on one line, such as "96.3 to 99.1 %"."""


def draw_words_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str) -> None:
    """Draw the table; on a narrow screen each row becomes a block.

    Args:
        head: names of all columns.
        rows: as many cells each; the first names the row.
        caption: of the table.
    """
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(_cell(cell, label) for cell, label in zip(others, head[1:], strict=True))
        + "</tr>"
        for first, *others in rows
    )
    st.html(
        f'<div class="cx-panel cx-scroll"><table class="cx-table cx-table--stack"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str, label: str) -> str:
    kind = ' class="cx-num"' if len(text) <= _LONGEST_FIGURE else ""
    return f'<td data-label="{escape(label)}"><span{kind}>{escape(text)}</span></td>'
