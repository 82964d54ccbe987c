"""Every training image is judged once, by a network that did not see its patient; suspects are found where they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.artifact import read_manifest
from model.records.history import ViewScores
from tests.made import made_radiograph
from training.__main__ import main
from training.config import PRESETS
from training.cross_validation import cross_validate, read_out_of_fold, summary
from training.data import LabelledImage, list_training_images
from training.errors import ConfigError
from training.label_report import near_duplicates, perceptual_hashes, suspects


def cross(data: Path, folder: Path) -> Path:
    """Cross-validate by the command, with as little training as there can be."""
    command = ["cross-validate", "--data", str(data), "--preset", "plain", "--folds", "2", "--run", str(folder)]
    assert main([*command, "--set", "epochs=1", "input.size=32", "batch_size=16", "warmup_epochs=0"]) == 0
    return folder


@pytest.fixture(scope="module")
def crossed(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cross(made_data, tmp_path_factory.mktemp("crossed"))


@pytest.mark.training
def test_every_training_image_is_judged_once_by_another_fold(made_data: Path, crossed: Path) -> None:
    rows = read_out_of_fold(crossed / "out_of_fold.csv")
    listed = {image.path: image for image in list_training_images(made_data)["train"]}
    given = sorted((path, image.label) for path, image in listed.items())
    assert sorted((path, label) for path, label, *_ in rows) == given
    places = {(label, listed[path].patient_id, fold) for path, label, _, fold in rows}
    assert len(places) == len({place[:2] for place in places}), "a patient is in one fold"
    result = json.loads((crossed / "cross_validation.json").read_text())
    assert [fold["fold"] for fold in result["folds"]] == [0, 1]
    assert sum(fold["validation_images"] for fold in result["folds"]) == result["images"] == len(listed)
    assert all([one["epoch"] for one in fold["epochs"]] == [1] for fold in result["folds"]), "the curves are kept"


def test_spread_is_the_sample_standard_deviation() -> None:
    folds = [{"clean": ViewScores(auroc=value)} for value in (0.9, 0.94, 0.98)]
    folds[0]["only_lungs"] = ViewScores(auroc=0.5)
    found = summary(folds)
    assert set(found) == {"clean"}, "a view that one fold lacks has no spread"
    assert found["clean"].to_dict() == pytest.approx({"mean": 0.94, "sd": 0.04, "lowest": 0.9, "highest": 0.98})
    with pytest.raises(ConfigError, match="two folds"):
        summary(folds[:1])


def test_flipped_labels_are_suspected_first() -> None:
    labels = np.repeat([0, 1], 100)
    probabilities = np.clip(np.random.default_rng(0).normal(0.1 + 0.8 * labels, 0.08), 0.001, 0.999)
    probabilities[[3, 150]] = 0.02, 0.98  # sure of both
    given = labels.copy()
    given[[3, 150]] = 1 - given[[3, 150]]
    found = suspects([f"{i}.png" for i in range(200)], given.tolist(), probabilities.tolist())
    assert {suspect.path: suspect.given for suspect in found} == {"3.png": "Pneumonia", "150.png": "Normal"}


def test_a_stored_again_scan_is_near_and_others_are_not(tmp_path: Path) -> None:
    scans = [Image.fromarray(made_radiograph(i, pneumonia=bool(i % 2))) for i in range(12)]
    for number, scan in enumerate(scans):
        scan.save(tmp_path / f"{number}.png")
    scans[4].resize((180, 180)).save(tmp_path / "again.jpeg", quality=60)
    images = [LabelledImage(f"{number}.png", number % 2, str(number)) for number in range(12)]
    images.append(LabelledImage("again.jpeg", 1, "someone"))
    (group,) = near_duplicates(images, perceptual_hashes(tmp_path, images))
    assert (group.paths, group.two_labels, group.two_patients) == (("4.png", "again.jpeg"), True, True)


def test_groups_hang_together_by_their_nearest_and_the_most_worrying_come_first() -> None:
    hashes = np.zeros((5, 256), dtype=bool)
    hashes[1, :20] = hashes[2, :40] = True  # 0-1 and 1-2 are near, 0-2 is not
    hashes[3:, 100:] = True
    names = ["train/NORMAL/a", "train/NORMAL/b", "train/NORMAL/c", "test/NORMAL/d", "train/NORMAL/e"]
    images = [LabelledImage(name, 0, name[-1]) for name in names]
    groups = near_duplicates(images, hashes)
    assert [(len(group.paths), group.two_splits) for group in groups] == [(2, True), (3, False)]
    assert groups[1].bits == 20


@pytest.mark.training
def test_labels_command_reports_train_and_test(
    made_data: Path, crossed: Path, trained_artifact: Path, tmp_path: Path
) -> None:
    before = (trained_artifact / "test_ledger.jsonl").read_text()
    command = ["labels", "--data", str(made_data), "--out-of-fold", str(crossed / "out_of_fold.csv")]
    assert main([*command, "--artifact", str(trained_artifact), "--output", str(tmp_path / "out")]) == 0
    result = json.loads((tmp_path / "out" / "label_report.json").read_text())
    assert (set(result["suspected"]), result["images"]) == ({"train", "test"}, 160)
    assert result["weights_sha256"] == read_manifest(trained_artifact).weights_sha256
    assert (trained_artifact / "test_ledger.jsonl").read_text() == before, "stored predictions judge the labels of test"


@pytest.mark.parametrize("text", [None, "path,label\n"])
def test_a_missing_or_other_file_of_folds_is_refused(made_data: Path, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "out_of_fold.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match="missing" if text is None else "true, probability, fold"):
        read_out_of_fold(path)
    assert main(["labels", "--data", str(made_data), "--out-of-fold", str(path), "--output", str(tmp_path)]) == 1


@pytest.mark.training
def test_finished_folds_are_not_trained_again(made_data: Path, crossed: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(crossed, tmp_path / "again"))
    states = {path: path.stat().st_mtime_ns for path in again.glob("fold-*/state.json")}
    cross(made_data, again)
    assert len(states) == 2
    assert states == {path: path.stat().st_mtime_ns for path in again.glob("fold-*/state.json")}


def test_a_validation_part_of_its_own_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    for folder, number in (("train/NORMAL", 6), ("train/PNEUMONIA", 6), ("val/NORMAL", 50), ("val/PNEUMONIA", 50)):
        (tmp_path / folder).mkdir(parents=True)
        for index in range(number):
            (tmp_path / folder / f"{index}.png").write_bytes(b"not looked into")
    with pytest.raises(ConfigError, match="`val` of 100 images"):
        cross_validate(PRESETS["plain"], tmp_path, output=tmp_path / "out", run_folder=tmp_path / "run")
