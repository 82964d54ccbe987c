from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main as use
from tests.made import made_radiograph
from training.__main__ import main
from training.samples import REFUSED, composites, make_samples


def test_composites_are_means_of_six_and_share_no_scan() -> None:
    scans = np.stack([np.full((40, 40), value, np.uint8) for value in range(0, 240, 5)])
    made = composites(scans, np.random.default_rng(0))
    assert len(made) == 4
    # neighbours of equal steps: the mean of six values 5 apart lies half-way between two of them
    assert all(int(m[0, 0]) % 5 in (2, 3) for m in made)


def test_samples_are_written_per_class_and_equal_no_training_image(made_data: Path, tmp_path: Path) -> None:
    paths = make_samples(made_data, tmp_path, seed=0)
    assert len(paths) == 9
    assert paths[-1] == tmp_path / REFUSED
    with Image.open(paths[0]) as first, Image.open(paths[-1]) as refused:
        assert (np.asarray(refused) == np.asarray(first)[::-1, ::-1]).all()
    originals = {np.asarray(Image.open(p).convert("L")).tobytes() for p in (made_data / "train").rglob("*.jpeg")}
    for path in paths:
        with Image.open(path) as sample:
            assert sample.size == (224, 224)
            assert np.asarray(sample).tobytes() not in originals


def test_check_names_what_is_wrong_and_fails(made_data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["check", "--data", str(made_data)]) == 0
    assert main(["check", "--data", str(tmp_path)]) == 1
    assert "No folder `train`" in caplog.text


def test_check_finds_train_in_test_whatever_the_folders_case(
    made_data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = Path(shutil.copytree(made_data, tmp_path / "data"))
    (root / "test").rename(root / "TEST")
    first = sorted((root / "train" / "NORMAL").iterdir())[0]
    shutil.copy(first, root / "TEST" / "NORMAL" / "IM-55555-0001.jpeg")
    assert main(["check", "--data", str(root)]) == 1
    assert "IM-55555-0001.jpeg" in caplog.text


def test_unknown_preset_is_refused(made_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["fit", "--data", str(made_data), "--preset", "vgg"]) == 1
    assert "expected one of ['plain', 'residual']" in caplog.text


def test_score_writes_one_row_a_file(trained_artifact: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for index in range(4):
        scan = made_radiograph(500 + index, pneumonia=bool(index % 2), size=(320, 300))
        Image.fromarray(scan).save(folder / f"{index}.png")
    (folder / "notes.jpg").write_text("not a picture")
    output = tmp_path / "out.csv"
    arguments = ["score", str(folder), "--output", str(output), "--heatmaps", str(tmp_path / "maps")]
    assert use([*arguments, "--model", str(trained_artifact)]) == 0
    with output.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 5
    scored = [row for row in rows if row["status"] == "ok"]
    assert len(scored) == 4
    for row in scored:
        called = "Pneumonia" if float(row["probability"]) >= float(row["threshold"]) else "Normal"
        assert row["decision"] == called
    assert [row["decision"] for row in rows if row["status"] != "ok"] == [""]
    with Image.open(next((tmp_path / "maps").rglob("0*.png"))) as overlay:
        assert overlay.size == (300, 320)
