"""Charts and tables of a page, as tests read them."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.app.driving import tidy


def figures(page: AppTest) -> dict[str, Any]:
    """The Plotly figures, by what is on their y axis; "" without a name."""
    found = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    return {figure["layout"]["yaxis"].get("title", {}).get("text", ""): figure for figure in found}


def cells(page: AppTest, row: str, table: int = 0) -> list[str]:
    """The cells of a row of a table, as shown."""
    return [tidy(str(cell)) for cell in page.table[table].value.loc[row]]


def frame(page: AppTest, column: str) -> dict[str, dict[str, str]]:
    """The only table with such a column: cells by row and column, as shown."""
    tables = [one.value.reset_index() for one in page.table] + [one.value for one in page.dataframe]
    (found,) = (table for table in tables if column in table.columns)
    first, *_ = found.columns
    return {row[first]: row for row in found.astype(str).map(tidy).to_dict("records")}
