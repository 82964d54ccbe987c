"""The data behind a chart, to download."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.spreadsheet import Cell, guarded

if TYPE_CHECKING:
    from collections.abc import Iterable

Data = Mapping[str, Sequence[Cell]]
"""Columns of one length by name; a name says the unit or range, such as "sensitivity (0 to 1)"."""

_BOM = "\ufeff"


def to_csv(data: Data) -> bytes:
    """Write columns as CSV (RFC 4180) that a spreadsheet opens as it is.

    Args:
        data: the columns; None makes an empty cell.

    Returns:
        UTF-8 with a byte order mark, by which Excel knows it; a header and one line a row. Text that a spreadsheet
        would run as a formula has an apostrophe before it.

    Raises:
        ValueError: if the columns differ in length.
    """
    lengths = {name: len(column) for name, column in data.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Expected columns of one length, got {lengths}.")
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in data])
    rows: Iterable[tuple[Cell, ...]] = zip(*data.values(), strict=True)
    for row in rows:
        writer.writerow(["" if cell is None else guarded(cell) for cell in row])
    return (_BOM + file.getvalue()).encode("utf-8")


def download(data: Data | Callable[[], Data], *, key: str) -> None:
    """A small button below a chart that hands out its data; the file is made when it is pressed.

    Args:
        data: behind the chart, or what makes it.
        key: of the chart; the file is named after it.
    """
    st.download_button(
        "Data (CSV)",
        lambda: to_csv(data() if callable(data) else data),
        file_name=f"{key}.csv",
        mime="text/csv",
        key=f"{key}-data",
        help="The figures behind this chart as a table. The camera on the chart saves it as a picture (PNG).",
        on_click="ignore",
        type="tertiary",
    )
