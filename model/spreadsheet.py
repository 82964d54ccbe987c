"""CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"


def safe_cell(cell: object) -> object:
    """Make a cell safe in a spreadsheet (CWE-1236, CSV injection).

    Returns:
        Text that begins like a formula, also after spaces, with an apostrophe before it; bytes of a file name that are
        no UTF-8 in hexadecimal (backslash, x, two digits); everything else unchanged.
    """
    if not isinstance(cell, str):
        return cell
    text = cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of a table in which no cell or column name runs as a formula."""
    return frame.map(safe_cell).rename(columns=safe_cell)


def to_csv(frame: pd.DataFrame, *, bom: bool = True) -> bytes:
    """A table as CSV: UTF-8, lines ending in CR LF (RFC 4180), text guarded, no index.

    Args:
        frame: columns in the order wanted; a missing value becomes an empty cell.
        bom: whether to begin with a byte order mark, so that Excel recognises UTF-8.
    """
    text = guarded(frame).to_csv(index=False, lineterminator="\r\n")
    return ((_BOM if bom else "") + text).encode("utf-8")
