"""Rows of the worklist, and the table of a list that was dropped."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.components.tables import Cell, Row, draw_table
from app.settings import ASSETS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def apply_list_style() -> None:
    """Send the style sheet of the worklist; it takes no room on the page."""
    st.html(ASSETS / "worklist.css")


@dataclass(frozen=True)
class CaseRow:
    """A case as the list draws it; all texts are escaped where they are drawn.

    Attributes:
        case_id: such as "C-7F3K9Q".
        kind: "normal", "pneumonia" or "indeterminate".
        word: the decision.
        probability: 0 to 1.
        shown: the probability in words.
        review: what the reader said.
        is_reviewed: whether somebody did.
        when: the case was first saved.
        mark: what must not be overlooked, or "".
    """

    case_id: str
    kind: str
    word: str
    probability: float
    shown: str
    review: str
    is_reviewed: bool
    when: str
    mark: str = ""


def case_rows(rows: Sequence[CaseRow], *, open_case: Callable[[str], None]) -> None:
    """The list; each row is one button.

    Args:
        rows: in order.
        open_case: called with the id of the row that is clicked.
    """
    with st.container(key="case-rows"):
        st.html(
            '<div class="cx-case-head" aria-hidden="true"><span>Case</span><span>Model says</span>'
            "<span>Probability of pneumonia</span><span>Review</span><span>First saved</span></div>"
        )
        for row in rows:
            with st.container(key=f"case-row-{row.case_id}"):
                st.html(_row(row))
                st.button(
                    row.case_id,
                    key=f"open-{row.case_id}",
                    help="Open this case",
                    on_click=open_case,
                    args=(row.case_id,),
                    width="stretch",
                )


def _row(row: CaseRow) -> str:
    mark = f'<span class="cx-case__mark">{escape(row.mark)}</span>' if row.mark else ""
    open_question = "" if row.is_reviewed else " cx-case--open-question"
    return (
        f'<div class="cx-case cx-case--{escape(row.kind)}{open_question}"><span class="cx-case__call">'
        f'<span class="cx-icon cx-icon--{escape(row.kind)}" aria-hidden="true"></span><span>{escape(row.word)}{mark}'
        f'</span></span><span class="cx-case__p"><span>{escape(row.shown)}</span><span class="cx-case__track" '
        f'aria-hidden="true"><span class="cx-case__fill" style="--x:{100 * row.probability:.2f}%"></span></span></span>'
        f'<span class="cx-case__review">{escape(row.review)}</span><span class="cx-case__when">{escape(row.when)}'
        "</span></div>"
    )


@dataclass(frozen=True)
class FileRow:
    """What became of one file that was dropped.

    Attributes:
        name: of the file.
        word: the outcome.
        shown: the probability in words, or "".
        case_id: that it became, or "".
        remark: what is to be said of it, or "".
    """

    name: str
    word: str
    shown: str = ""
    case_id: str = ""
    remark: str = ""


_LONG = 8
"""Rows that a list may have before it scrolls within its panel."""


def file_table(rows: Sequence[FileRow], *, caption: str) -> None:
    """The files of a list, with what became of each.

    Args:
        rows: in order.
        caption: of the table.
    """
    drawn: list[Row] = [
        (row.name, (Cell(row.word, row.remark), Cell(row.shown or "–"), Cell(row.case_id or "none"))) for row in rows
    ]
    with st.container(key="list-table"):
        draw_table(
            ("File", "Outcome", "Probability", "Case"), drawn, caption=caption, kind="stack", tall=len(rows) > _LONG
        )


def case_head(case_id: str, line: str) -> None:
    """The heading of an open case.

    Args:
        case_id: such as "C-7F3K9Q".
        line: beside it.
    """
    st.html(f'<div class="cx-case-id"><h2>Case {escape(case_id)}</h2><p>{escape(line)}</p></div>')


def told(text: str) -> None:
    """What was just done."""
    st.html(f'<div class="cx-status cx-told" role="status"><p>{escape(text)}</p></div>')
