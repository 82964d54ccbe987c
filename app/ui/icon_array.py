"""Children as icons: each group in a colour and a shape of its own."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = 50


@dataclass(frozen=True)
class Group:
    """Children of one kind.

    Attributes:
        kind: "found", "missed", "flagged" or "cleared": colour and shape.
        count: 0 or more.
        name: in words, for the key.
    """

    kind: str
    count: int
    name: str


def draw(groups: Sequence[Group], *, alt: str) -> None:
    """Draw the icons, group after group, with a key.

    Args:
        groups: in the order wanted; 50 children a row.
        alt: what they show, for a reader who cannot see them.
    """
    rows = -(-sum(group.count for group in groups) // _COLUMNS)
    drawn, begun = [], 0
    for group in groups:
        drawn += [
            f'<i class="cx-child cx-child--{group.kind}" style="{style}"></i>'
            for style in _rectangles(begun, begun + group.count, rows)
        ]
        begun += group.count
    key = "".join(
        f'<span><i class="cx-child cx-child--{group.kind}" aria-hidden="true"></i><b>{group.count:,}</b> '
        f"{escape(group.name)}</span>"
        for group in groups
    )
    st.html(
        f'<figure class="cx-icons"><div style="aspect-ratio: {_COLUMNS} / {rows}" role="img" '
        f'aria-label="{escape(alt)}">{"".join(drawn)}</div><figcaption>{key}</figcaption></figure>'
    )


def _rectangles(first: int, last: int, rows: int) -> list[str]:
    """Where the cells from `first` to before `last` lie, counted along the rows: up to three rectangles, as CSS.

    The style sheet fills each with repeating icons, so that 1,000 children are a dozen elements.
    """
    found = []
    while first < last:
        row, column = divmod(first, _COLUMNS)
        whole = column == 0 and last - first >= _COLUMNS
        high, wide = ((last - first) // _COLUMNS, _COLUMNS) if whole else (1, min(_COLUMNS - column, last - first))
        place = {"left": column / _COLUMNS, "top": row / rows, "width": wide / _COLUMNS, "height": high / rows}
        found.append(";".join(f"{side}:{100 * share:.4g}%" for side, share in place.items()))
        first += high * wide
    return found
