"""Children as icons: each group in a colour and a shape of its own."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = 50
_CELL = 12
_SHAPES = {
    "found": "M2 2h8v8h-8z",
    "missed": "M3.2 1 6 3.800 8.800 1 11 3.200 8.200 6 11 8.800 8.800 11 6 8.200 3.200 11 1 8.800 3.800 6 1 3.200z",
    "flagged": "M6 1.200 11.200 10.500H.800z",
    "cleared": "M6 4a2 2 0 1 0 .01 0z",
}
"""One icon each, in a cell of 12 by 12."""


@dataclass(frozen=True)
class Group:
    """Children of one kind.

    Attributes:
        kind: "found", "missed", "flagged" or "cleared": colour and shape.
        count: how many, not negative.
        name: in words, for the key.
    """

    kind: str
    count: int
    name: str


def draw(groups: Sequence[Group], *, alt: str) -> None:
    """Draw the icons (their style is in `performance.css`), group after group, with a key.

    Args:
        groups: in the order wanted.
        alt: what they show, for those who cannot see it.
    """
    st.html(f'<figure class="cx-icons">{_svg(groups, alt)}<figcaption>{_key(groups)}</figcaption></figure>')


def _svg(groups: Sequence[Group], alt: str) -> str:
    rows = -(-sum(group.count for group in groups) // _COLUMNS)
    patterns = "".join(
        f'<pattern id="cx-i-{kind}" width="{_CELL}" height="{_CELL}" patternUnits="userSpaceOnUse">'
        f'<path class="cx-icons__{kind}" d="{path}"/></pattern>'
        for kind, path in _SHAPES.items()
    )
    drawn, begun = [], 0
    for group in groups:
        outline = _outline(begun, begun + group.count)
        drawn.append(f'<path fill="url(#cx-i-{group.kind})" d="{outline}"/>' if outline else "")
        begun += group.count
    return (
        f'<svg viewBox="0 0 {_COLUMNS * _CELL} {rows * _CELL}" role="img" aria-label="{escape(alt)}">'
        f"<defs>{patterns}</defs>{''.join(drawn)}</svg>"
    )


def _outline(first: int, last: int) -> str:
    """The cells from `first` to before `last`, counted along the rows, as up to three rectangles."""
    parts = []
    while first < last:
        row, column = divmod(first, _COLUMNS)
        if column == 0 and last - first >= _COLUMNS:
            high, wide = (last - first) // _COLUMNS, _COLUMNS
        else:
            high, wide = 1, min(_COLUMNS - column, last - first)
        parts.append(f"M{column * _CELL} {row * _CELL}h{wide * _CELL}v{high * _CELL}h{-wide * _CELL}z")
        first += high * wide
    return "".join(parts)


def _key(groups: Sequence[Group]) -> str:
    return "".join(
        f'<span><svg viewBox="0 0 12 12" aria-hidden="true"><path class="cx-icons__{group.kind}" '
        f'd="{_SHAPES[group.kind]}"/></svg><b>{group.count:,}</b> {escape(group.name)}</span>'
        for group in groups
    )
