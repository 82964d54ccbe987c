"""One child, two films: twins in the batches, the loss on their answers, and originals beside copies."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.preprocessing import InputSpec
from tests.made import made_radiograph
from training.augment import AUGMENTATIONS, augment
from training.config import PRESETS, TrainingConfig, override
from training.errors import ConfigError
from training.feed import BalancedFeed
from training.fit import fit
from training.pool import Pool, load_pool
from training.twins import Disagreement
from training.views import available, original, shown

NONE = AUGMENTATIONS["none"]


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Eight scans, the first four with an original of one grey level more."""
    labels = np.arange(8) % 2
    pixels = np.stack([made_radiograph(i, pneumonia=bool(sick)) for i, sick in enumerate(labels)]) // 2
    nothing = np.zeros_like(pixels)
    return Pool(pixels, nothing, np.zeros(8, dtype=np.bool_), labels, {row: pixels[row] + 1 for row in range(4)})


def test_disagreement_by_hand() -> None:
    log_odds = np.array([[1.0], [1.5], [-2.0], [1.0]], dtype=np.float32)
    # Half of .5 squared; and 3 less one half, since beyond 1 the loss grows linearly.
    assert float(Disagreement()(np.zeros_like(log_odds), log_odds)) == pytest.approx((0.125 + 2.5) / 2)
    assert float(Disagreement()(np.zeros_like(log_odds), np.ones_like(log_odds))) == 0.0


def test_twins_share_pose_and_label_and_come_from_original_and_copy(pool: Pool) -> None:
    feed = BalancedFeed(pool, InputSpec(window="none"), NONE, batch_size=8, seed=0, twins=True)
    inputs, targets = next(feed.epoch(0))
    assert isinstance(targets, dict)
    assert set(targets) == {"probabilities", "log_odds"}
    assert targets["log_odds"].shape == (8, 1)
    assert np.array_equal(targets["probabilities"][::2], targets["probabilities"][1::2])
    assert targets["probabilities"][::2, 1].sum() == 2  # two scans of each class
    apart = np.round((inputs[::2] - inputs[1::2]) * 255).reshape(4, -1)
    assert all(set(row.tolist()) in ({0}, {1}) for row in apart), "one grey level, or nothing, and never moved"
    moved = replace(NONE, rotation=20, jpeg=1.0)
    first, second = (augment(pool, 0, moved, np.random.default_rng(1), twin=twin) for twin in (False, True))
    assert np.corrcoef(first.pixels.ravel(), second.pixels.ravel())[0, 1] > 0.95
    assert not np.array_equal(first.pixels, second.pixels), "stored and sent in two ways"


def test_the_original_view_shows_originals_where_there_are_any(pool: Pool) -> None:
    inputs = original(pool, InputSpec(window="none"))
    assert np.array_equal(np.round(inputs[:4, ..., 0] * 255), pool.pixels[:4] + 1)
    assert np.array_equal(np.round(inputs[4:, ..., 0] * 255), pool.pixels[4:])
    assert shown("original", pool).tolist() == [True] * 4 + [False] * 4
    assert available(("clean", "original", "only_lungs"), pool) == ["clean", "original"]


def test_a_batch_of_twins_needs_a_number_divisible_by_four() -> None:
    with pytest.raises(ConfigError, match="divisible by four"):
        TrainingConfig("plain", batch_size=6, agreement=1.0)


@pytest.mark.training
def test_a_run_with_originals_tells_how_far_the_films_are_apart(made_data: Path, tmp_path: Path) -> None:
    shutil.copytree(made_data / "train", tmp_path / "originals" / "train")
    short = ["epochs=2", "folds=4", "input.size=64", "batch_size=16", "warmup_epochs=0", "agreement=1"]
    config = override(PRESETS["plain"], short)
    fitted = fit(config, made_data, run_folder=tmp_path / "run", originals=tmp_path / "originals")
    assert [record["disagreement"] > 0 for record in fitted.history] == [True, True]
    assert fitted.views["original"] == fitted.views["clean"], "these originals equal their copies"
    with pytest.raises(ConfigError, match="other settings"):
        fit(config, made_data, run_folder=tmp_path / "run")


def test_originals_are_found_by_path(made_data: Path, tmp_path: Path) -> None:
    from training.data import list_training_images

    images = list_training_images(made_data)["train"][:3]
    file = tmp_path / images[1].path
    file.parent.mkdir(parents=True)
    shutil.copy(made_data / images[1].path, file)
    found = load_pool(made_data, images, 64, None, tmp_path)
    assert list(found.originals) == [1]
    assert np.array_equal(found.originals[1], found.pixels[1])
