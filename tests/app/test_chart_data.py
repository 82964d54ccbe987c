"""What is downloaded from below a chart."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest

from app.components import chart_data
from app.settings import ROOT


def read_back(data: chart_data.Data) -> list[list[str]]:
    return list(csv.reader(io.StringIO(chart_data.to_csv(data).decode("utf-8-sig"), newline="")))


def test_columns_come_back_as_rows_below_their_names() -> None:
    found = read_back({"threshold (0 to 1)": [0.25, 1e-7, 1], "sensitivity, “found”": [0.5, None, -3]})
    assert found[0] == ["threshold (0 to 1)", "sensitivity, “found”"]
    assert [[float(cell) if cell else None for cell in row] for row in found[1:]] == [
        [0.25, 0.5],
        [1e-7, None],
        [1, -3],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "＝1"])
def test_text_is_never_a_formula(text: str) -> None:
    assert read_back({text: [text, "plain"]}) == [[f"'{text}"], [f"'{text}"], ["plain"]]


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"one length, got \{'a': 2, 'b': 1\}"):
        chart_data.to_csv({"a": [1, 2], "b": [1]})


def test_without_a_row_there_is_a_header() -> None:
    assert read_back({"a": [], "b": []}) == [["a", "b"]]


def test_charts_find_all_of_pandas_however_far_the_model_is() -> None:
    """Plotly asks sys.modules for pandas; half imported by the model's thread it broke the page's first chart."""
    code = "import sys, app.components.charts; assert sys.modules['pandas'].Series"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
