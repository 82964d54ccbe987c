"""Two models side by side: every number is that of the files, or of scikit-learn and SciPy on predictions.csv."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve
from streamlit.testing.v1 import AppTest

from app.services.others import other_models
from model.artifact import read_manifest
from model.statistics.comparison import delong
from tests.app.driving import words
from tests.app.made_models import Row, made_model, rows_of_test
from tests.app.screens.performance.conftest import OpenTab
from tests.app.screens.performance.reading import cells, figures


def worse(rows: list[Row]) -> list[Row]:
    """The same scans in another order, every third one's score turned round."""
    turned = [
        row | {"probability": f"{1 - float(row['probability']) if place % 3 == 0 else float(row['probability']):.6f}"}
        for place, row in enumerate(rows)
    ]
    return turned[::-1]


@pytest.fixture
def other(sure_artifact: Path, tmp_path: Path) -> Path:
    return made_model(sure_artifact, tmp_path / "worse", worse)


def opened(open_tab: OpenTab, folder: Path, *others: Path) -> AppTest:
    return open_tab(folder, "Compare", CXR_COMPARE=os.pathsep.join(map(str, others)))


def aligned(first: Path, second: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and both scores, by file."""
    here, there = ({row["path"]: row for row in rows_of_test(folder)} for folder in (first, second))
    labels = np.array([row["true"] == "Pneumonia" for row in here.values()])
    scores = [np.array([float(rows[path]["probability"]) for path in here]) for rows in (here, there)]
    return labels, scores[0], scores[1]


def test_figures_are_those_of_the_files_and_of_scikit_learn(
    open_tab: OpenTab, sure_artifact: Path, other: Path
) -> None:
    page = opened(open_tab, sure_artifact, other)
    text = words(page)
    labels, first, second = aligned(sure_artifact, other)
    right = [(score >= 0.5) == labels for score in (first, second)]
    both, only_first = int(np.sum(right[0] & right[1])), int(np.sum(right[0] & ~right[1]))
    only_second = int(np.sum(~right[0] & right[1]))
    assert only_first > 0
    name = read_manifest(other).model_version
    assert (
        f"both models are right on {both}, only the model in use on {only_first}, only {name} on {only_second}" in text
    )
    areas = [roc_auc_score(labels, score) for score in (first, second)]
    assert f"{areas[1]:.3f} for {name}, difference {areas[0] - areas[1]:+.3f}" in text
    found = delong(labels.astype(np.int64), first, second)
    assert f"{found.low:.3f} to {found.high:.3f}".replace("-", "−") in text
    assert cells(page, "Parameters") == [f"{read_manifest(sure_artifact).parameters:,}", "77"]
    for title, metric in (("Accuracy", "accuracy"), ("AUROC", "auroc"), ("Sensitivity (recall)", "sensitivity")):
        for cell, folder in zip(cells(page, title), (sure_artifact, other), strict=True):
            values = json.loads((folder / "evaluation.json").read_text())["test"]["metrics"][metric]
            factor, digits = (1, 3) if metric == "auroc" else (100, 1)
            shown = [
                f"{factor * values[key]:.{digits}f}" for key in ("value", "low", "high") if values[key] is not None
            ]
            assert all(number.replace("1.000", "1") in cell.replace("1.000", "1") for number in shown)
    here, there, guessing = figures(page)["Sensitivity (found)"]["data"]
    false_alarms, found_share, _ = roc_curve(labels, second)
    assert there["x"] == pytest.approx(false_alarms, abs=1e-5)
    assert there["y"] == pytest.approx(found_share, abs=1e-5)
    assert (here["name"].split(",")[0], guessing["name"]) == ("Model in use", "guessing")
    assert len(figures(page)["Share that had pneumonia"]["data"]) == 3


def test_one_of_several_is_chosen(open_tab: OpenTab, sure_artifact: Path, other: Path, tmp_path: Path) -> None:
    same = made_model(sure_artifact, tmp_path / "same", lambda rows: rows)
    page = opened(open_tab, sure_artifact, other, same)
    page = page.selectbox(key="compare-with").select(read_manifest(same).model_version).run()
    text = words(page)
    assert "nothing to test" in text
    assert "difference 0.000" in text


def test_without_another_model_the_tab_says_how_to_get_one(
    open_tab: OpenTab, sure_artifact: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.settings.PLAIN", tmp_path / "none")
    assert "name its folder in CXR_COMPARE" in words(opened(open_tab, sure_artifact))
    # The model in use is no other model.
    assert "There is no other model" in words(opened(open_tab, sure_artifact, sure_artifact))


@pytest.mark.parametrize("kind", ["files", "labels"])
def test_other_scans_are_not_compared(open_tab: OpenTab, sure_artifact: Path, tmp_path: Path, kind: str) -> None:
    def change(rows: list[Row]) -> list[Row]:
        if kind == "files":
            return [rows[0] | {"path": "test/NORMAL/other.jpeg", "true": "Normal"}, *rows[1:]]
        turned = "Normal" if rows[0]["true"] == "Pneumonia" else "Pneumonia"
        return [rows[0] | {"true": turned}, *rows[1:]]

    folder = made_model(sure_artifact, tmp_path / "apart", change)
    text = words(opened(open_tab, sure_artifact, folder))
    assert "cannot be compared" in text
    assert ("not measured on the same test files" if kind == "files" else "1 of them carry another label") in text
    assert "both models are right" not in text


def test_a_folder_without_a_model_is_told_without_its_place(
    open_tab: OpenTab, sure_artifact: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    text = words(opened(open_tab, sure_artifact, tmp_path / "empty"))
    assert "empty cannot be compared" in text
    assert "no usable manifest.json" in text
    assert str(tmp_path) not in text


def test_no_two_models_are_called_the_same(sure_artifact: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name / "artifact" for name in ("one", "two", "three", "four")]
    for folder in folders[:3]:
        folder.mkdir(parents=True)
    shutil.copytree(sure_artifact, folders[3])
    shutil.copytree(sure_artifact, tmp_path / "five")
    titles = [one.title for one in other_models([*folders, tmp_path / "five"], besides=sure_artifact)]
    version = read_manifest(sure_artifact).model_version
    assert titles == ["artifact", "artifact (2)", "artifact (3)", version, f"{version} (five)"]


def test_a_model_that_was_not_evaluated_is_told(open_tab: OpenTab, sure_artifact: Path, other: Path) -> None:
    (other / "predictions.csv").unlink()
    assert "has no evaluation with its predictions" in words(opened(open_tab, sure_artifact, other))
