"""The Accuracy tab: one threshold drives everything, and one prevalence the children below it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference
from streamlit.testing.v1 import AppTest

from app.components import chart_data
from tests.app.driving import performance_tab, text_of

OpenApp = Callable[..., AppTest]
POINT, THRESHOLD = "threshold-point", "threshold"
SOURCE, PREVALENCE = "prevalence-source", "prevalence"


def bare(page: AppTest) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", unescape(text_of(page)).replace("\u00a0", " ")))


def tiles(page: AppTest) -> dict[str, tuple[str, str]]:
    """Value and interval of each tile by its name."""
    html = unescape(text_of(page)).replace("\u00a0", " ")
    found = re.findall(
        r'cx-over">([^<]*)</p><p class="cx-tile__value">([^<]*)</p><p class="cx-tile__range">([^<]*)<', html
    )
    return {name: (value, interval) for name, value, interval in found}


def figures(page: AppTest) -> dict[str, Any]:
    found = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    return {figure["layout"]["yaxis"]["title"]["text"]: figure for figure in found}


def trace(page: AppTest, axis: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in figures(page)[axis]["data"] if one["name"] == name)
    return found


def alts(page: AppTest) -> list[str]:
    return [element.proto.alt for element in page.get("plotly_chart")]


@pytest.fixture
def page(open_app: OpenApp, sure_artifact: Path) -> AppTest:
    found = performance_tab(open_app(sure_artifact), "Accuracy")
    assert not found.exception
    return found


@pytest.fixture
def scores(sure_artifact: Path) -> tuple[Any, Any]:
    lines = (sure_artifact / "predictions.csv").read_text(encoding="utf-8").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["split"] == "test"]
    return np.array([row["true"] == "Pneumonia" for row in rows]), np.array([float(row["probability"]) for row in rows])


def holds(page: AppTest, scores: tuple[Any, Any], threshold: float) -> None:
    """Every part of the page tells of this threshold, as scikit-learn has it."""
    truth, probability = scores
    called = probability >= threshold
    (right, alarms), (missed, found) = reference.confusion_matrix(truth, called, labels=[False, True]).tolist()
    text = bare(page)
    assert f"misses {missed} of {missed + found} scans with pneumonia" in text
    assert f"falsely flags {alarms} of {right + alarms} normal scans" in text
    shown = tiles(page)
    rates = {
        "Sensitivity (recall)": found / (found + missed),
        "Specificity": right / (right + alarms),
        "Positive predictive value (precision)": reference.precision_score(truth, called, zero_division=np.nan),
        "Negative predictive value": reference.precision_score(~truth, ~called, zero_division=np.nan),
        "Accuracy": reference.accuracy_score(truth, called),
    }
    for name, value in rates.items():
        assert shown[name][0] == ("not defined" if np.isnan(value) else f"{100 * value:.1f} %"), name
        assert shown[name][1].startswith("95 % interval")
    matrix = figures(page)["True label"]["data"][0]["text"]
    assert [re.search(r"<b>(\d+)</b>", cell)[1] for row in matrix for cell in row] == [  # type: ignore[index]
        str(count) for count in (right, alarms, missed, found)
    ]
    ring = trace(page, "Sensitivity (found)", "threshold")
    assert (ring["x"], ring["y"]) == (
        pytest.approx([alarms / (right + alarms)]),
        pytest.approx([rates["Sensitivity (recall)"]]),
    )
    marks = [one for one in figures(page)["Positive predictive value"]["data"] if one["name"] == "threshold"]
    assert [one["y"] for one in marks] == ([] if not (alarms + found) else [pytest.approx([found / (found + alarms)])])
    line = trace(page, "Scans (square-root scale)", "threshold")
    assert line["x"] == [threshold] * 2
    assert any(f"leaves {missed} with pneumonia below it and {alarms} normal ones above" in alt for alt in alts(page))


def test_the_slider_moves_everything(page: AppTest, scores: tuple[Any, Any]) -> None:
    for threshold in (0.0, 0.137, 0.9, 1.0):
        page = page.slider(key=THRESHOLD).set_value(threshold).run()
        assert not page.exception
        holds(page, scores, threshold)
        assert page.segmented_control(key=POINT).value is None
        assert "moved by hand" in bare(page)
        assert "nothing was chosen by it" in bare(page)


def test_the_operating_points_are_those_of_the_manifest(
    page: AppTest, scores: tuple[Any, Any], sure_artifact: Path
) -> None:
    test = json.loads((sure_artifact / "evaluation.json").read_text())["test"]
    for name, threshold in (("rule_out", 0.2), ("rule_in", 0.8), ("balanced", 0.5)):
        page = page.segmented_control(key=POINT).set_value(name).run()
        assert not page.exception
        assert page.slider(key=THRESHOLD).value == threshold
        holds(page, scores, threshold)
        assert "moved by hand" not in bare(page)
        metric = test["operating_points"][name]["metrics"]["sensitivity"]
        expected = f"95 % interval {100 * metric['low']:.1f} to {100 * metric['high']:.1f} %"
        assert tiles(page)["Sensitivity (recall)"][1] == expected


def test_the_headline_area_comes_from_the_evaluation_and_does_not_move(page: AppTest, sure_artifact: Path) -> None:
    area = json.loads((sure_artifact / "evaluation.json").read_text())["test"]["metrics"]["auroc"]
    for threshold in (0.5, 0.03):
        page = page.slider(key=THRESHOLD).set_value(threshold).run()
        assert tiles(page)["AUROC"][1] == f"95 % interval {area['low']:.3f} to {area['high']:.3f}"


def test_it_begins_with_the_operating_point_of_the_setting(open_app: OpenApp, sure_artifact: Path) -> None:
    page = performance_tab(open_app(sure_artifact, CXR_OPERATING_POINT="rule-in"), "Accuracy")
    assert page.segmented_control(key=POINT).value == "rule_in"
    assert page.slider(key=THRESHOLD).value == 0.8


def test_a_threshold_in_the_address_is_taken(open_app: OpenApp, sure_artifact: Path) -> None:
    page = open_app(sure_artifact)
    page.query_params[THRESHOLD], page.query_params[PREVALENCE] = "0.25", "12.5"
    page = performance_tab(page, "Accuracy")
    assert page.slider(key=THRESHOLD).value == 0.25
    assert page.segmented_control(key=POINT).value is None
    assert "125 have pneumonia" in bare(page)


def test_without_the_scores_only_the_operating_points_can_be_shown(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "predictions.csv").unlink()
    page = performance_tab(open_app(artifact), "Accuracy")
    assert not page.exception
    assert not [slider for slider in page.slider if slider.key == THRESHOLD]
    assert "predictions.csv is missing or cannot be read" in bare(page)
    test = json.loads((artifact / "evaluation.json").read_text())["test"]
    for name in ("rule_out", "rule_in"):
        page = page.segmented_control(key=POINT).set_value(name).run()
        assert not page.exception
        _, (missed, found) = test["operating_points"][name]["confusion_matrix"]["counts"]
        assert f"misses {missed} of {missed + found} scans with pneumonia" in bare(page)


def test_the_prevalence_moves_the_children(page: AppTest) -> None:
    assert page.segmented_control(key=SOURCE).value == "test"
    for percent in (0.1, 7.3, 99.9):
        page = page.slider(key=PREVALENCE).set_value(percent).run()
        assert not page.exception
        sick = round(10 * percent)
        assert f"Of 1,000 children like yours, {sick} ha" in bare(page)
        counts = [int(one.replace(",", "")) for one in re.findall(r"</i><b>([\d,]+)</b>", text_of(page))]
        assert sum(counts) == 1000
        assert counts[0] + counts[1] == sick
        assert page.segmented_control(key=SOURCE).value is None
    page = page.segmented_control(key=SOURCE).set_value("test").run()
    assert page.slider(key=PREVALENCE).value == 50.0
    assert "sensitivity and specificity stay what they were" in bare(page)


def test_the_threshold_moves_the_children_too(page: AppTest) -> None:
    page = page.slider(key=THRESHOLD).set_value(1.0).run()
    assert "the model finds 0 of them and misses 500" in bare(page)
    assert "Nobody is called Pneumonia at this threshold." in bare(page)


def test_the_clinics_own_prevalence_is_where_it_begins(open_app: OpenApp, sure_artifact: Path) -> None:
    page = performance_tab(open_app(sure_artifact, CXR_PREVALENCE="0.0731"), "Accuracy")
    assert page.segmented_control(key=SOURCE).value == "clinic"
    assert list(page.segmented_control(key=SOURCE).options) == [
        "As in this test set, 50.0\u00a0%",
        "As set for this clinic, 7.3\u00a0%",
    ]
    assert "Of 1,000 children like yours, 73 have pneumonia" in bare(page)


def test_the_icons_have_a_text_alternative_and_cover_all_children(page: AppTest) -> None:
    page = page.slider(key=PREVALENCE).set_value(12.3).run()
    (array,) = re.findall(r'cx-icons__all".*?role="img" aria-label="([^"]*)">(.*?)</div>', text_of(page))
    assert "Of 1,000 children like yours, 123 have pneumonia" in unescape(array[0])
    areas = re.findall(r"width:([\d.]+)%;height:([\d.]+)%", array[1])
    assert sum(float(wide) * float(high) for wide, high in areas) == pytest.approx(100 * 100)


def test_every_chart_has_a_summary_and_its_data(page: AppTest) -> None:
    charts = page.get("plotly_chart")
    assert len(charts) == 6
    assert all(len(alt) > 40 for alt in alts(page))
    assert len(page.get("download_button")) == len(charts)


def test_the_interval_is_explained_and_reliability_read(page: AppTest, sure_artifact: Path) -> None:
    test = json.loads((sure_artifact / "evaluation.json").read_text())["test"]
    assert "19 of 20 would hold the true value" in bare(page)
    last = [one for one in test["reliability"] if one["images"]][-1]
    assert f"Of {last['images']} test scans with a probability of" in bare(page)
    drawn = trace(page, "Share that has pneumonia", "test scans")
    filled = [one for one in test["reliability"] if one["images"]]
    assert drawn["x"] == pytest.approx([one["mean_probability"] for one in filled])
    assert drawn["y"] == pytest.approx([one["pneumonia"] / one["images"] for one in filled])


@pytest.mark.parametrize(
    ("asked", "tab", "told"),
    [
        ("How many sick children does it miss?", "Accuracy", "the model misses"),
        ("What if pneumonia is rare here?", "Accuracy", "Say that 5.0 % have it."),
        ("Was it tested on the children it learned from?", "How measured", "Not on the scans it learned from"),
        ("When should I not use it?", "For whom", "Never for a diagnosis"),
        ("Where does it look?", "Heatmap", "not measured for this model"),
    ],
)
def test_a_question_is_answered_in_one_click(page: AppTest, asked: str, tab: str, told: str) -> None:
    page = ask(page, asked)
    assert not page.exception
    answer = re.search(r'aria-label="Answer">(.*?)</section>', unescape(text_of(page)).replace("\u00a0", " "))
    assert answer
    assert told in answer[1]
    assert page.session_state["performance-tab"] == tab


def ask(page: AppTest, question: str) -> AppTest:
    return page.pills(key="question").set_value(question).run()


def test_asking_for_a_rare_disease_moves_the_prevalence(page: AppTest) -> None:
    page = ask(page, "What if pneumonia is rare here?")
    assert page.slider(key=PREVALENCE).value == 5.0
    assert bare(page).count("Of 1,000 children like yours, 50 have pneumonia") >= 2


def test_a_place_where_pneumonia_is_common_is_no_example_of_a_rare_disease(
    open_app: OpenApp, sure_artifact: Path
) -> None:
    page = performance_tab(open_app(sure_artifact, CXR_PREVALENCE="0.9"), "Accuracy")
    page = ask(page, "What if pneumonia is rare here?")
    assert page.slider(key=PREVALENCE).value == 5.0
    assert re.search(r"more of its alarms are false than on the test split, where [\d.]+ % have it\.", bare(page))
    assert "Say that 5.0 % have it." in bare(page)


def test_the_data_below_a_chart_are_its_own(
    monkeypatch: pytest.MonkeyPatch, open_app: OpenApp, sure_artifact: Path
) -> None:
    given: dict[str, chart_data.Data] = {}

    def keep(data: Any, *, key: str) -> None:
        given[key] = data() if callable(data) else data

    monkeypatch.setattr(chart_data, "download", keep)
    page = performance_tab(open_app(sure_artifact), "Accuracy")
    performance_tab(page, "For whom")
    assert set(given) == {
        "confusion-matrix", "score-histogram", "roc", "precision-recall", "predictive-values", "reliability",
        "subgroups", "robustness",
    }  # fmt: skip
    for key, data in given.items():
        assert len(list(csv.reader(chart_data.to_csv(data).decode("utf-8-sig").splitlines()))) > 1, key
    counts = json.loads((sure_artifact / "evaluation.json").read_text())["test"]["confusion_matrix"]["counts"]
    assert list(given["confusion-matrix"]["scans"]) == [count for row in counts for count in row]
