"""From training to evaluation: figures equal scikit-learn's, test is opened once, and the ledger says so."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from model import artifact
from model.records.evaluation import Evaluation, SharedNumbers
from model.records.scores import PREDICTIONS, Scores
from tests.made import write_dataset
from tests.narrow import SMALL, train
from training.__main__ import main
from training.data import class_and_patient
from training.errors import DatasetError
from training.evaluate import choose_operating_points, in_training, verify
from training.ledger import ledgers_of
from training.operating_points import ValidationViews
from training.pool import Pool
from training.split_file import stored_split


@pytest.fixture(scope="module")
def result(trained_artifact: Path) -> Evaluation:
    return Evaluation.read(trained_artifact)


@pytest.mark.parametrize("name", ["test", "validation"])
def test_the_stored_figures_are_scikit_learns(trained_artifact: Path, result: Evaluation, name: str) -> None:
    result.require_model(artifact.read_manifest(trained_artifact))
    scores, split = Scores.read_all(trained_artifact / PREDICTIONS)[name], getattr(result, name)
    labels, probabilities = scores.labels, scores.probabilities
    for point in split.points.values():
        called = probabilities >= point.threshold
        assert point.counts.rows == tuple(map(tuple, metrics.confusion_matrix(labels, called).tolist()))
        assert point.metrics["sensitivity"].value == pytest.approx(metrics.recall_score(labels, called))
    assert split.counts == split.points["balanced"].counts
    for metric, of in (("auroc", metrics.roc_auc_score), ("average_precision", metrics.average_precision_score)):
        assert split.metrics[metric].value == pytest.approx(of(labels, probabilities))
    assert (split.roc.false_positive_rate[-1], split.roc.true_positive_rate[-1]) == (1, 1)
    assert {metric.interval for metric in split.metrics.values()} == result.interval_methods.keys()
    assert split.patients == len({class_and_patient(path) for path in scores.paths})


def test_ledger_counts_each_opening_and_patient_numbers_shared_with_training_are_counted(
    trained_artifact: Path, result: Evaluation
) -> None:
    (line,) = [json.loads(line) for line in (trained_artifact / "test_ledger.jsonl").read_text().splitlines()]
    assert (line["weights_sha256"], line["files_sha256"]) == (result.weights_sha256, result.test.files_sha256)
    assert line["confusion_matrix"] == [list(row) for row in result.test.counts.rows]
    assert result.test.shared == SharedNumbers(shared=0, of=40, images=0)
    train = json.loads((trained_artifact / "split.json").read_text())["train"][0]
    found = in_training(trained_artifact, [train.replace("train/", "test/")])
    assert found == SharedNumbers(shared=1, of=1, images=1)


def test_verify_accepts_the_stored_results_and_refuses_others(
    made_data: Path, trained_artifact: Path, artifact_copy: Path
) -> None:
    assert verify(made_data, trained_artifact) < 1e-3
    path = artifact_copy / "predictions.csv"
    rows = path.read_text().splitlines()
    head, _, _ = rows[-1].rpartition(",")
    path.write_text("\n".join([*rows[:-1], f"{head},0.123456"]) + "\n")
    with pytest.raises(DatasetError, match="stored results"):
        verify(made_data, artifact_copy)


def test_another_data_folder_or_split_file_is_refused(made_data: Path, artifact_copy: Path, tmp_path: Path) -> None:
    manifest = artifact.read_manifest(artifact_copy)
    with pytest.raises(DatasetError, match="not in"):
        stored_split(manifest, artifact_copy, write_dataset(tmp_path, per_class={"train": 2, "test": 1}))
    split = json.loads((artifact_copy / "split.json").read_text())
    (artifact_copy / "split.json").write_text(json.dumps(split | {"validation": split["train"]}))
    with pytest.raises(DatasetError, match="not the split"):
        stored_split(manifest, artifact_copy, made_data)


def test_an_opening_is_recorded_though_it_fails(made_data: Path, artifact_copy: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(made_data, tmp_path / "data"))
    (data / "test" / "NORMAL" / "junk.jpeg").write_bytes(b"junk")
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text('{"note": "earlier"}\n')
    assert main(["evaluate", "--data", str(data), "--artifact", str(artifact_copy), "--ledger", str(ledger)]) == 1
    earlier, opening = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert (earlier, opening["images"], "auroc" in opening) == ({"note": "earlier"}, 41, False)


def test_operating_points_say_where_they_come_from(trained_artifact: Path) -> None:
    manifest = artifact.read_manifest(trained_artifact)
    logits = np.array([[1.0, -1.0], [0.5, 0.0], [0.0, 0.5], [-1.0, 1.0]])
    views = ValidationViews({"clean": logits, "stressed": logits}, np.array([0, 0, 1, 1]), list("abcd"))
    nothing = np.zeros((4, 8, 8), np.uint8)
    pool = Pool(nothing, nothing, np.arange(4) < 3, views.labels)
    chosen = choose_operating_points(manifest, views, pool)
    assert [point.name for point in chosen.operating_points] == ["rule_out", "balanced", "rule_in"]
    for point in chosen.operating_points:
        assert re.search("4 validation images.*3 of them", point.chosen_on)
    assert chosen.calibration.probabilities(np.array([[0.0, 0.0]])) == pytest.approx(0.5, abs=1e-3)


def test_an_evaluation_is_recorded_beside_its_artifact_and_with_the_shipped_one(
    made_data: Path, trained_artifact: Path, tmp_path: Path
) -> None:
    own, ledger = tmp_path / "own", "test_ledger.jsonl"
    assert ledgers_of(own, trained_artifact, made_data) == [own / ledger, trained_artifact / ledger]
    assert ledgers_of(trained_artifact, trained_artifact, made_data) == [trained_artifact / ledger]
    other = write_dataset(tmp_path / "other", per_class={"train": 2, "test": 1})
    assert ledgers_of(own, trained_artifact, other) == [own / ledger]


def test_report_of_another_site(trained_artifact: Path, tmp_path: Path) -> None:
    """A labelled folder with other names, another size, and one file that is no picture."""
    elsewhere = write_dataset(tmp_path, per_class={"all": 12}, names=("normal", "opacity")) / "all"
    (elsewhere / "normal" / "broken.jpeg").write_bytes(b"no picture")
    before = {path.name: path.read_bytes() for path in trained_artifact.iterdir() if path.is_file()}
    output = tmp_path / "report"
    arguments = ["--data", str(elsewhere), "--artifact", str(trained_artifact), "--output", str(output)]
    assert main(["external", *arguments]) == 0
    report = json.loads((output / "external.json").read_text())
    assert report["external"]["images"] == 24
    assert report["external"]["metrics"]["auroc"]["value"] > 0.8
    assert ["broken.jpeg" in said for said in report["unreadable"]] == [True]
    assert len((output / "external_predictions.csv").read_text().splitlines()) == 25
    assert before == {path.name: path.read_bytes() for path in trained_artifact.iterdir() if path.is_file()}


def test_the_test_split_and_a_folder_of_one_class_are_refused(
    made_data: Path, trained_artifact: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "normal").mkdir()
    for folder, said in ((made_data / "test", "images of the test split"), (tmp_path, "no image of class NORMAL")):
        arguments = ["--data", str(folder), "--artifact", str(trained_artifact), "--output", str(tmp_path)]
        assert main(["external", *arguments]) == 1
        assert said in caplog.text


@pytest.fixture(scope="module")
def learned(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(made_data, tmp_path_factory.mktemp("learned"), "epochs=10")


def auroc(folder: Path) -> float:
    return float(json.loads((folder / "evaluation.json").read_text())["test"]["metrics"]["auroc"]["value"])


@pytest.mark.training
def test_it_learns_made_opacities_and_writes_what_the_stored_artifact_holds(learned: Path) -> None:
    """If not, `python -m tests.narrow` makes the stored one again."""
    assert auroc(learned) > 0.85
    assert sorted(path.name for path in learned.iterdir()) == sorted(path.name for path in SMALL.iterdir())
    for path in learned.glob("*.json"):
        assert json.loads(path.read_text()).keys() == json.loads((SMALL / path.name).read_text()).keys(), path.name
    assert artifact.read_manifest(learned).split == artifact.read_manifest(SMALL).split


@pytest.mark.training
def test_threshold_does_not_depend_on_test(made_data: Path, masks: Path, learned: Path, tmp_path: Path) -> None:
    """With every test image of the other class, thresholds and calibration stay what they were."""
    data, folder = tmp_path / "data", Path(shutil.copytree(learned, tmp_path / "artifact"))
    shutil.copytree(made_data, data)
    (data / "test" / "NORMAL").rename(data / "test" / "x")
    (data / "test" / "PNEUMONIA").rename(data / "test" / "NORMAL")
    (data / "test" / "x").rename(data / "test" / "PNEUMONIA")
    ledger = tmp_path / "ledger.jsonl"
    arguments = ["--data", str(data), "--masks", str(masks), "--artifact", str(folder)]
    assert main(["evaluate", *arguments, "--ledger", str(ledger)]) == 0
    chosen = [(m.operating_points, m.band, m.calibration) for m in map(artifact.read_manifest, (learned, folder))]
    assert chosen[0] == chosen[1]
    assert auroc(folder) < 0.5
    assert len(ledger.read_text().splitlines()) == 1
