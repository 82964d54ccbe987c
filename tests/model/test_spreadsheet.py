"""No cell is run as a formula, and what is harmless stays as it was."""

from __future__ import annotations

import pandas as pd
import pytest

from model.spreadsheet import guarded, safe_cell, to_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "－", "＝", "＋", "＠"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"
    assert safe_cell(f"a{start}1") == f"a{start}1"


@pytest.mark.parametrize("cell", ["", "a-b", "'quoted'", -1.5, 0, None, True])
def test_harmless_cells_stay(cell: object) -> None:
    assert safe_cell(cell) is cell or safe_cell(cell) == cell


def test_a_table_is_guarded_cell_by_cell_and_in_its_header_and_missing_values_are_empty() -> None:
    frame = pd.DataFrame({"=n": ["=1", "b"], "x": [-1.5, 2.0], "k": [1, 2]})
    assert guarded(frame).to_dict("list") == {"'=n": ["'=1", "b"], "x": [-1.5, 2.0], "k": [1, 2]}
    assert frame["=n"].tolist() == ["=1", "b"], "the table itself is not changed"
    assert to_csv(frame, bom=False) == b"'=n,x,k\r\n'=1,-1.5,1\r\nb,2.0,2\r\n"
    assert to_csv(frame) == b"\xef\xbb\xbf" + to_csv(frame, bom=False)
    missing = pd.DataFrame({"a": ["x", None], "b": [float("nan"), 1.0]})
    assert to_csv(missing, bom=False) == b"a,b\r\nx,\r\n,1.0\r\n"
