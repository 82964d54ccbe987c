"""File names that strangers chose: which to refuse, which to ignore, and how to show them."""

from __future__ import annotations

import itertools
import re
import stat
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 1024
"""Longest path in an archive, in characters."""

LONGEST_SHOWN = 120

_CLUTTER = frozenset({".ds_store", "thumbs.db", "desktop.ini", "dicomdir"})
"""What operating systems add, and the index of a DICOM disc, which holds no image."""

_DRIVE = re.compile(r"[A-Za-z]:")
_UNSEEN = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing: with them a name can read as another."""


def is_clutter(path: str) -> bool:
    """Whether a file is a system file that nobody wants scored."""
    parts = PurePosixPath(path).parts
    last = parts[-1] if parts else ""
    return "__MACOSX" in parts or last.startswith("._") or last.lower() in _CLUTTER


def problem(path: str) -> str:
    """Why the path of an archive's entry is refused, as the end of a sentence; empty if it is not.

    Nothing is ever written under these names, but an archive that plays tricks cannot be trusted with the rest.

    Args:
        path: as the archive has it, before anything was cut or replaced.
    """
    if not path or len(path) > LONGEST:
        return f"its name is empty or longer than {LONGEST:,} characters."
    if any(_is_unseen(character) for character in path):
        return "its name has invisible characters."
    if "\\" in path:
        return "its name has a backslash; the folders of an archive are separated by a slash."
    if path.startswith("/") or _DRIVE.match(path):
        return "its name is an absolute path; one within the archive was expected."
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "its name points outside its folder, or is not in plain form."
    return ""


def kind_problem(mode: int) -> str:
    """Why an entry is refused for what it is, as the end of a sentence; empty if it is a regular file.

    Args:
        mode: of Unix; 0 where the archive does not give it.
    """
    if stat.S_ISLNK(mode):
        return "it is a link to another place, not a file."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a device or a pipe, not a file."
    return ""


def key(path: str) -> str:
    """Equal for two names that look the same: an accented letter can be one character or two."""
    return unicodedata.normalize("NFC", path)


def shown(name: str) -> str:
    """A name fit for a list: U+FFFD for each invisible character; of a long one the end, with the file's own name."""
    text = "".join("\ufffd" if _is_unseen(character) else character for character in name)
    return text if len(text) <= LONGEST_SHOWN else f"…{text[1 - LONGEST_SHOWN :]}"


def numbered(names: Iterable[str]) -> list[str]:
    """The same names, with a number behind each that occurred before: "scan.dcm", "scan.dcm (2)"."""
    taken: dict[str, None] = {}
    for name in names:
        unique, numbers = name, itertools.count(2)
        while unique in taken:
            unique = f"{name} ({next(numbers)})"
        taken[unique] = None
    return list(taken)


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or character in TURNING
