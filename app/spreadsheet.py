"""CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | float | None


def guarded(cell: Cell) -> Cell:
    """Keep a spreadsheet from running text as a formula (OWASP, CSV injection).

    Args:
        cell: text or a number.

    Returns:
        Text that begins like a formula, or does so after spaces, with an apostrophe before it; all else as it is.
    """
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)):
        return f"'{cell}"
    return cell
