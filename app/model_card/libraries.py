"""Which libraries of others are installed, in which version and under which licence; read, never imported."""

from __future__ import annotations

import re
import textwrap
from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING

from app.model_card.content import Table
from app.settings import ROOT

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

REQUIREMENTS = ROOT / "requirements.txt"
_LONGEST_LICENCE = 60
"""Some packages give the whole text of their licence where its name belongs."""


def library_names(requirements: Path = REQUIREMENTS) -> tuple[str, ...]:
    """The libraries that the project asks for.

    Args:
        requirements: a file with a pinned name on each line.

    Returns:
        Their names in the file's order; none where there is no such file.
    """
    if not requirements.is_file():
        return ()
    lines = (line.strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return tuple(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in lines if line and line[0] not in "#-")


def library_table(names: tuple[str, ...]) -> Table:
    """Version and licence of each library.

    Args:
        names: of packages.

    Returns:
        A row each; one that is not installed says so.
    """
    caption = "What requirements.txt names, as installed on this server. Each brings further libraries along."
    return Table(caption, ("Library", "Version", "Licence, as its package states it"), tuple(map(_row, names)))


def _row(name: str) -> tuple[str, str, str]:
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return name, "not installed", "–"
    # A PackageMetadata is an e-mail message, whose `get` the protocol lacks.
    message: Message = found  # type: ignore[assignment]
    return name, str(message["Version"]), _licence(message)


def _licence(message: Message) -> str:
    if expression := message.get("License-Expression"):
        return str(expression)
    classified = [str(one).rpartition(" :: ")[2] for one in message.get_all("Classifier", []) if "License ::" in one]
    if classified:
        return "; ".join(classified)
    words = " ".join(str(message.get("License") or "").split())
    if not words:
        return "not stated"
    return textwrap.shorten(words, _LONGEST_LICENCE, placeholder=" …")
