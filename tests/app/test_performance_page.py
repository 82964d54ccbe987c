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

from tests.app.driving import performance_tab, text_of

OpenApp = Callable[[Path], AppTest]


def performance(open_app: OpenApp, folder: Path, tab: str = "Accuracy") -> AppTest:
    return performance_tab(open_app(folder), tab)


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
            assert f"{100 * metric['low']:.1f} to {100 * metric['high']:.1f}\u00a0%" in text, name
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
    page = performance(open_app, trained_artifact, "Training")
    history = read(trained_artifact, "history.json")
    for axis, key in (("Loss (cross-entropy)", "loss"), ("Accuracy", "accuracy")):
        traces = {trace["name"]: trace for trace in figures(page)[axis]["data"]}
        assert traces["training"]["y"] == pytest.approx([epoch[key] for epoch in history["epochs"]])
        for line, prefix in (("validation", "val"), ("validation, stressed", "stressed")):
            assert traces[line]["y"] == pytest.approx([epoch[f"{prefix}_{key}"] for epoch in history["epochs"]])
        restyled = [epoch[f"restyled_{key}"] for epoch in history["epochs"]]
        assert traces["validation, restyled"]["y"] == pytest.approx(restyled)
        mark = traces[f"chosen epoch, {history['chosen_epoch']}"]
        assert mark["x"] == [history["chosen_epoch"]] * 2
    assert f"In epoch {history['chosen_epoch']}, which was kept" in text_of(page)
    assert history["accuracy_note"] in unescape(text_of(page))


def test_the_roc_curve_shows_every_operating_point(open_app: OpenApp, sure_artifact: Path) -> None:
    figure = figures(performance(open_app, sure_artifact))["Sensitivity (found)"]
    test = read(sure_artifact, "evaluation.json")["test"]
    curve = figure["data"][0]
    assert curve["y"] == test["roc"]["true_positive_rate"]
    assert f"AUROC {test['metrics']['auroc']['value']:.3f}" in curve["name"]
    traces = {trace["name"]: trace for trace in figure["data"]}
    for name, point in test["operating_points"].items():
        mark = traces[name.replace("_", "-")]
        assert mark["y"] == pytest.approx([point["metrics"]["sensitivity"]["value"]])
        assert mark["x"] == pytest.approx([1 - point["metrics"]["specificity"]["value"]])
    assert len({traces[name]["marker"]["symbol"] for name in ("rule-out", "balanced", "rule-in")}) == 3


def test_the_page_says_on_what_and_how_often_test_was_opened(open_app: OpenApp, artifact: Path) -> None:
    ledger = artifact / "test_ledger.jsonl"
    line = ledger.read_text(encoding="utf-8").splitlines()[-1]
    ledger.write_text(json.dumps({"note": "Two <trials> looked at test."}) + f"\n{line}\n{line}\n", encoding="utf-8")
    page = performance(open_app, artifact, "How measured")
    text = unescape(text_of(page))
    evaluation, manifest = read(artifact, "evaluation.json"), read(artifact, "manifest.json")
    assert "The test split was opened 2 times" in text
    assert "Two <trials> looked at test." in text
    assert "<trials>" not in text_of(page)
    assert f"{evaluation['test']['images']} images of {evaluation['test']['patients']} patient numbers" in text
    assert manifest["split"]["rule"] in text
    assert evaluation["operating_points"][0]["chosen_on"] in text
    for point in evaluation["operating_points"]:
        assert f"{point['threshold']:.4f}: {point['method']}." in text
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


@pytest.mark.parametrize("name", ["evaluation.json", "history.json", "test_ledger.jsonl", "robustness.json"])
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
    assert "The test split was opened 2 times" in unescape(text_of(performance(open_app, artifact, "How measured")))


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
    for name, there, here in (("auroc", 0.987, 0.912), ("expected_calibration_error_balanced", 0.031, 0.154)):
        values["validation"]["metrics"][name]["value"], values["test"]["metrics"][name]["value"] = there, here
    history["views"] = {"lungs_covered": {"auroc": 0.661}, "clean": {"auroc": 0.99}, "restyled": {"auroc": 0.871}}
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    (artifact / "history.json").write_text(json.dumps(history), encoding="utf-8")
    text = unescape(text_of(performance(open_app, artifact)))
    (right, alarms), _ = values["test"]["confusion_matrix"]["counts"]
    assert "What falls short" in text
    assert f"Of {right + alarms} normal test scans, {alarms} (" in text
    assert "AUROC 0.912 against 0.987" in text
    assert "calibration error 0.154 against 0.031" in text
    assert "AUROC on validation is 0.661; chance is 0.500" in text
    assert "its AUROC on validation falls from 0.990 to 0.871" in text
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


def bare(page: AppTest) -> str:
    """The page's text without tags, each blank an ordinary one."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", unescape(text_of(page)).replace("\u00a0", " ")))


def row(page: AppTest, name: str) -> list[str]:
    """The figures in the first table row of this name."""
    found = re.search(rf'<th scope="row"[^>]*>{re.escape(name)}</th>(.*?)</tr>', unescape(text_of(page)))
    assert found, name
    return [text.replace("\u00a0", " ") for text in re.findall(r'<span class="cx-num">([^<]*)<', found[1])]


def test_each_operating_point_stands_beside_what_validation_promised(open_app: OpenApp, artifact: Path) -> None:
    for name in ("manifest.json", "evaluation.json"):
        values = read(artifact, name)
        values["operating_points"][1]["specificity"] = {"value": 0.5, "low": 0.4, "high": 0.6}
        (artifact / name).write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact)
    evaluation = read(artifact, "evaluation.json")
    points = [evaluation["test"]["operating_points"][name] for name in ("rule_out", "balanced", "rule_in")]
    assert row(page, "Threshold") == ["20.0 %", "50.0 %", "80.0 %"]
    counts = [point["confusion_matrix"]["counts"] for point in points]
    assert row(page, "Missed") == [f"{fn} of {fn + tp}" for _, (fn, tp) in counts]
    assert row(page, "False alarms") == [f"{fp} of {tn + fp}" for (tn, fp), _ in counts]
    for rate in ("sensitivity", "specificity"):
        title = rate.capitalize()
        assert row(page, f"{title} on test") == [f"{100 * point['metrics'][rate]['value']:.1f} %" for point in points]
        promised = [point[rate]["value"] for point in evaluation["operating_points"]]
        assert row(page, f"{title} expected from validation") == [f"{100 * value:.1f} %" for value in promised]
    here = points[1]["metrics"]["specificity"]["value"]
    assert here > 0.6
    assert f"balanced ({100 * here:.1f} %; expected 40.0 to 60.0 %)" in bare(page)
    assert "▲ above what was expected" in bare(page)


def test_the_band_is_held_against_its_promise(open_app: OpenApp, artifact: Path) -> None:
    band = read(artifact, "evaluation.json")["test"]["band"]
    text = bare(performance(open_app, artifact))
    assert "When it will not say" in text
    below = band["pneumonia_below"]
    assert f"Of {below['trials']} test scans with pneumonia, {below['successes']} fell below the band" in text
    assert "at most 2 % was aimed at" in text
    right = band["decided_right"]
    assert f"Of {right['trials']} scans outside the band, {right['successes']} were called right." in text


def test_a_band_that_says_nothing_of_any_scan_is_shown_without_crashing(
    open_app: OpenApp, trained_artifact: Path
) -> None:
    page = performance(open_app, trained_artifact)
    assert not page.exception
    right = read(trained_artifact, "evaluation.json")["test"]["band"]["decided_right"]
    assert right["trials"] == 0, "With so few validation scans everything is indeterminate."
    assert "Not defined on these images." in bare(page)


def test_subgroups_are_shown_with_what_the_data_lacks(open_app: OpenApp, artifact: Path) -> None:
    page = performance(open_app, artifact, "For whom")
    groups = read(artifact, "evaluation.json")["test"]["subgroups"]
    assert groups["groups"]
    for one in groups["groups"]:
        label, images, right, _ = row(page, f"{one['group']} ({one['by']})")
        assert (label, images) == (one["class"], f"{one['images']:,}")
        assert right == f"{100 * one['value']:.1f} %"
    assert "Not in the data: age and sex." in bare(page)
    assert all(f"{name} ({value})" in bare(page) for name, value in groups["uniform"].items())


def test_without_subgroups_the_page_says_so(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    del values["test"]["subgroups"]
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact, "For whom")
    assert not page.exception
    assert "Parts of the test split were not measured" in text_of(page)


def test_what_goes_over_its_limit_is_marked_in_words(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "robustness.json")
    for one in values["test"]["perturbed"]:
        one["drop"] = {1: 0.021, 2: -0.004, 3: 0.3}[one["strength"]] if one["perturbation"] == "crop" else 0.0
    (artifact / "robustness.json").write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact, "For whom")
    assert row(page, "Crop") == ["−2.1", "+0.4", "−30.0"]
    assert row(page, "JPEG") == ["0.0", "0.0", "0.0"]
    text = bare(page)
    limited = sum(one["strength"] < 3 for one in values["test"]["perturbed"])
    assert f"1 of {limited} settings that have a limit goes over it: crop at strength 1" in text
    assert text.count("▼ over limit") == 2, "Once in the overview and once among all figures."
    assert f"{100 * values['test']['unchanged']['specificity']:.1f} %" in row(page, "Unchanged")


def test_robustness_of_other_weights_is_refused_and_the_rest_stays(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "robustness.json") | {"weights_sha256": "0" * 64}
    (artifact / "robustness.json").write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact, "For whom")
    assert "robustness.json tells of weights 000000000000" in text_of(page)
    assert "was not measured for this model, or cannot be read" in text_of(page)
    assert "True label" in figures(performance_tab(page, "Accuracy"))


def test_without_robustness_the_page_says_so(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "robustness.json").unlink()
    page = performance(open_app, artifact, "For whom")
    assert not page.exception
    assert "was not measured for this model, or cannot be read" in text_of(page)
    assert "Some figures cannot be shown" not in text_of(page)


def test_an_evaluation_of_another_band_is_refused(open_app: OpenApp, artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    values["band"]["high"] = 0.99
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    page = performance(open_app, artifact)
    assert "is not the model in this folder: not the manifest’s band." in text_of(page)
    assert "True label" not in figures(page)
    assert "When it will not say" not in text_of(page)


def test_curves_of_a_history_without_the_restyled_view_are_drawn(open_app: OpenApp, artifact: Path) -> None:
    history = read(artifact, "history.json")
    for epoch in history["epochs"]:
        del epoch["restyled_loss"], epoch["restyled_accuracy"]
    (artifact / "history.json").write_text(json.dumps(history), encoding="utf-8")
    names = {trace["name"] for trace in figures(performance(open_app, artifact, "Training"))["Accuracy"]["data"]}
    assert "validation, stressed" in names
    assert "validation, restyled" not in names


def test_scans_that_the_gate_refuses_are_counted(open_app: OpenApp, gated_artifact: Path) -> None:
    values = read(gated_artifact, "evaluation.json")
    values["test"]["refused_by_the_gate"] = {"refused": 2, "images": 40, "low": 0.014, "high": 0.165, "paths": []}
    (gated_artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    text = bare(performance(open_app, gated_artifact, "For whom"))
    assert "It would refuse 2 of 40 test scans (5.0 %, 95 % interval 1.4 to 16.5 %). They stay in every figure" in text
