"""The Training, How measured and Calibration tabs: curves of every run, and what the files beside the weights say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.screens.performance.calibration import expected
from app.screens.performance.training import overfitting
from model.artifact import PRETRAINED, read_manifest
from model.records.history import Curves, Epoch
from tests.app.driving import words
from tests.app.made_models import made_model
from tests.app.screens.performance.conftest import OpenTab
from tests.app.screens.performance.reading import figures, frame

STORED = ("ablation.json", "cross_validation.json", "label_report.json")


@pytest.fixture
def whole(artifact: Path) -> Path:
    """An artifact with the shipped model's background beside it."""
    for name in STORED:
        shutil.copy(PRETRAINED / name, artifact / name)
    return artifact


def losses(page: AppTest) -> list[float]:
    (validation,) = (one for one in figures(page)["Loss (cross-entropy)"]["data"] if one["name"] == "validation")
    return list(validation["y"])


def test_every_run_can_be_chosen(open_tab: OpenTab, whole: Path, tmp_path: Path) -> None:
    other = made_model(whole, tmp_path / "plain", lambda rows: rows)
    values = json.loads((other / "history.json").read_text())
    values["epochs"][0]["val_loss"] = 9.5
    for epoch in values["epochs"]:
        del epoch["restyled_loss"]
    (other / "history.json").write_text(json.dumps(values))
    page = open_tab(whole, "Training", CXR_COMPARE=str(other))
    box = page.selectbox(key="learning-run")
    assert box.value.endswith(read_manifest(whole).model_version)
    assert losses(page)[0] != 9.5
    page = box.select(read_manifest(other).model_version).run()
    assert losses(page)[0] == 9.5
    names = [{one["name"] for one in figures(page)[axis]["data"]} for axis in ("Loss (cross-entropy)", "Accuracy")]
    assert ["validation, restyled" in one for one in names] == [False, True]
    folds = json.loads((PRETRAINED / "cross_validation.json").read_text())["folds"]
    page = page.selectbox(key="learning-run").select(f"Cross-validation, fold 2 of {len(folds)}").run()
    assert losses(page) == pytest.approx([epoch["val_loss"] for epoch in folds[1]["epochs"]])
    assert f"Epoch {folds[1]['chosen_epoch']} was kept" in words(page)


def test_trials_folds_and_labels_are_those_of_the_files(open_tab: OpenTab, whole: Path) -> None:
    page = open_tab(whole, "Training")
    text = words(page)
    tables = " ".join(table.value.to_csv() for table in page.dataframe) + " ".join(
        table.value.to_csv() for table in page.table
    ).replace("\\", "")
    for trial in json.loads((PRETRAINED / "ablation.json").read_text()):
        assert trial["name"] in tables
        assert f"{trial['views']['clean']['auroc']:.3f}" in tables
    crossed = json.loads((PRETRAINED / "cross_validation.json").read_text())
    spread = frame(page, "SD")["Unaltered"]
    assert [spread[name] for name in ("Mean", "SD", "Lowest", "Highest")] == [
        f"{crossed['summary']['clean'][name]:.3f}" for name in ("mean", "sd", "lowest", "highest")
    ]
    report = json.loads((PRETRAINED / "label_report.json").read_text())
    for split, found in report["suspected"].items():
        assert f"{split.capitalize()}: {len(found)} labels look wrong" in text
        assert all(one["path"] in tables for one in found)
    assert "judged by another model" in text
    assert f"{len(report['near_duplicates'])} groups are nearly identical" in text


@pytest.mark.parametrize("name", STORED)
def test_a_broken_file_is_named_and_the_rest_is_shown(open_tab: OpenTab, whole: Path, name: str) -> None:
    (whole / name).write_text("[1", encoding="utf-8")
    page = open_tab(whole, "Training")
    assert name in words(page)
    headings = {one.value for one in page.header}
    assert "How did it learn?" in headings
    assert ("What was tried?" in headings) == (name != "ablation.json")


def test_without_them_there_are_the_curves_alone(
    open_tab: OpenTab, sure_artifact: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.settings.PLAIN", tmp_path / "none")
    page = open_tab(sure_artifact, "Training")
    assert len(page.get("plotly_chart")) == 2
    assert "What was tried?" not in {one.value for one in page.header}
    assert not page.selectbox


def curves(losses: list[tuple[float, float]], chosen: int = 1) -> Curves:
    epochs = tuple(
        Epoch(epoch=number, loss=loss, accuracy=0.9, val_loss=validation, val_accuracy=0.9)
        for number, (loss, validation) in enumerate(losses, 1)
    )
    return Curves(chosen_epoch=chosen, epochs=epochs)


WORSE = [(0.5, 0.5), (0.3, 0.40), (0.1, 0.46), (0.1, 0.48), (0.1, 0.5)]


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (curves(WORSE, chosen=2), ["Overfitting", "0.480 (0.080 above its lowest)", "20\u00a0%", "not kept"]),
        (curves(WORSE, chosen=5), ["Overfitting"]),
        (curves([(0.5, 0.40), (0.2, 0.41), (0.1, 0.42)]), ["No overfitting: validation hardly"]),
        (curves([(0.9, 0.20), (0.8, 0.30), (0.7, 0.3)]), ["No overfitting: training is not ahead"]),
        (curves([(0.9, 0.5), (0.8, 0.4), (0.7, 0.3)]), ["No overfitting: validation was still improving"]),
    ],
)
def test_overfitting_is_read_from_the_curves(run: Curves, told: list[str]) -> None:
    assert all(one in overfitting(run) for one in told)
    assert ("not kept" in overfitting(run)) == ("not kept" in told)
    assert overfitting(curves([(0.9, 0.5)])) == ""


def test_how_it_was_measured(open_tab: OpenTab, whole: Path) -> None:
    ledger = whole / "test_ledger.jsonl"
    line = json.loads(ledger.read_text().splitlines()[-1])
    more = {"by": "somebody <b>else</b>", "opened": "2026-01-02T03:04:05+00:00", "model_version": "old-1"}
    ledger.write_text("\n".join(map(json.dumps, [line, line | more])) + "\n", encoding="utf-8")
    page = open_tab(whole, "How measured")
    text, test = words(page), json.loads((whole / "evaluation.json").read_text())["test"]
    assert next(iter(page.header)).value == "Was it tested on the children it learned from?"
    assert "no patient number" in text
    assert "No test picture is identical" in text
    (_, alarms), (missed, _) = test["confusion_matrix"]["counts"]
    assert f"missed {missed} of {test['pneumonia']}" in text
    assert f"classified {alarms} of {test['normal']} normal" in text
    assert frame(page, "By")["2026-01-02 03:04 UTC"] == {
        "When": "2026-01-02 03:04 UTC",
        "By": "somebody <b>else</b>",
        "Model": "old-1",
    }
    assert "Every opening of the test split (2), and what else was seen of it" in {one.label for one in page.expander}
    (whole / "evaluation.json").unlink()
    text = words(open_tab(whole, "How measured"))
    assert "Was it tested" not in text
    assert "not evaluated" in text


def test_a_score_is_held_against_what_happened(open_tab: OpenTab, sure_artifact: Path) -> None:
    page = open_tab(sure_artifact, "Accuracy", query={"accuracy-tab": "Calibration"})
    (answer,) = (one.value for one in page.markdown if one.value.startswith(("**Yes", "**No", "**Unknown")))
    assert answer
    assert "Share that had pneumonia" in figures(page)
    assert expected(0.8, 0.5) == pytest.approx(0.8)
    odds = 4.0 * 0.25 / 0.75
    assert expected(0.8, 0.25) == pytest.approx(odds / (1 + odds))
    assert np.isclose(expected(1.0, 0.3), 1.0)


def test_the_shipped_score_of_80_percent_gets_a_plain_no(open_tab: OpenTab) -> None:
    page = open_tab(PRETRAINED, "Accuracy", query={"accuracy-tab": "Calibration"})
    assert any(one.value.startswith("**No") for one in page.markdown)
    assert "19 of 40" in frame(page, "Had pneumonia")["80 %"]["Had pneumonia"]
