"""The bars of one's own images, and the same counts to download."""

from __future__ import annotations

import csv
import io

import numpy as np

from app.components import comparison_charts
from app.components.chart_data import to_csv


def test_the_download_holds_what_the_bars_show() -> None:
    probabilities = np.array([0.0, 0.02, 0.5, 0.97, 1.0])
    sick = np.array([False, False, False, True, True])
    data = comparison_charts.scores_data(probabilities, sick)
    normal, pneumonia = list(data["truly Normal (images)"]), list(data["truly Pneumonia (images)"])
    assert (sum(normal), sum(pneumonia)) == (3, 2)
    assert (normal[0], normal[10], pneumonia[-1]) == (2, 1, 2)
    bars = comparison_charts.scores_by_class(probabilities, sick, 0.5).data[:2]
    assert [list(bar.y) for bar in bars] == [normal, pneumonia]
    rows = list(csv.DictReader(io.StringIO(to_csv(data).decode("utf-8-sig"))))
    assert len(rows) == 20
    assert float(rows[10]["probability from (0 to 1)"]) == 0.5
    assert rows[10]["truly Normal (images)"] == "1"
