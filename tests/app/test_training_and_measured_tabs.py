"""The tabs Training and How measured: runs to choose from, how curves are read, trials, folds, labels, ledger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.measured import Epoch, History, MeasuredError
from app.measured.ablation import read_ablation
from app.measured.crossed import read_cross_validation
from app.measured.labelling import read_label_report
from app.wording.learning import overfit_sentence
from model.artifact import PRETRAINED, read_manifest
from tests.app.driving import performance_tab, text_of
from tests.app.made_models import made_model

OpenApp = Callable[..., AppTest]
STORED = ("ablation.json", "cross_validation.json", "label_report.json")


@pytest.fixture
def whole(artifact: Path) -> Path:
    """An artifact with the shipped model's background beside it."""
    for name in STORED:
        shutil.copy(PRETRAINED / name, artifact / name)
    return artifact


def opened(open_app: OpenApp, folder: Path, tab: str, **environment: str) -> AppTest:
    page = performance_tab(open_app(folder, **environment), tab)
    assert not page.exception, page.exception
    return page


def words(page: AppTest) -> str:
    assert not page.exception, page.exception
    return unescape(text_of(page))


def losses(page: AppTest) -> list[float]:
    figures = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    found = next(one for one in figures if one["layout"]["yaxis"]["title"]["text"] == "Loss (cross-entropy)")
    (validation,) = [trace for trace in found["data"] if trace["name"] == "validation"]
    return list(validation["y"])


def test_every_run_can_be_chosen(open_app: OpenApp, whole: Path, tmp_path: Path) -> None:
    other = made_model(whole, tmp_path / "plain", lambda rows: rows)
    values = json.loads((other / "history.json").read_text())
    values["epochs"][0]["val_loss"] = 9.5
    (other / "history.json").write_text(json.dumps(values))
    page = opened(open_app, whole, "Training", CXR_COMPARE=str(other))
    box = page.selectbox(key="learning-run")
    assert box.value == f"Model in use: {read_manifest(whole).model_version}"
    assert losses(page)[0] != 9.5
    page = box.select(read_manifest(other).model_version).run()
    assert losses(page)[0] == 9.5
    folds = json.loads((PRETRAINED / "cross_validation.json").read_text())["folds"]
    page = page.selectbox(key="learning-run").select(f"Cross-validation, fold 2 of {len(folds)}").run()
    assert losses(page) == pytest.approx([epoch["val_loss"] for epoch in folds[1]["epochs"]])
    assert f"In epoch {folds[1]['chosen_epoch']}, which was kept" in words(page)


def test_trials_folds_and_labels_are_those_of_the_files(open_app: OpenApp, whole: Path) -> None:
    text = words(opened(open_app, whole, "Training"))
    for trial in json.loads((PRETRAINED / "ablation.json").read_text()):
        assert f'<th scope="row">{trial["name"]}</th>' in text
        assert f"{trial['views']['clean']['auroc']:.3f}" in text
    crossed = json.loads((PRETRAINED / "cross_validation.json").read_text())
    for spread in crossed["summary"].values():
        for name in ("mean", "sd", "lowest", "highest"):
            assert f"{spread[name]:.3f}" in text
    report = json.loads((PRETRAINED / "label_report.json").read_text())
    for split, found in report["suspected"].items():
        assert f"In {split}, {len(found)} labels look wrong" in text
        assert all(one["path"] in text for one in found)
    assert "judged by another model than the one in use" in text
    assert f"{len(report['near_duplicates'])} groups are nearly the same" in text


@pytest.mark.parametrize("name", STORED)
def test_a_broken_file_is_named_and_the_rest_is_shown(open_app: OpenApp, whole: Path, name: str) -> None:
    (whole / name).write_text("[1", encoding="utf-8")
    text = words(opened(open_app, whole, "Training"))
    assert f"{name} cannot be read" in text
    assert "How it learned" in text
    assert ("What was tried" in text) == (name != "ablation.json")


def test_without_them_there_are_the_curves_alone(
    open_app: OpenApp, sure_artifact: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.settings.PLAIN", tmp_path / "none")
    page = opened(open_app, sure_artifact, "Training")
    assert "What was tried" not in words(page)
    assert not page.selectbox


def history(losses: list[tuple[float, float]], chosen: int = 1) -> History:
    epochs = tuple(Epoch(i, loss, 0.9, val, 0.9) for i, (loss, val) in enumerate(losses, 1))
    return History(epochs, epochs[chosen - 1], "", "")


def test_overfitting_is_read_from_the_curves() -> None:
    found = history([(0.5, 0.5), (0.3, 0.40), (0.1, 0.46), (0.1, 0.48), (0.1, 0.5)], chosen=2)
    text = overfit_sentence(found)
    assert "the validation loss was 0.480 (0.080 above its lowest) and the training loss 0.100" in text
    assert "it overfits there" in text
    assert "got worse by 20\u00a0%" in text
    assert "The epochs after it were not kept." in text
    assert "were not kept" not in overfit_sentence(replace(found, chosen=found.epochs[4]))


def test_what_looks_like_it_and_is_not() -> None:
    assert "validation hardly got worse" in overfit_sentence(history([(0.5, 0.40), (0.2, 0.41), (0.1, 0.42)]))
    ahead = overfit_sentence(history([(0.9, 0.20), (0.8, 0.30), (0.7, 0.3)]))
    assert "training is not ahead of validation" in ahead
    assert "still getting better" in overfit_sentence(history([(0.9, 0.5), (0.8, 0.4), (0.7, 0.3)]))
    assert overfit_sentence(history([(0.9, 0.5)])) == ""


def test_the_first_thing_said_is_whether_it_saw_the_same_children(open_app: OpenApp, whole: Path) -> None:
    text = words(opened(open_app, whole, "How measured"))
    shared = json.loads((whole / "evaluation.json").read_text())["test"]["patient_numbers_in_training"]
    assert text.index("Was it tested on the same children it learned from?") < text.index("When should I not use it?")
    if shared["shared"]:
        assert f"{shared['shared']} of {shared['of']} patient numbers" in text
    else:
        assert "no patient number of the test images occurs in training or validation" in text
    assert "Validation and training share no patient number" in text
    assert "No picture of test is (nearly) the same as one of training" in text
    (_, alarms), (missed, _) = json.loads((whole / "evaluation.json").read_text())["test"]["confusion_matrix"]["counts"]
    assert f"it missed {missed}, and of" in text
    assert f"it called {alarms} Pneumonia" in text


def test_every_opening_of_test_is_listed(open_app: OpenApp, whole: Path) -> None:
    ledger = whole / "test_ledger.jsonl"
    line = json.loads(ledger.read_text().splitlines()[-1])
    lines = [
        line,
        line | {"by": "somebody <b>else</b>", "opened": "2026-01-02T03:04:05+00:00", "model_version": "old-1"},
    ]
    ledger.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    page = opened(open_app, whole, "How measured")
    text = words(page)
    assert "2026-01-02 03:04 UTC" in text
    assert "old-1" in text
    assert "<b>else</b>" not in text_of(page)
    assert "Every opening of the test split (2)" in {one.label for one in page.expander}


def test_the_shipped_background_is_read() -> None:
    manifest = read_manifest(PRETRAINED)
    trials, crossed, labels = (
        read_ablation(PRETRAINED),
        read_cross_validation(PRETRAINED, manifest),
        read_label_report(PRETRAINED, manifest),
    )
    assert trials is not None
    assert crossed is not None
    assert labels is not None
    assert len({one.name for one in trials}) == len(trials)
    assert all(fold.history is not None for fold in crossed.folds)
    assert sum(fold.validation_images for fold in crossed.folds) == crossed.images
    assert labels.of_this_model
    assert labels.two_splits == 0


def test_a_report_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ablation.json").write_text('{"table": 1}', encoding="utf-8")
    with pytest.raises(MeasuredError, match=r"ablation\.json cannot be read"):
        read_ablation(tmp_path)
