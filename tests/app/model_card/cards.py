"""Cards of an artifact, and what stands in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app import services
from app.model_card import Installation, ModelCard, Table, build_card

HOSTILE = """<script>alert("1")</script> | [a](javascript:b) ![c](d) *e* _f_ `g` ~~h~~ \\ & 'i' $j$ <x@y.z>"""


def card_of(folder: Path, installation: Installation | None = None) -> ModelCard:
    return build_card(folder, services.performance(folder), installation or Installation())


def read(folder: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return values


def write(folder: Path, name: str, values: dict[str, Any]) -> None:
    (folder / name).write_text(json.dumps(values), encoding="utf-8")


def table_of(card: ModelCard, key: str, head: str) -> Table:
    """The table of a section whose first column has a name."""
    (found,) = (table for table in card.section(key).tables if table.head[0] == head)
    return found


def text_of(card: ModelCard, key: str) -> str:
    """All sentences of a section."""
    section = card.section(key)
    return "\n".join((*section.points, *(f"{item.term}: {item.text}" for item in section.items)))
