from __future__ import annotations

import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from model.predictor import Predictor
from tests.made import made_radiograph
from training import __main__ as commands
from training.__main__ import main
from training.config import PRESETS, TrainingConfig, override, settings
from training.samples import REFUSED, average, make_samples


def test_an_average_aligns_its_scans_and_drops_what_only_one_shows() -> None:
    scans = np.stack([made_radiograph(3, pneumonia=False, size=(160, 160))] * 4)
    for scan, rows in zip(scans[1:], (2, 4, 6), strict=True):
        scan[:] = np.roll(scan, rows, axis=0)
    aligned, plain = average(scans)[20:-20, 20:-20].astype(float), scans.mean(axis=0)[20:-20, 20:-20]
    wanted = np.roll(scans[0], 3, axis=0)[20:-20, 20:-20]  # the mean of the four places
    assert np.abs(aligned - wanted).mean() < 0.6 * np.abs(plain - wanted).mean()
    same = np.full((4, 64, 64), 90, np.uint8)
    same[1, 10:20, 10:20], same[2, 40:50, 10:20] = 255, 0
    assert (average(same) == 90).all()


def test_samples_are_written_per_class_and_equal_no_training_image(
    made_data: Path, trained_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.samples.SIZE", 96)
    paths = make_samples(made_data, tmp_path, Predictor.load(trained_artifact), seed=0)
    assert [path.stem.rpartition("_")[0] for path in paths] == [
        *["composite_normal"] * 4, *["composite_pneumonia"] * 3, "composite_unclear", "upside",
    ]  # fmt: skip
    assert paths[-1] == tmp_path / REFUSED
    with Image.open(paths[0]) as first, Image.open(paths[-1]) as refused:
        assert first.height == 96
        assert (np.asarray(refused) == np.asarray(first)[::-1, ::-1]).all()
    told = (tmp_path / "README.md").read_text(encoding="utf-8")
    distances = [float(found) for found in re.findall(r"^\| composite_\w+\.png \| ([\d.]+) \|$", told, re.MULTILINE)]
    assert len(distances) == 8
    assert min(distances) > 0


def test_check_names_what_is_wrong_and_fails(made_data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["check", "--data", str(made_data)]) == 0
    assert main(["check", "--data", str(tmp_path)]) == 1
    assert "No folder `train`" in caplog.text
    root = Path(shutil.copytree(made_data, tmp_path / "data"))
    (root / "test").rename(root / "TEST")
    first = sorted((root / "train" / "NORMAL").iterdir())[0]
    shutil.copy(first, root / "TEST" / "NORMAL" / "IM-55555-0001.jpeg")
    assert main(["check", "--data", str(root)]) == 1
    assert "IM-55555-0001.jpeg" in caplog.text, "train in test, whatever the folder's case"


def test_unknown_preset_is_refused(made_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["fit", "--data", str(made_data), "--preset", "vgg"]) == 1
    assert "'plain', 'residual']" in caplog.text


@pytest.mark.parametrize(
    "typed",
    [
        *("", "paint", "fit", "fit --data", "gate --data x", "check --data x surplus", "evaluate --data x --fast"),
        "explain --data x --masks y --only colours",
    ],
)
def test_wrong_arguments_end_with_status_2(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed.split()) == 2
    assert "Error" in capsys.readouterr().err


def test_help_lists_the_commands_and_every_setting_and_does_not_wait_for_keras(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("fit", "average", "cross-validate", "evaluate", "explain", "gate", "labels", "check", "report"):
        assert f"\n  {command} " in shown
    assert main(["fit", "--help"]) == 0
    shown = capsys.readouterr().out
    for row in settings(PRESETS["residual"]):
        assert f"{row.key}={row.default} " in shown
        assert row.allowed in shown
    code = (
        "import sys; from training.__main__ import main; assert main(['fit', '--help']) == 0; "
        "sys.exit(bool({'keras', 'tensorflow', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=commands.ROOT)


def test_every_setting_is_one_that_can_be_set_within_its_range() -> None:
    config = PRESETS["residual"]
    found = {row.key: row for row in settings(config)}
    assert {"epochs", "input.size", "input.window", "augmentation.flip", "seed"} <= set(found)
    assert (found["epochs"].kind, found["epochs"].allowed, found["epochs"].default) == ("int", "1 to 10000", "56")
    for row in found.values():
        assert override(config, [f"{row.key}={row.default}"]) == config


def fit_called_with(*arguments: str) -> tuple[TrainingConfig, dict[str, Any]]:
    with patch("training.fit.fit", side_effect=InterruptedError) as fit, pytest.raises(InterruptedError):
        main(["fit", "--data", "chest_xray", *arguments])
    return fit.call_args.args[0], fit.call_args.kwargs


@pytest.mark.parametrize(
    "typed", ["--teachers one two", "--teachers one --teachers two", "--teachers=one --teachers=two"]
)
def test_an_option_takes_several_values_behind_it_or_is_repeated(typed: str) -> None:
    config, given = fit_called_with(*typed.split(), "--set", "epochs=3", "--set", "augmentation.flip=0")
    assert given["teachers"] == [Path("one"), Path("two")]
    assert (config.epochs, config.augmentation.flip) == (3, 0)
    assert given["run_folder"] == commands.RUNS / "residual-0"
    config, given = fit_called_with("--set", "epochs=4", "seed=7", "--preset", "plain")
    assert (config.epochs, config.preset, given["run_folder"]) == (4, "plain", commands.RUNS / "plain-7")


def test_training_ends_with_the_commands_that_come_next(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    manifest = types.SimpleNamespace(model_version="residual-1")
    with patch("training.fit.fit"), patch("training.export.export", return_value=manifest), caplog.at_level("INFO"):
        assert main(["fit", "--data", "my scans", "--masks", "masks", "--output", "new"]) == 0
    lines = [line.strip() for line in caplog.text.splitlines()]
    for command in ("gate", "evaluate", "explain"):
        (line,) = [line for line in lines if line.startswith(f"python -m training {command} ")]
        assert "--data 'my scans' --masks masks --artifact new" in line
        parsed = line.replace("'my scans'", str(tmp_path)).split()[3:]
        with patch.object(commands, "_start_keras", side_effect=SystemExit(0)):
            assert main(parsed) == 0, "the command that is printed is not one"
    assert "CXR_MODEL_DIR=new make run" in lines
