"""The input check is made on a split's train and validation patients, from outlines of lungs and from impostors."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock, patch

import numpy as np
import pytest

from model.artifact import file_sha256, read_manifest
from model.input_gate import InputGate
from model.lungs import build_outliner
from model.preprocessing import InputSpec
from tests.made import made_lungs, made_radiograph
from training.__main__ import main
from training.impostors import IMPOSTORS
from training.lungs import OutlineFeed, dice, outline_loss
from training.mirror import fit_mirror
from training.pool import Pool


@pytest.fixture(scope="module")
def pool() -> Pool:
    pixels = np.stack([made_radiograph(i, pneumonia=False) for i in range(32)])
    lungs = np.stack([made_lungs(i, pneumonia=False) for i in range(32)])
    return Pool(pixels, lungs, np.ones(32, dtype=bool), np.zeros(32, dtype=np.int64))


@pytest.mark.parametrize("name", sorted(IMPOSTORS))
def test_impostors_keep_size_and_type_and_are_not_the_scan(name: str) -> None:
    scan = made_radiograph(3, pneumonia=False)
    made = IMPOSTORS[name](scan, np.random.default_rng(0))
    assert (made.shape, made.dtype) == (scan.shape, np.uint8)
    assert np.abs(made.astype(int) - scan).mean() > 8
    assert np.array_equal(made, IMPOSTORS[name](scan, np.random.default_rng(0)))


def test_a_mirrored_scan_is_told_by_the_side_that_is_lighter() -> None:
    noise = np.random.default_rng(0).normal(90, 20, (60, 64, 64))
    noise[:, :, 40:] += 30
    pool = Pool(noise.astype(np.uint8), noise.astype(np.uint8), np.ones(60, dtype=bool), np.zeros(60, dtype=np.int64))
    mirror = fit_mirror(pool, pool, InputSpec(size=64))
    assert (mirror.scans, mirror.false_alarms, mirror.found) == (60, 1, 60)


def test_outline_moves_with_its_scan(pool: Pool) -> None:
    """Darkness of the phantoms' lungs stays under the outline, whatever the pose."""
    inputs, outlines = next(iter(OutlineFeed(pool, InputSpec()).epoch(0)))
    assert (inputs.shape, outlines.shape) == ((32, 224, 224, 1), (32, 112, 112, 1))
    pairs = [(x, y) for x, y in zip(inputs[:, ::2, ::2], outlines, strict=True) if y.any() and x.std() > 0.1]
    darker = [x[y > 0.5].mean() < x[y < 0.5].mean() for x, y in pairs]
    assert len(darker) > 15
    assert np.mean(darker) > 0.8
    assert any(not outline.any() for outline in outlines), "impostors have no lungs"


def test_loss_by_hand() -> None:
    perfect = np.zeros((1, 4, 4, 1), dtype=np.float32)
    perfect[0, :2] = 1.0
    assert float(outline_loss(perfect, perfect)[0]) == pytest.approx(0.0, abs=1e-4)
    half = np.full((1, 4, 4, 1), 0.5, dtype=np.float32)
    # log 2, and 1 - (2 x 4 + 1) / (8 + 8 + 1)
    assert float(outline_loss(perfect, half)[0]) == pytest.approx(np.log(2) + 1 - 9 / 17, abs=1e-4)


def test_dice_of_a_network_that_knows_and_the_size_of_ours(pool: Pool) -> None:
    knows, network = Mock(), build_outliner(224)
    knows.predict = lambda inputs, **_: pool.lungs[: len(inputs), ::2, ::2, np.newaxis] / 255.0
    assert dice(knows, pool, InputSpec()).mean() > 0.97
    assert (network.output_shape, network.count_params() < 200_000) == ((None, 112, 112, 1), True)


@pytest.mark.training
def test_command_makes_a_gate_that_keeps_its_promise_and_is_then_required(
    made_data: Path, masks: Path, artifact_copy: Path
) -> None:
    foreign = {"black (never taught)": [np.zeros((90, 90), np.uint8)]}
    data = ["--data", str(made_data), "--masks", str(masks), "--artifact", str(artifact_copy)]
    with patch("training.gate.IMPOSTORS_EACH", 12), patch("training.gate._foreign_pictures", return_value=foreign):
        assert main(["gate", *data, "--output", str(artifact_copy / "gate"), "--epochs", "10"]) == 0
    measured = InputGate.load(artifact_copy / "gate").settings.measured
    assert measured.refused <= 0.02 * measured.scans + 1
    assert measured.dice.mean > 0.5
    assert {row.kind: row.taught for row in measured.impostors} == dict.fromkeys(IMPOSTORS, True) | dict.fromkeys(
        foreign, False
    )
    assert read_manifest(artifact_copy).gate_sha256 == file_sha256(artifact_copy / "gate" / "gate.json")
