"""The Accuracy tab: one threshold drives everything, and one prevalence the children beside it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference
from streamlit.testing.v1 import AppTest

from tests.app.banded import rewrite
from tests.app.driving import words
from tests.app.screens.performance.conftest import OpenTab
from tests.app.screens.performance.reading import figures

POINT, THRESHOLD, MORE = "threshold-point", "threshold", "accuracy-tab"
SOURCE, PREVALENCE = "prevalence-source", "prevalence"


def tiles(page: AppTest) -> dict[str, str]:
    return {one.label: one.value.replace("\u00a0", " ") for one in page.metric}


def trace(page: AppTest, axis: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in figures(page)[axis]["data"] if one.get("name") == name)
    return found  # type: ignore[no-any-return]


def children(page: AppTest) -> list[int]:
    """Found, missed, false alarms, cleared."""
    html = " ".join(one.body for one in page.html)
    return [int(one.replace(",", "")) for one in re.findall(r"</i><b>([\d,]+)</b>", html)]


def opened(page: AppTest, tab: str) -> AppTest:
    page.session_state[MORE] = tab
    return page.run()


@pytest.fixture
def page(open_tab: OpenTab, sure_artifact: Path) -> AppTest:
    return open_tab(sure_artifact, "Accuracy")


@pytest.fixture
def scores(sure_artifact: Path) -> tuple[Any, Any]:
    lines = (sure_artifact / "predictions.csv").read_text(encoding="utf-8").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["split"] == "test"]
    return np.array([row["true"] == "Pneumonia" for row in rows]), np.array([float(row["probability"]) for row in rows])


def of_test(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["test"]  # type: ignore[no-any-return]


def holds(page: AppTest, scores: tuple[Any, Any], threshold: float) -> None:
    """Tiles, matrix, histogram, children and both curves are of this threshold, as scikit-learn has it."""
    truth, probability = scores
    called = probability >= threshold
    (right, alarms), (missed, found) = reference.confusion_matrix(truth, called, labels=[False, True]).tolist()
    text = words(page)
    assert f"{found} were found and {missed} missed" in text
    assert f"{alarms} were false alarms" in text
    sensitivity, specificity = found / (found + missed), right / (right + alarms)
    shown = {"Sensitivity (recall)": sensitivity, "Specificity": specificity, "Accuracy": (right + found) / len(truth)}
    assert {name: tiles(page)[name] for name in shown} == {name: f"{100 * of:.1f} %" for name, of in shown.items()}
    matrix = figures(page)["True label"]["data"][0]["text"]
    cells = [re.findall(r"<b>(\d+)</b>", cell)[0] for row in matrix for cell in row]
    assert cells == [str(count) for count in (right, alarms, missed, found)]
    assert trace(page, "Radiographs (square-root scale)", "threshold")["x"] == [threshold] * 2
    assert children(page) == [round(500 * sensitivity), 500 - round(500 * sensitivity), *_well(specificity)]
    ring = trace(page, "Sensitivity (found)", "threshold")
    assert (ring["x"], ring["y"]) == (pytest.approx([1 - specificity]), pytest.approx([sensitivity]))
    axis = "Positive predictive value (precision)"
    marks = [one["y"] for one in figures(page)[axis]["data"] if one["name"] == "threshold"]
    assert marks == ([pytest.approx([found / (found + alarms)])] if alarms + found else [])
    if not alarms + found:
        assert "nobody at this threshold" in text


def _well(specificity: float) -> list[int]:
    flagged = round(500 * (1 - specificity))
    return [flagged, 500 - flagged]


def test_slider_and_operating_points_move_everything(page: AppTest, scores: tuple[Any, Any]) -> None:
    area = tiles(page)["AUROC"]
    page = opened(page, "ROC and precision-recall")
    for threshold in (0.0, 0.137, 1.0):
        page = page.slider(key=THRESHOLD).set_value(threshold).run()
        holds(page, scores, threshold)
        assert page.segmented_control(key=POINT).value is None
        assert "by hand" in words(page)
    for name, threshold in (("rule_out", 0.2), ("rule_in", 0.8)):
        page = page.segmented_control(key=POINT).set_value(name).run()
        assert page.slider(key=THRESHOLD).value == threshold
        holds(page, scores, threshold)
        assert "by hand" not in words(page)
    assert tiles(page)["AUROC"] == area


def test_settings_and_address_say_where_it_begins(open_tab: OpenTab, sure_artifact: Path) -> None:
    page = open_tab(sure_artifact, "Accuracy", CXR_OPERATING_POINT="rule-in", CXR_PREVALENCE="0.0731")
    assert (page.segmented_control(key=POINT).value, page.slider(key=THRESHOLD).value) == ("rule_in", 0.8)
    assert page.segmented_control(key=SOURCE).value == "clinic"
    assert [re.findall(r"[\d.]+", one)[0] for one in page.segmented_control(key=SOURCE).options] == ["50.0", "7.3"]
    assert sum(children(page)[:2]) == 73
    page = open_tab(sure_artifact, "Accuracy", query={THRESHOLD: "0.25", PREVALENCE: "12.5"})
    assert (page.segmented_control(key=POINT).value, page.slider(key=THRESHOLD).value) == (None, 0.25)
    assert sum(children(page)[:2]) == 125


def test_prevalence_moves_children_and_predictive_values(page: AppTest) -> None:
    page = opened(page, "Predictive values")
    assert page.segmented_control(key=SOURCE).value == "test"
    for percent in (0.1, 7.3, 99.9):
        page = page.slider(key=PREVALENCE).set_value(percent).run()
        found = children(page)
        assert (sum(found), found[0] + found[1]) == (1000, round(10 * percent))
        assert page.segmented_control(key=SOURCE).value is None
        marked = trace(page, "Predictive value", "PPV")
        (at,) = (x for x, size in zip(marked["x"], marked["marker"]["size"], strict=True) if size)
        assert at == pytest.approx(percent / 100)
    (label,) = re.findall(r'role="img" aria-label="([^"]*)"', " ".join(one.body for one in page.html))
    assert "999 have pneumonia" in label
    areas = re.findall(r"width:([\d.]+)%;height:([\d.]+)%", " ".join(one.body for one in page.html))
    assert sum(float(wide) * float(high) for wide, high in areas) == pytest.approx(100 * 100)
    page = page.segmented_control(key=SOURCE).set_value("test").run()
    assert page.slider(key=PREVALENCE).value == 50.0


def test_without_scores_only_operating_points_can_be_shown(open_tab: OpenTab, artifact: Path) -> None:
    (artifact / "predictions.csv").unlink()
    page = opened(open_tab(artifact, "Accuracy"), "ROC and precision-recall")
    assert THRESHOLD not in {slider.key for slider in page.slider}
    assert "predictions.csv" in words(page)
    page = page.segmented_control(key=POINT).set_value("rule_in").run()
    _, (missed, found) = of_test(artifact)["operating_points"]["rule_in"]["confusion_matrix"]["counts"]
    assert f"{found} were found and {missed} missed" in words(page)


@pytest.mark.parametrize(
    ("asked", "tab", "told"),
    [
        ("How many does it miss?", "Accuracy", r"misses \d+ of 20"),
        ("What if pneumonia is rare here?", "Accuracy", r"50 have pneumonia"),
        ("Was it tested on the children it learned from?", "How measured", r"none of the 40 test radiographs"),
        ("When should I not use it?", "For whom", r"not a medical device"),
        ("Where does it look?", "Heatmap", r"not measured"),
    ],
)
def test_a_question_is_answered_in_one_click(page: AppTest, asked: str, tab: str, told: str) -> None:
    page = page.pills(key="question").set_value(asked).run()
    assert re.search(told, words(page))
    assert page.session_state["performance-tab"] == tab


def test_a_place_where_pneumonia_is_common_is_no_example_of_a_rare_disease(
    open_tab: OpenTab, sure_artifact: Path
) -> None:
    page = open_tab(sure_artifact, "Accuracy", CXR_PREVALENCE="0.9")
    page = page.pills(key="question").set_value("What if pneumonia is rare here?").run()
    assert page.slider(key=PREVALENCE).value == 5.0


def test_details_are_those_of_the_files(open_tab: OpenTab, artifact: Path) -> None:
    rewrite(artifact, rule_out=0.2, rule_in=0.8, band=(0.3, 0.7))
    evaluation = json.loads((artifact / "evaluation.json").read_text(encoding="utf-8"))
    evaluation["test"]["band"]["normal_above"] |= {"value": 0.9, "low": 0.5, "high": 0.95, "successes": 18}
    (artifact / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    history = json.loads((artifact / "history.json").read_text(encoding="utf-8"))
    page = open_tab(artifact, "Accuracy")
    text = words(page)
    assert "18 of 20 (90.0 %)" in text, "The band missed its aim."
    if "lungs_covered" in history["views"]:
        assert f"{history['views']['lungs_covered']['auroc']:.3f} on all validation radiographs" in text
    page = opened(page, "Operating points")
    table = page.table[0]
    frame = table.value
    for point in ("rule_out", "balanced", "rule_in"):
        metric = evaluation["test"]["operating_points"][point]["metrics"]["specificity"]
        cell = str(frame.loc["Specificity on test", point.replace("_", "-").capitalize()])
        assert f"{100 * metric['value']:.1f}" in cell
    page = opened(page, "Indeterminate")
    inside = evaluation["test"]["band"]["indeterminate"]["value"]
    assert tiles(page)["Indeterminate"] == f"{100 * inside:.1f} %"
    assert "missed" in words(page)
    page = opened(page, "All figures")
    shown = " ".join(map(str, page.table[0].value.to_numpy().ravel()))
    for name in ("auroc", "f1", "average_precision"):
        assert f"{evaluation['test']['metrics'][name]['value']:.3f}" in shown.replace("over 0.999", "1.000")


def test_every_chart_has_a_summary_and_its_data(page: AppTest) -> None:
    charts = [one.proto for tab in ("ROC and precision-recall", "Predictive values")
              for one in opened(page, tab).get("plotly_chart")]  # fmt: skip
    assert len({one.id for one in charts}) == 5
    assert all(len(one.alt) > 40 for one in charts)
    assert len(page.get("download_button")) == len(page.get("plotly_chart"))


def test_a_model_that_was_not_evaluated_says_what_to_do(open_tab: OpenTab, artifact: Path) -> None:
    (artifact / "evaluation.json").unlink()
    page = open_tab(artifact, "Accuracy")
    assert "python -m training evaluate" in words(page)
    assert not page.get("plotly_chart")
