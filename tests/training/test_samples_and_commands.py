from __future__ import annotations

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

from training import __main__ as commands
from training.__main__ import main
from training.config import PRESETS, TrainingConfig, override, settings
from training.samples import REFUSED, composites, make_samples


def test_composites_are_means_of_six_and_share_no_scan() -> None:
    scans = np.stack([np.full((40, 40), value, np.uint8) for value in range(0, 240, 5)])
    made = composites(scans, np.random.default_rng(0))
    # neighbours of equal steps: the mean of six values 5 apart lies half-way between two of them
    assert [int(m[0, 0]) % 5 in (2, 3) for m in made] == [True] * 4


def test_samples_are_written_per_class_and_equal_no_training_image(made_data: Path, tmp_path: Path) -> None:
    paths = make_samples(made_data, tmp_path, seed=0)
    assert (len(paths), paths[-1]) == (9, tmp_path / REFUSED)
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
    root = Path(shutil.copytree(made_data, tmp_path / "data"))
    (root / "test").rename(root / "TEST")
    first = sorted((root / "train" / "NORMAL").iterdir())[0]
    shutil.copy(first, root / "TEST" / "NORMAL" / "IM-55555-0001.jpeg")
    assert main(["check", "--data", str(root)]) == 1
    assert "IM-55555-0001.jpeg" in caplog.text, "train in test, whatever the folder's case"


def test_unknown_preset_is_refused(made_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["fit", "--data", str(made_data), "--preset", "vgg"]) == 1
    assert "['plain', 'residual'" in caplog.text


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
