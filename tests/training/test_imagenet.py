"""The ImageNet weights, read without PyTorch, still know what ImageNet taught."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
import skimage.data

from model.architecture import PRESETS, build
from training.config import PRESETS as CONFIGS
from training.errors import ConfigError
from training.fit import fit
from training.imagenet import load_imagenet, read_tensors, weights_file

EGYPTIAN_CAT, ESPRESSO = 285, 967


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """With ImageNet's weights and its last down-sampling, which the heatmap's network leaves out."""
    strided = build(replace(PRESETS["efficientnet_lite0"], strides=(1, 2, 2, 2, 1, 2, 1)), 224)
    load_imagenet(strided)
    return strided


@pytest.mark.parametrize(("picture", "expected"), [("chelsea", EGYPTIAN_CAT), ("coffee", ESPRESSO)])
def test_grey_pictures_are_still_recognised(network: keras.Model, picture: str, expected: int) -> None:
    grey = cv2.cvtColor(getattr(skimage.data, picture)(), cv2.COLOR_RGB2GRAY)
    side, left = min(grey.shape), (grey.shape[1] - min(grey.shape)) // 2
    small = cv2.resize(grey[:side, left : left + side], (224, 224), interpolation=cv2.INTER_AREA)
    embedding = network.predict_on_batch(small[np.newaxis, ..., np.newaxis].astype(np.float32) / 255)["embedding"]
    head = read_tensors(weights_file())
    scores = embedding @ head["_fc.weight"].T + head["_fc.bias"]
    assert int(scores[0].argmax()) == expected
    assert np.exp(scores[0, expected]) / np.exp(scores[0]).sum() > 0.5


def test_another_network_another_file_and_another_start_are_refused(
    made_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="take efficientnet_lite0"):
        load_imagenet(build(PRESETS["plain"], 64))
    with pytest.raises(ConfigError, match="--start-from"):
        fit(CONFIGS["efficientnet_lite0"], made_data, run_folder=tmp_path, weights="imagenet", start=tmp_path)
    monkeypatch.setattr("training.imagenet.SHA256", "0" * 64)
    with pytest.raises(ConfigError, match="not the file"):
        weights_file()
    monkeypatch.setattr("training.imagenet.PACKAGE", "no_such_package")
    with pytest.raises(ConfigError, match=r"requirements-train\.txt"):
        weights_file()


def test_a_file_that_names_anything_but_tensors_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    for part in (1, 1001, {}, Path("x")):
        pickle.dump(part, stream)
    (tmp_path / "weights.pth").write_bytes(stream.getvalue())
    with pytest.raises(pickle.UnpicklingError, match="no tensor"):
        read_tensors(tmp_path / "weights.pth")
