"""The mean of networks is the mean of their weights, and says what it is the mean of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model import artifact as artifacts
from training.__main__ import main
from training.average import average, config_of, mean_network
from training.errors import ConfigError


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
