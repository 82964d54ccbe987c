"""Training: resumes where it was killed, refuses another run's folder, distils."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import keras
import numpy as np
import pytest

from model import artifact
from model.architecture import PRESETS as ARCHITECTURES
from model.architecture import build
from training import run_state
from training.config import PRESETS, TrainingConfig, override
from training.distil import DistillationLoss, beside_teachers, load_teachers
from training.errors import ConfigError
from training.export import export
from training.fit import Fitted, _score, compile_trainer, fit
from training.split_file import require_unseen
from training.views import VIEWS

pytestmark = pytest.mark.training
SHORT = ["epochs=1", "folds=4", "input.size=64", "batch_size=16", "warmup_epochs=0"]
Run = tuple[TrainingConfig, Fitted, Path]


@pytest.fixture(scope="module")
def run(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of three epochs, and its folder."""
    config, folder = override(PRESETS["plain"], [*SHORT, "epochs=3"]), tmp_path_factory.mktemp("run")
    return config, fit(config, made_data, run_folder=folder), folder


def test_history_counts_every_epoch_and_names_the_best(run: Run) -> None:
    _, fitted, _ = run
    assert [record["epoch"] for record in fitted.history] == [1, 2, 3]
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "val_auroc", "stressed_auroc"} <= set(fitted.history[0])
    assert fitted.chosen_epoch == int(np.argmin([record["monitor"] for record in fitted.history]))
    assert set(fitted.views) == set(VIEWS) - {"only_lungs", "lungs_blanked", "original"}
    assert fitted.views["clean"]["loss"] == pytest.approx(fitted.history[fitted.chosen_epoch]["val_loss"], abs=1e-4)


@pytest.mark.parametrize("killed_in", ["save_weights", "write_text"])
def test_a_killed_run_ends_like_an_unbroken_one(made_data: Path, tmp_path: Path, run: Run, killed_in: str) -> None:
    config, unbroken, _ = run
    owner = keras.Model if killed_in == "save_weights" else run_state
    write, calls = getattr(owner, killed_in), count(1)

    def killed(*arguments: Any, **options: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return write(*arguments, **options)

    with patch.object(owner, killed_in, killed), pytest.raises(KeyboardInterrupt):
        fit(config, made_data, run_folder=tmp_path)
    before = json.loads((tmp_path / "state.json").read_text())["history"]
    assert len(before) == 2
    resumed = fit(config, made_data, run_folder=tmp_path)
    assert resumed.split == unbroken.split
    assert resumed.history[:2] == before
    for key in ("loss", "accuracy", "val_loss", "stressed_loss"):
        assert [e[key] for e in resumed.history] == pytest.approx([e[key] for e in unbroken.history], rel=1e-3)


def test_another_runs_folder_is_refused(made_data: Path, masks: Path, trained_artifact: Path, run: Run) -> None:
    config, _, folder = run
    for settings, options, said in (
        (["learning_rate=0.5"], {}, "learning_rate 0.0005, now 0.5"),
        ([], {"masks": masks}, "outlines"),
        ([], {"teachers": [trained_artifact]}, ".*teachers"),
    ):
        with pytest.raises(ConfigError, match=rf"other settings \({said}"):
            fit(override(config, settings), made_data, run_folder=folder, **options)


def test_stops_early_when_validation_stops_improving(made_data: Path, tmp_path: Path) -> None:
    losses = [*np.repeat([0.9, 0.5, 0.6, 0.7, 0.1], 3), *[1.0] * 9]  # clean, stressed and restyled of each epoch
    scores = [{"loss": 1.0, "accuracy": 0.5, "auroc": 0.5, "balanced_loss": loss} for loss in losses]
    config = override(PRESETS["plain"], [*SHORT, "epochs=9", "patience=2"])
    with patch("training.fit._score", side_effect=scores):
        fitted = fit(config, made_data, run_folder=tmp_path / "run")
    assert [e["monitor"] for e in fitted.history] == pytest.approx([0.9, 0.5, 0.6, 0.7])
    assert fitted.chosen_epoch == 1


def test_losses_by_hand() -> None:
    network, wrong, right = Mock(), -np.log(0.2), -np.log(0.8)
    network.predict.return_value = np.repeat([[0.2, 0.8]], 4, axis=0)
    score = _score(network, np.zeros((4, 1)), np.array([0, 1, 1, 1]))
    assert score["loss"] == pytest.approx((wrong + 3 * right) / 4)
    assert score["balanced_loss"] == pytest.approx((wrong + right) / 2), "both classes weigh alike"
    loss = DistillationLoss(weight=0.25, label_smoothing=0.0)
    value = loss(np.array([[0.0, 1.0]], np.float32), np.array([[0.5, 0.5, 0.1, 0.9]], np.float32))
    # both cross-entropies with an even student are log 2
    assert float(value) == pytest.approx(np.log(2.0), rel=1e-5)


def test_learning_rate_rises_then_falls_to_zero() -> None:
    config = override(PRESETS["plain"], ["epochs=10", "warmup_epochs=2", "learning_rate=0.01"])
    trainer = compile_trainer(build(ARCHITECTURES["plain"], 32), config, steps=5)
    schedule = trainer.optimizer._learning_rate
    rates = [float(keras.ops.convert_to_numpy(schedule(step))) for step in (0, 5, 10, 30, 50)]
    assert rates[0] < rates[1] < rates[2] == pytest.approx(0.01, rel=1e-3)
    assert rates[2] > rates[3] > rates[4] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    "pair",
    [
        *("epochs", "surprise=1", "epochs=many", "augmentation.surprise=1", "input=3", "folds=1", "seed=-1"),
        *("learning_rate=nan", "learning_rate=-1", "weight_decay=inf", "label_smoothing=9", "patience=-5"),
        *("augmentation.flip=7", "augmentation.swap_background=0.95", "batch_size=3", "preset=vgg", "fold=8"),
    ],
)
def test_settings_keep_their_type_and_those_that_cannot_be_are_refused(pair: str) -> None:
    with pytest.raises(ConfigError):
        override(PRESETS["residual"], [pair])
    pairs = ["epochs=3", "augmentation.rotation=7.5", "input.window=clahe", "hold_out=IM"]
    found = override(PRESETS["residual"], pairs)
    assert (found.epochs, found.augmentation.rotation, found.input.window, found.hold_out) == (3, 7.5, "clahe", "IM")


def test_begins_with_another_artifacts_weights_and_learns_beside_frozen_teachers(
    made_data: Path, masks: Path, trained_artifact: Path, tmp_path: Path
) -> None:
    config = override(PRESETS["residual"], [*SHORT, "learning_rate=1e-9"])
    loaded = artifact.load(trained_artifact)
    version = loaded.manifest.model_version
    options = {"run_folder": tmp_path / "run", "masks": masks, "teachers": [trained_artifact]}
    fitted = fit(config, made_data, start=trained_artifact, **options)
    assert (fitted.started_from, fitted.teachers) == (version, (version,))
    assert set(fitted.views) == set(VIEWS) - {"original"}
    kernels, same = (
        [np.asarray(layer.kernel) for layer in network.layers if hasattr(layer, "kernel")]
        for network in (fitted.network, loaded.network)
    )
    assert all(np.allclose(kernel, other, atol=1e-5) for kernel, other in zip(kernels, same, strict=True))
    teacher = load_teachers([trained_artifact], config.input)[0]
    inputs = np.random.default_rng(0).random((2, 64, 64, 1), dtype=np.float32)
    outputs = beside_teachers(fitted.network, [teacher]).predict_on_batch(inputs)
    for found, network in ((outputs[:, :2], fitted.network), (outputs[:, 2:], teacher)):
        assert np.allclose(found, network.predict_on_batch(inputs)["probabilities"], atol=1e-5)
    manifest = export(fitted, config, tmp_path / "artifact", intended_use=None)
    assert (manifest.training["started_from"], manifest.gate_sha256) == (version, None)
    with pytest.raises(ConfigError, match=r"other settings \(.*start"):
        fit(config, made_data, **options)
    with pytest.raises(ConfigError, match="reads"):
        load_teachers([trained_artifact], override(config, ["input.size=96"]).input)


@pytest.mark.parametrize("role", ["teacher", "start"])
def test_a_network_of_another_shape_or_that_has_seen_the_validation_patients_is_refused(
    made_data: Path, artifact_copy: Path, tmp_path: Path, role: str
) -> None:
    config = override(PRESETS["residual"], [*SHORT, "fold=1"])
    given = {"teachers": [artifact_copy]} if role == "teacher" else {"start": artifact_copy}
    with pytest.raises(ConfigError, match=rf"The {role} .* patients of \d+ of \d+ validation images"):
        fit(config, made_data, run_folder=tmp_path, **given)
    with pytest.raises(ConfigError, match="this run is plain"):
        fit(override(PRESETS["plain"], SHORT), made_data, run_folder=tmp_path, start=artifact_copy)
    (artifact_copy / "split.json").unlink()
    with pytest.raises(ConfigError, match="which patients"):
        require_unseen(artifact_copy, (), role)


def test_a_new_network_keeps_the_gate_of_its_folder_and_no_figure_of_the_old_one(artifact_copy: Path, run: Run) -> None:
    (artifact_copy / "gate").mkdir()
    for name in ("gate/gate.json", "explanations.json"):
        (artifact_copy / name).write_text("{}")
    config, fitted, _ = run
    manifest = export(fitted, config, artifact_copy, intended_use=None)
    assert manifest.gate_sha256 == artifact.file_sha256(artifact_copy / "gate" / "gate.json")
    assert manifest.operating_points == ()
    figures = {"evaluation.json", "predictions.csv", "robustness.json", "explanations.json"}
    assert not figures & {path.name for path in artifact_copy.iterdir()}
    assert json.loads((artifact_copy / "history.json").read_text())["weights_sha256"] == manifest.weights_sha256
