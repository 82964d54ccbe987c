"""Names of files that strangers chose: which to refuse, which to ignore, and how to show them."""

from __future__ import annotations

import re
import stat
import unicodedata
from collections import Counter
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
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing: with them a name can read as another."""


def is_clutter(path: str) -> bool:
    """Whether an entry of an archive is something that no one means to be scored.

    Args:
        path: of the entry.
    """
    parts = PurePosixPath(path).parts
    last = parts[-1] if parts else ""
    return "__MACOSX" in parts or last.startswith("._") or last.lower() in _CLUTTER


def problem(path: str) -> str:
    """Why the path of an archive's entry is refused, as the end of a sentence; empty if it is not.

    Nothing is ever written under these names. They are refused since an archive that plays tricks is not to be
    trusted with the rest.

    Args:
        path: as the archive has it, before anything was cut or replaced.
    """
    if not path or len(path) > LONGEST:
        return f"its name is empty or longer than {LONGEST:,} characters."
    if any(_is_unseen(character) for character in path):
        return "its name has characters that cannot be seen."
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
        mode: of Unix, 0 where the archive does not tell.
    """
    if stat.S_ISLNK(mode):
        return "it is a link to another place and not a file."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a device or a pipe and not a file."
    return ""


def key(path: str) -> str:
    """What two names share that look the same: an accented letter can be one character or two."""
    return unicodedata.normalize("NFC", path)


def shown(name: str) -> str:
    """A name fit for a list: without unseen characters, and at most `LONGEST_SHOWN` long.

    Args:
        name: any text.

    Returns:
        The name, with U+FFFD for each such character; the end of a long one, which has the file's own name.
    """
    text = "".join("\ufffd" if _is_unseen(character) else character for character in name)
    return text if len(text) <= LONGEST_SHOWN else f"…{text[1 - LONGEST_SHOWN :]}"


def numbered(names: Iterable[str]) -> list[str]:
    """The same names, with a number behind each that occurred before: "scan.dcm", "scan.dcm (2)"."""
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    result = []
    for name in names:
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name} ({seen[name]})"
        while unique in taken:
            seen[name] += 1
            unique = f"{name} ({seen[name]})"
        taken.add(unique)
        result.append(unique)
    return result


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or character in _TURNING
