"""The Performance page: its numbers are those of the JSON files, and a missing or foreign file is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.driving import text_of

OpenApp = Callable[[Path], AppTest]


def performance(open_app: OpenApp, folder: Path) -> AppTest:
    return open_app(folder).switch_page("app_pages/performance.py").run()


def read(folder: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return values


def figures(page: AppTest) -> dict[str, Any]:
    """The Plotly figures on the page, told apart by what is on their axes."""
    found = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    return {figure["layout"]["yaxis"]["title"]["text"]: figure for figure in found}


def test_every_metric_and_its_interval_is_that_of_the_json(open_app: OpenApp, trained_artifact: Path) -> None:
    page = performance(open_app, trained_artifact)
    text = unescape(text_of(page))
    assert not page.exception
    metrics = read(trained_artifact, "evaluation.json")["test"]["metrics"]
    for name, metric in metrics.items():
        if "trials" in metric:
            assert f"{100 * metric['value']:.1f}" in text, name
            assert f"{100 * metric['low']:.1f} to {100 * metric['high']:.1f} %" in text, name
            assert f"{metric['trials']:,}" in text, name
        else:
            assert f"{metric['value']:.3f}" in text, name
            assert f"{metric['low']:.3f} to {metric['high']:.3f}" in text, name
    found = metrics["sensitivity"]
    assert (
        f"Of {found['trials']} scans with pneumonia, {found['successes']} were found and "
        f"{found['trials'] - found['successes']} missed." in text
    )


def test_the_confusion_matrix_names_its_axes_and_shows_counts_and_row_shares(
    open_app: OpenApp, trained_artifact: Path
) -> None:
    figure = figures(performance(open_app, trained_artifact))["True label"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "Predicted label"
    (heatmap,) = figure["data"]
    counts = read(trained_artifact, "evaluation.json")["test"]["confusion_matrix"]["counts"]
    assert heatmap["y"] == heatmap["x"] == ["Normal", "Pneumonia"]
    for row, texts in zip(counts, heatmap["text"], strict=True):
        for count, text in zip(row, texts, strict=True):
            assert f"<b>{count}</b>" in text
            share = 100 * count / sum(row)
            assert f"{share:.1f}" in text


def test_the_curves_are_those_of_the_history_with_the_chosen_epoch_marked(
    open_app: OpenApp, trained_artifact: Path
) -> None:
    page = performance(open_app, trained_artifact)
    history = read(trained_artifact, "history.json")
    for axis, key in (("Loss (cross-entropy)", "loss"), ("Accuracy", "accuracy")):
        traces = {trace["name"]: trace for trace in figures(page)[axis]["data"]}
        assert traces["training"]["y"] == pytest.approx([epoch[key] for epoch in history["epochs"]])
        assert traces["validation"]["y"] == pytest.approx([epoch[f"val_{key}"] for epoch in history["epochs"]])
        mark = traces[f"chosen epoch, {history['chosen_epoch']}"]
        assert mark["x"] == [history["chosen_epoch"]] * 2
    assert f"In epoch {history['chosen_epoch']}, which was kept" in text_of(page)
    assert history["accuracy_note"] in unescape(text_of(page))


def test_the_roc_curve_shows_the_operating_point(open_app: OpenApp, trained_artifact: Path) -> None:
    figure = figures(performance(open_app, trained_artifact))["Sensitivity (found)"]
    test = read(trained_artifact, "evaluation.json")["test"]
    curve, point, _ = figure["data"]
    assert curve["y"] == test["roc"]["true_positive_rate"]
    assert f"AUROC {test['metrics']['auroc']['value']:.3f}" in curve["name"]
    assert point["y"] == pytest.approx([test["metrics"]["sensitivity"]["value"]])
    assert point["x"] == pytest.approx([1 - test["metrics"]["specificity"]["value"]])


def test_the_page_says_on_what_and_how_often_test_was_opened(open_app: OpenApp, artifact: Path) -> None:
    ledger = artifact / "test_ledger.jsonl"
    line = ledger.read_text(encoding="utf-8").splitlines()[-1]
    ledger.write_text(json.dumps({"note": "Two <trials> looked at test."}) + f"\n{line}\n{line}\n", encoding="utf-8")
    page = performance(open_app, artifact)
    text = unescape(text_of(page))
    evaluation, manifest = read(artifact, "evaluation.json"), read(artifact, "manifest.json")
    assert "The test split was opened 2 times" in text
    assert "Two <trials> looked at test." in text
    assert "<trials>" not in text_of(page)
    assert f"{evaluation['test']['images']} images of {evaluation['test']['patients']} patient numbers" in text
    assert manifest["split"]["rule"] in text
    assert evaluation["operating_point"]["chosen_on"] in text
    assert "validation and training share no patient number" in text


def test_without_an_evaluation_the_page_says_so_and_shows_no_figure(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "evaluation.json").unlink()
    page = performance(open_app, artifact)
    assert not page.exception
    assert "This model was not evaluated." in text_of(page)
    assert "True label" not in figures(page)


def test_an_evaluation_of_other_weights_is_refused(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "evaluation.json") | {"weights_sha256": "0" * 64}
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact)
    assert "is not the model in this folder" in text_of(page)
    assert "True label" not in figures(page)


@pytest.mark.parametrize("name", ["evaluation.json", "history.json", "test_ledger.jsonl"])
def test_a_damaged_file_is_named(open_app: OpenApp, artifact: Path, name: str) -> None:
    (artifact / name).write_text("[1", encoding="utf-8")
    page = performance(open_app, artifact)
    assert not page.exception
    assert f"{name} cannot be read" in text_of(page)


def test_without_a_model_there_are_no_figures(open_app: OpenApp, tmp_path: Path) -> None:
    page = performance(open_app, tmp_path)
    assert not page.exception
    assert "there is no usable model" in text_of(page)
    assert figures(page) == {}


def test_openings_of_another_test_split_are_not_counted(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    values["test"] |= {"files_sha256": "a" * 64}
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    line = {"opened": "2026-11-20T10:00:00+00:00", "by": "python -m training evaluate", "model_version": "m"}
    lines = [line, line | {"files_sha256": "a" * 64}, line | {"files_sha256": "b" * 64}]
    (artifact / "test_ledger.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert "The test split was opened 2 times" in unescape(text_of(performance(open_app, artifact)))


def test_patient_numbers_shared_with_training_are_told_where_recorded(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    for numbers in (None, {"shared": 7, "of": 40, "images": 12}):
        values["test"]["patient_numbers_in_training"] = numbers
        (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
        text = unescape(text_of(performance(open_app, artifact)))
        assert ("7 of 40 patient numbers of the test images occur in training or validation too" in text) == (
            numbers is not None
        )
    assert "children, measured" not in text


def test_what_falls_short_is_computed(open_app: OpenApp, artifact: Path) -> None:
    values, history = read(artifact, "evaluation.json"), read(artifact, "history.json")
    for name, there, here in (("auroc", 0.987, 0.912), ("expected_calibration_error", 0.031, 0.154)):
        values["validation"]["metrics"][name]["value"], values["test"]["metrics"][name]["value"] = there, here
    history["views"] = {"lungs_covered": {"auroc": 0.661}}
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    (artifact / "history.json").write_text(json.dumps(history), encoding="utf-8")
    text = unescape(text_of(performance(open_app, artifact)))
    (right, alarms), _ = values["test"]["confusion_matrix"]["counts"]
    assert "What falls short" in text
    assert f"Of {right + alarms} normal test scans, {alarms} (" in text
    assert "AUROC 0.912 against 0.987" in text
    assert "calibration error 0.154 against 0.031" in text
    assert "AUROC on validation is 0.661; chance is 0.500" in text
    assert "not tried on another hospital’s images" in text


def test_a_figure_that_is_not_defined_has_no_interval(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    values["test"]["metrics"]["npv"] |= dict.fromkeys(("value", "low", "high"), float("nan"))
    values["test"]["metrics"]["f1"] |= dict.fromkeys(("value", "low", "high"))
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact)
    assert not page.exception
    assert "nan" not in re.sub("<[^>]*>", " ", text_of(page)).split()
    assert "not defined" in text_of(page)
