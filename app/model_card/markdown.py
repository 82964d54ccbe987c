"""The card as Markdown (GitHub's kind, for its tables)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.model_card.content import checklist_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model_card.content import ChecklistItem, ModelCard, Section, Table

CHECKLIST_TITLE = "CLAIM 2024, item by item"
CHECKLIST_HEAD = ("Item", "Part", "What it asks for (in our words)", "Status", "Answer")

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")


def to_markdown(card: ModelCard) -> str:
    """The whole card.

    Args:
        card: to write.

    Returns:
        Markdown in UTF-8 text; every text of the card is escaped, so that none of it can be taken for markup.
    """
    blocks = [f"# {escaped(card.title)}", escaped(card.summary)]
    if card.model_version:
        blocks.append(f"Model version: {escaped(card.model_version)}")
    blocks += [f"> **Some figures cannot be shown.** {escaped(text)}" for text in card.problems]
    for section in card.sections:
        blocks += _section(section)
    blocks += _checklist(card.checklist)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    one_line = " ".join(text.split())
    # Entities first: the backslashes below hold no "&".
    one_line = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # What would begin a heading or a list where a text begins a line.
    return re.sub(r"^(\d*)([#+=.)-])(?=\s|\2|$)", r"\1\\\2", _SPECIAL.sub(r"\\\1", one_line))


def checklist_sentence(items: tuple[ChecklistItem, ...]) -> str:
    """How many items fare how, such as "Of 44 items: 26 answered, 8 in part, …"."""
    told = ", ".join(f"{count} {status}" for status, count in checklist_counts(items))
    return f"Of {len(items)} items: {told}."


def _section(section: Section) -> list[str]:
    blocks = [f"## {escaped(section.title)}"]
    if section.points:
        blocks.append("\n".join(f"- {escaped(point)}" for point in section.points))
    if section.items:
        blocks.append("\n".join(f"- **{escaped(item.term)}:** {escaped(item.text)}" for item in section.items))
    for table in section.tables:
        blocks += _table(table)
    return blocks


def _table(table: Table) -> list[str]:
    return [f"*{escaped(table.caption)}*", _rows(table.head, table.rows)]


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_line(head), "|" + "---|" * len(head), *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def _checklist(items: tuple[ChecklistItem, ...]) -> list[str]:
    rows = [(str(one.number), one.group, one.asks, one.status, one.answer) for one in items]
    return [f"## {CHECKLIST_TITLE}", checklist_sentence(items), _rows(CHECKLIST_HEAD, rows)]
