"""What an artifact says of its training, and the mean of networks, which is the mean of their weights."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model import artifact as artifacts
from model.records.history import History
from model.records.manifest import Manifest
from training.__main__ import main
from training.average import average, config_of, mean_network
from training.config import PRESETS
from training.errors import ConfigError
from training.export import INTENDED_USE, accuracy_note, read_intended_use


@pytest.fixture(scope="module")
def other(trained_artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network with other weights."""
    folder = Path(shutil.copytree(trained_artifact, tmp_path_factory.mktemp("other") / "artifact"))
    loaded = artifacts.load(folder)
    loaded.network.set_weights([weights + 0.02 for weights in loaded.network.get_weights()])
    sha256, _ = artifacts.save_weights_file(loaded.network, folder)
    loaded.manifest.replace(weights_sha256=sha256, model_version="other").write(folder)
    return folder


def test_every_weight_is_the_mean(trained_artifact: Path, other: Path) -> None:
    parts = [artifacts.load(folder) for folder in (trained_artifact, other)]
    mean = mean_network(parts).get_weights()
    for found, first in zip(mean, parts[0].network.get_weights(), strict=True):
        assert found.dtype == first.dtype
        assert np.allclose(found, first + 0.01, atol=1e-6)


@pytest.mark.training
def test_command_writes_an_artifact_that_names_its_parts(
    made_data: Path, masks: Path, trained_artifact: Path, other: Path, tmp_path: Path
) -> None:
    command = ["average", "--data", str(made_data), "--artifacts", str(trained_artifact), str(other)]
    assert main([*command, "--masks", str(masks), "--output", str(tmp_path / "mean")]) == 0
    manifest = artifacts.load(tmp_path / "mean").manifest
    first = artifacts.read_manifest(trained_artifact)
    assert manifest.training["averaged"] == [first.model_version, "other"]
    assert (manifest.split, manifest.operating_points) == (first.split, ())
    assert config_of(manifest.training) == config_of(first.training)
    history = json.loads((tmp_path / "mean" / "history.json").read_text())
    assert "first of 2 networks" in history["chosen_by"]
    assert "restyled" in history["views"]


def test_one_network_or_networks_of_two_splits_are_refused(
    made_data: Path, trained_artifact: Path, artifact_copy: Path
) -> None:
    with pytest.raises(ConfigError, match="got 1"):
        average([trained_artifact], made_data)
    manifest = artifacts.read_manifest(artifact_copy)
    manifest.replace(split=manifest.split | {"sha256": "0" * 64}).write(artifact_copy)
    with pytest.raises(ConfigError, match="preset, input and split"):
        average([trained_artifact, artifact_copy], made_data)


@pytest.mark.parametrize(
    ("blank", "smoothing", "distilled"), [(0.15, 0.0, False), (0.0, 0.05, False), (0.0, 0.0, True)]
)
def test_the_note_names_covers_and_softened_labels_where_there_were_some(
    blank: float, smoothing: float, distilled: bool
) -> None:
    plain = PRESETS["plain"]
    config = replace(plain, label_smoothing=smoothing, augmentation=replace(plain.augmentation, blank_lungs=blank))
    note = accuracy_note(config, distilled=distilled)
    said = [words in note for words in ("lungs covered", "softened labels", "augmented images")]
    assert said == [blank > 0, smoothing > 0 or distilled, True]


def test_an_artifact_says_for_whom_it_is_meant_and_how_it_learned(trained_artifact: Path) -> None:
    manifest = artifacts.read_manifest(trained_artifact)
    assert manifest.intended_use == read_intended_use(INTENDED_USE)
    history = History.read(trained_artifact)
    history.require_model(manifest)
    assert history.chosen.monitor == min(epoch.monitor for epoch in history.epochs if epoch.monitor is not None)
    assert {"clean", "stressed", "restyled"} <= set(history.views)
    values = json.loads((trained_artifact / Manifest.FILE).read_text(encoding="utf-8"))
    assert set(values) == set(Manifest.model_fields), "every key is written"


def test_a_network_may_be_meant_for_others_and_a_file_that_does_not_say_so_is_refused(tmp_path: Path) -> None:
    shipped = read_intended_use(INTENDED_USE)
    adults = shipped.replace(population="adults", youngest_years=18, oldest_years=99)
    assert read_intended_use(adults.write(tmp_path)) == adults
    with pytest.raises(ConfigError, match="nowhere"):
        read_intended_use(tmp_path / "nowhere.json")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    assert main(["fit", "--data", str(tmp_path), "--intended-use", str(tmp_path / "other.json")]) == 1
