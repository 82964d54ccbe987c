"""The data, figures and text alternatives of the charts."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from app.settings import ROOT
from app.ui import charts
from app.ui.charts import Curve, Display, Mark
from app.ui.counts import ConfusionMatrixDisplay, HistogramDisplay
from app.ui.curves import LearningCurvesDisplay, PrecisionRecallDisplay, RocDisplay
from app.ui.intervals import Interval, IntervalsDisplay, ReliabilityDisplay
from model import evaluation
from model.records.evaluation import SplitResult
from model.records.manifest import Estimate, OperatingPoint, UncertaintyBand
from model.records.scores import Scores

BAND = UncertaintyBand(0.3, 0.7, 0.05)
RATE = Estimate(0.9, 0.8, 1.0)
POINTS = [
    OperatingPoint(name, threshold, threshold, threshold, RATE, RATE, "made", "validation")
    for name, threshold in (("rule_out", 0.2), ("balanced", 0.5), ("rule_in", 0.8))
]


def scores(labels: list[int] | None = None) -> Scores:
    """Eight radiographs, of which the threshold of one half misses one and raises one false alarm."""
    found = np.array(labels if labels is not None else [0, 0, 0, 0, 1, 1, 1, 1])
    return Scores(found, np.array([0.05, 0.1, 0.35, 0.6, 0.4, 0.75, 0.9, 0.95]))


@pytest.fixture(scope="module")
def split() -> SplitResult:
    return evaluation.evaluate(scores(), POINTS, BAND, statistics=("auroc", "average_precision"))


def roc(split: SplitResult) -> Display:
    return RocDisplay.of({"test": split, "yours": split}, here=split)


def precision_recall(split: SplitResult) -> Display:
    return PrecisionRecallDisplay.of({"test": evaluation.precision_recall(scores())}, {"test": split}, here=split)


def histogram(_: SplitResult) -> Display:
    return HistogramDisplay.of(evaluation.histogram(scores()), threshold=0.5, band=BAND)


def shares(_: SplitResult) -> Display:
    return HistogramDisplay(
        [0, 0.5, 1], {"validation": [0.5, 0.5], "May": [0.1, 0.9], "June": [0.2, 0.8]}, unit="share"
    )


def matrix(split: SplitResult) -> Display:
    return ConfusionMatrixDisplay.of(split)


def reliability(split: SplitResult) -> Display:
    return ReliabilityDisplay({"test": split.reliability, "yours": split.reliability}, 0.625, BAND)


def learning(_: SplitResult) -> Display:
    curves = [Curve("training", [1, 2, 3], [0.6, 0.4, 0.3]), Curve("validation", [1, 2, 3], [0.7, 0.5, 0.6])]
    return LearningCurvesDisplay(curves, "loss", chosen=2)


def intervals(_: SplitResult) -> Display:
    rows = [
        Interval("bacteria", 0.97, 0.94, 0.99, "pneumonia", {"radiographs": 242}),
        Interval("virus", 0.93, 0.88, 0.96, "pneumonia", {"radiographs": 148}),
        Interval("other", math.nan, series="normal"),
        Interval("first", 0.8, 0.7, 0.9, "normal"),
    ]
    return IntervalsDisplay(rows, "Correctly classified (0 to 1)", limits={"limit": 0.9})


ALL: list[Callable[[SplitResult], Display]] = [
    roc, precision_recall, histogram, shares, matrix, reliability, learning, intervals,
]  # fmt: skip
each = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)


@each
def test_a_figure_follows_the_schema_of_plotly_which_was_not_asked_when_it_was_made(
    make: Callable[[SplitResult], Display], split: SplitResult
) -> None:
    figure = make(split).figure()
    checked = go.Figure(figure.to_dict())
    assert len(checked.data) == len(figure.data)
    assert checked.layout.xaxis.fixedrange, "a thumb scrolls the page, not the chart"
    assert checked.layout.xaxis.title.text or make is intervals
    assert checked.layout.margin.t >= 30, "the camera has a line of its own"
    assert checked.layout.legend.yref == "container", "the legend is at the bottom"


@each
def test_series_differ_in_dash_symbol_or_pattern_not_only_in_colour(
    make: Callable[[SplitResult], Display], split: SplitResult
) -> None:
    looks = []
    for trace in make(split).figure().to_dict()["data"]:
        marker = trace.get("marker", {})
        pattern = marker.get("pattern", {}).get("shape")
        looks.append(
            (trace["type"], trace.get("mode"), trace.get("line", {}).get("dash"), marker.get("symbol"), pattern)
        )
    assert len(set(looks)) == len(looks)


@each
def test_the_data_has_a_row_and_the_text_alternative_a_number(
    make: Callable[[SplitResult], Display], split: SplitResult
) -> None:
    display = make(split)
    assert len(display.frame()) > 0
    assert any(character.isdigit() for character in display.summary())
    assert display.summary().endswith(".")


def test_roc_has_curve_operating_points_and_a_ring_at_the_threshold(split: SplitResult) -> None:
    here = evaluation.at_threshold(split, scores(), 0.7)
    display = RocDisplay.of({"test": split}, here=here)
    names = [trace.name for trace in display.figure().data]
    assert names == ["test, AUROC 0.938", "rule-out", "balanced", "rule-in", "threshold", "guessing"]
    assert display.here == Mark("threshold", 0.0, 0.75)
    assert list(display.frame().columns) == ["series", "1 − specificity (0 to 1)", "sensitivity (0 to 1)"]
    assert display.frame().iloc[-1].tolist() == ["test", 1.0, 1.0]
    assert "sensitivity 75.0\u00a0%" in display.summary()


def test_a_set_of_one_class_has_no_curve() -> None:
    one_class = evaluation.evaluate(scores([1] * 8), POINTS, None, statistics=())
    display = RocDisplay.of({"yours": one_class}, here=one_class)
    assert not display.curves
    assert not display.marks
    assert display.here is None
    assert display.frame().empty
    assert [trace.name for trace in display.figure().data] == ["guessing"]


def test_precision_recall_shows_what_guessing_gives(split: SplitResult) -> None:
    display = precision_recall(split)
    assert isinstance(display, PrecisionRecallDisplay)
    assert display.prevalence == 0.5
    assert display.figure().data[-1].y == (0.5, 0.5)
    assert display.here == Mark("threshold", 0.75, 0.75)


def test_a_dense_curve_is_thinned_and_keeps_its_ends() -> None:
    x = [index / 5000 for index in range(5001)]
    trace = charts.line(Curve("dense", x, x))
    assert len(trace["x"]) <= 250
    assert (trace["x"][0], trace["x"][-1]) == (0.0, 1.0)


def test_scores_of_two_classes_are_mirrored_and_others_are_not(split: SplitResult) -> None:
    down, up = histogram(split).figure().data[:2]
    assert min(down.y) < 0 <= max(down.y)
    assert min(up.y) >= 0
    assert down.customdata[1] == 1, "the tooltip says the count, not its square root"
    assert min(min(bar.y) for bar in shares(split).figure().data) >= 0


def test_the_histogram_s_axis_is_labelled_with_counts() -> None:
    figure = HistogramDisplay([0, 0.5, 1], {"normal": [400, 9], "pneumonia": [10, 100]}, 0.5).figure()
    axis = figure.layout.yaxis
    for at, text in zip(axis.tickvals, axis.ticktext, strict=True):
        assert round(at * at) == int(text)
    assert figure.data[-1].x == (0.5, 0.5)


def test_the_band_is_shaded(split: SplitResult) -> None:
    (strip,) = histogram(split).figure().layout.shapes
    assert (strip["x0"], strip["x1"]) == (0.3, 0.7)
    assert not HistogramDisplay([0, 1], {"a": [1]}).figure().layout.shapes


def test_the_confusion_matrix_says_rows_columns_counts_and_mistakes(split: SplitResult) -> None:
    display = matrix(split)
    figure, frame = display.figure(), display.frame()
    assert frame["radiographs"].tolist() == [3, 1, 1, 3]
    assert frame.iloc[1].tolist() == ["Normal", "Pneumonia", 1]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Predicted label", "True label")
    assert "1</b> false alarm<br>25.0" in figure.data[0].text[0][1]
    assert "1</b> missed<br>25.0" in figure.data[0].text[1][0]


def test_reliability_has_wilson_intervals_and_the_perfect_curve_at_the_prevalence(split: SplitResult) -> None:
    figure = ReliabilityDisplay({"test": split.reliability}, 0.625).figure()
    marks, diagonal, bent = figure.data
    assert len(marks.x) == sum(one.images > 0 for one in split.reliability)
    assert diagonal.y == (0, 1)
    assert bent.y[25] == pytest.approx(0.625), "where half would have it, five eighths have"
    low, high = (split.reliability[0].pneumonia / 1 - marks.error_y["arrayminus"][0], marks.error_y["array"][0])
    assert (low, high) == (0.0, pytest.approx(0.7935, abs=1e-3))


def test_an_epoch_without_a_value_leaves_an_empty_cell() -> None:
    curves = [Curve("training", [1, 2], [0.6, 0.4]), Curve("stressed", [2], [0.5])]
    display = LearningCurvesDisplay(curves, "accuracy", chosen=2)
    frame = display.frame()
    assert frame["epoch"].tolist() == [1, 2]
    assert pd.isna(frame["stressed accuracy (0 to 1)"]).tolist() == [True, False]
    assert display.figure().data[-1].name == "chosen epoch, 2"


def test_a_value_that_was_not_measured_leaves_its_row_empty(split: SplitResult) -> None:
    display = intervals(split)
    normal = next(trace for trace in display.figure().data if trace.name == "normal")
    assert normal.x == (None, 0.8)
    assert normal.error_x["array"] == (None, pytest.approx(0.1))
    assert display.frame()["radiographs"].tolist()[:2] == [242, 148]
    assert "from 80.0\u00a0% (first, normal) to 97.0\u00a0% (bacteria, pneumonia)" in display.summary()
    assert [line["x0"] for line in display.figure().layout.shapes] == [0.9]
    assert "nothing" in IntervalsDisplay([], "Share").summary()


def test_charts_find_all_of_pandas_however_far_the_model_is() -> None:
    """Plotly asks sys.modules for pandas; half imported by the model's thread it broke the page's first chart."""
    code = """import sys, app.ui.counts, app.ui.curves, app.ui.intervals
assert sys.modules['pandas'].Series
assert not {"tensorflow", "keras", "scipy", "sklearn"} & set(sys.modules), "the page must paint before them" """
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
