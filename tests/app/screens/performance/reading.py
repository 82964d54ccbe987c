"""What the Performance page shows, as its tests read it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from streamlit.testing.v1 import AppTest


def words(page: AppTest) -> str:
    """All text of ours on the page, without Markdown's escapes."""
    assert not page.exception, page.exception
    parts = [one.value for kind in (page.markdown, page.caption, page.error, page.warning, page.info) for one in kind]
    parts += [one.proto.title for kind in (page.error, page.warning) for one in kind]
    html = re.sub("<[^>]*>", " ", unescape(" ".join(one.body for one in page.html if "<style" not in one.body)))
    return re.sub(r"\s+", " ", " ".join([*parts, html]).replace("\\", "").replace("\u00a0", " "))


def figures(page: AppTest) -> dict[str, Any]:
    found = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    return {figure["layout"]["yaxis"]["title"]["text"]: figure for figure in found}


def cells(page: AppTest, row: str, table: int = 0) -> list[str]:
    """The cells of a row of a table, as shown."""
    found = page.table[table].value.loc[row]
    return [str(cell).replace("\\", "").replace("\u00a0", " ") for cell in found]


def frame(page: AppTest, column: str) -> dict[str, dict[str, str]]:
    """The only table with such a column: cells by row and column, without Markdown's escapes."""
    tables = [one.value.reset_index() for one in page.table] + [one.value for one in page.dataframe]
    (found,) = (table for table in tables if column in table.columns)
    clean = found.astype(str).map(lambda cell: re.sub(r"\s+", " ", cell.replace("\\", "").replace("\u00a0", " ")))
    first, *_ = found.columns
    return {row[first]: row for row in clean.to_dict("records")}
