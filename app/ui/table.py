"""Tables, and CSV files to download.

A small table is Streamlit's `st.table`: real cells that wrap, readable at 390 px. A wide or long one is
`st.dataframe`, which scrolls within itself and by keyboard; `st.table` would overflow without being focusable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app.ui.page import note, plain
from model.spreadsheet import to_csv

_MOST_COLUMNS, _MOST_ROWS = 4, 14


@dataclass(frozen=True)
class Cell:
    """What one cell holds.

    Attributes:
        text: the figure.
        under: below it, such as an interval.
        mark: a short word that sets the cell apart, such as "▼ below".
    """

    text: str
    under: str = ""
    mark: str = ""

    @property
    def markdown(self) -> str:
        """For `st.table`."""
        mark = f"**{plain(self.mark)}**" if self.mark else ""
        return "  \n".join(filter(None, (plain(self.text), plain(self.under), mark)))

    @property
    def line(self) -> str:
        """For `st.dataframe`."""
        return " ".join(filter(None, (self.text, f"({self.under})" if self.under else "", self.mark)))


def table(head: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, caption: str, key: str = "") -> None:
    """A table of text whose first column names the rows.

    Args:
        head: names of all columns.
        rows: as many cells each.
        caption: what the table shows.
        key: of the element, where several tables could be alike; "" for none.
    """
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    if len(head) > _MOST_COLUMNS or len(rows) > _MOST_ROWS:
        data(pd.DataFrame([[cell.line for cell in row] for row in cells], columns=list(head)), caption=caption, key=key)
        return
    note(caption)
    frame = pd.DataFrame([[cell.markdown for cell in row] for row in cells], columns=[plain(name) for name in head])
    st.table(frame.set_index(frame.columns[0]), border="horizontal", alt=caption)


def data(frame: pd.DataFrame, *, caption: str, columns: Mapping[str, Any] | None = None, key: str = "") -> None:
    """A table of data that can be sorted and searched; its first column stays in view.

    Args:
        frame: the data.
        caption: what the table shows.
        columns: `st.column_config` of columns, by name.
        key: of the element; "" for none.
    """
    note(caption)
    first: dict[str, Any] = {str(frame.columns[0]): st.column_config.Column(pinned=True)}
    st.dataframe(frame, hide_index=True, column_config=first | dict(columns or {}), alt=caption, key=key or None)


def download(
    frame: Callable[[], pd.DataFrame], *, key: str, label: str = "Data (CSV)", tip: str = "The data as a table."
) -> None:
    """A small button that hands out data as CSV; the file is made when it is pressed.

    Args:
        frame: makes the data; column names say unit or range.
        key: the file is named after it.
        label: of the button.
        tip: its tooltip.
    """
    st.download_button(
        label,
        lambda: to_csv(frame()),
        file_name=f"{key}.csv",
        mime="text/csv",
        key=f"{key}-data",
        help=tip,
        on_click="ignore",
        type="tertiary",
    )
