"""Files beside a model: what tells that one changed, and reading several of which some are broken."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from model.errors import ChestXrayError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

Fingerprint = tuple[tuple[str, int, int], ...]


def fingerprint(folder: Path, names: tuple[str, ...]) -> Fingerprint:
    """Name, time and size of the files that are there: changes when one of them does."""
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            found.append((name, status.st_mtime_ns, status.st_size))
    return tuple(found)


def attempt(read: Callable[[], T | None], problems: list[str]) -> T | None:
    """Read one of several files; a broken one costs its own part of the page, and no other.

    Args:
        read: reads it.
        problems: what could not be read, in sentences for the user; one is added if it fails.

    Returns:
        What was read; None where it is missing or broken.
    """
    try:
        return read()
    except ChestXrayError as error:
        problems.append(str(error))
        return None
