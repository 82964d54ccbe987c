from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.made import write_dataset
from training.__main__ import main


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A labelled folder of another site: other names, another size, one file that is no picture."""
    folder = write_dataset(tmp_path, per_class={"all": 12}, names=("normal", "opacity")) / "all"
    (folder / "normal" / "broken.jpeg").write_bytes(b"no picture")
    return folder


def test_report_of_another_site(elsewhere: Path, trained_artifact: Path, tmp_path: Path) -> None:
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
