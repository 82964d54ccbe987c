from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from model.artifact import PRETRAINED
from model.errors import ArtifactError, InputRangeError
from model.records.manifest import Manifest
from model.variation import Variation, blurred, expose, move, vary
from tests.made import made_radiograph
from training.augment import Augmentation, augment
from training.pool import Pool

SCAN = made_radiograph(2, pneumonia=True)
ALL = Variation(**dict.fromkeys(("flip", "blur", "noise", "jpeg", "resample", "cutout", "hide", "border"), 0.5))
ALL = replace(ALL, rotation=12, zoom=0.2, stretch=0.2, shift=0.05, gamma=0.5, contrast=0.3, brightness=0.1)


def test_it_shows_what_training_shows() -> None:
    pool = Pool(SCAN[np.newaxis], np.zeros((1, 224, 224), np.uint8), np.array([False]), np.array([1]))
    trained = Augmentation(**vars(ALL))
    for seed in range(12):
        shown = vary(SCAN, ALL, np.random.default_rng(seed))
        assert np.array_equal(shown, augment(pool, 0, trained, np.random.default_rng(seed)).pixels)


def test_nothing_asked_nothing_done() -> None:
    for done in (vary(SCAN, Variation(), np.random.default_rng(0)), move(SCAN), expose(SCAN), blurred(SCAN, 0.0)):
        assert np.array_equal(done, SCAN)


def test_a_quarter_turn_and_a_doubling_by_hand() -> None:
    scan = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90]], dtype=np.uint8)
    assert move(scan, degrees=90).tolist() == [[70, 40, 10], [80, 50, 20], [90, 60, 30]], "clockwise"
    assert move(scan, shift=np.array([1.0, 0.0])).tolist() == [[0, 10, 20], [0, 40, 50], [0, 70, 80]]
    large = np.zeros((9, 9), dtype=np.uint8)
    large[3:6, 3:6] = 200
    assert (move(large, scale=2.0) == 200).sum() == 25
    assert expose(np.array([[100, 250]], np.uint8), brightness=0.1).tolist() == [[126, 255]], "a share of full scale"


@pytest.mark.parametrize("wrong", [{"degrees": float("nan")}, {"scale": 0.0}, {"ratio": -1.0}])
def test_an_impossible_move_or_strength_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputRangeError, match="above 0"):
        move(SCAN, **wrong)
    with pytest.raises(InputRangeError, match="rotation is 181"):
        Variation(rotation=181)


def test_a_manifest_records_what_training_did_or_none_but_nothing_broken() -> None:
    training = json.loads((PRETRAINED / Manifest.FILE).read_text(encoding="utf-8"))["training"]
    found = Variation.recorded(training)
    assert {name: getattr(found, name) for name in ("rotation", "hide")}.items() <= training["augmentation"].items()
    assert Variation.recorded({"epochs": 3}) is None
    for broken in ("far", None, -1):
        with pytest.raises(ArtifactError, match="augmentation"):
            Variation.recorded({"augmentation": {"rotation": broken}})
