"""What tells that a file changed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Fingerprint = tuple[tuple[str, int, int], ...]


def fingerprint(folder: Path, names: tuple[str, ...]) -> Fingerprint:
    """Name, time and size of the files that are there: changes when one of them does."""
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            found.append((name, status.st_mtime_ns, status.st_size))
    return tuple(found)
