"""Evidence that is held to the lungs: by hand, and in a run."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from model.architecture import PRESETS as ARCHITECTURES
from model.architecture import build
from training.config import PRESETS, override
from training.errors import ConfigError
from training.export import centre_head
from training.fit import fit
from training.guidance import ALLOWED, OutsideRegion, cells_of, evidence_of, region_of
from training.views import VIEWS


def test_share_of_a_cell_in_the_region_by_hand() -> None:
    region = np.zeros((8, 8), dtype=np.uint8)
    region[:4, :2] = 255
    half = np.array([[0.5, 0.0], [0.0, 0.0]])
    assert region_of(region, 1, 2) == pytest.approx(half, abs=0.01)
    assert region_of(region, 0, 2) == pytest.approx(-half, abs=0.01)


def test_loss_is_the_share_outside_beyond_what_is_allowed() -> None:
    region = np.array([[[1.0, 0.0], [0.5, 0.0]]], dtype=np.float32)
    evidence = np.array([[[3.0, 1.0], [2.0, -4.0]]], dtype=np.float32)
    # Of 6 in favour of Pneumonia, 1 lies in the second cell and half of 2 outside in the third.
    assert float(OutsideRegion()(region, evidence)) == pytest.approx(2 / 6 - ALLOWED, abs=1e-5)
    # In favour of Normal there are 4, all outside.
    assert float(OutsideRegion()(-region, evidence)) == pytest.approx(1 - ALLOWED, abs=1e-5)
    assert float(OutsideRegion()(-region, -evidence)) == pytest.approx(2 / 6 - ALLOWED, abs=1e-5)
    allowed = np.array([[[1.0, ALLOWED / 2], [0.0, 0.0]]], dtype=np.float32)
    assert float(OutsideRegion()(region, allowed)) == 0.0
    nothing, something = np.zeros((1, 2, 2), np.float32), np.ones((1, 2, 2), np.float32)
    for given, without in ((nothing, something), (something, nothing)):
        assert float(OutsideRegion()(given, without)) == 0.0, "without region or evidence nothing is lost"


def test_evidence_of_the_cells_adds_up_to_the_difference_of_the_logits_of_a_pooled_head() -> None:
    network = build(ARCHITECTURES["residual"], 64)
    inputs = np.random.default_rng(0).random((3, 64, 64, 1), dtype=np.float32)
    evidence = keras.Model(network.inputs, evidence_of(network)).predict_on_batch(inputs)
    logits = network.predict_on_batch(inputs)["logits"]
    assert evidence.shape == (3, cells_of(network), cells_of(network))
    assert np.allclose(evidence.mean(axis=(1, 2)), logits[:, 1] - logits[:, 0], atol=1e-5)
    with pytest.raises(ConfigError, match="hidden dense"):
        cells_of(build(ARCHITECTURES["plain"], 64))


@pytest.mark.training
def test_a_guided_run_learns_and_tells_how_much_lies_outside(made_data: Path, masks: Path, tmp_path: Path) -> None:
    short = ["input.size=64", "epochs=5", "warmup_epochs=0", "batch_size=8", "guidance=2"]
    fitted = fit(override(PRESETS["residual"], short), made_data, run_folder=tmp_path, masks=masks)
    assert set(fitted.views) == set(VIEWS) - {"original"}
    shares = [record["outside_region"] for record in fitted.history]
    assert all(0.0 <= share <= 1.0 - ALLOWED for share in shares)
    assert 0.0 < shares[-1] < shares[0]
    assert {"loss", "accuracy", "val_loss"} <= set(fitted.history[0])
    assert len(fitted.network.get_weights()) == len(build(ARCHITECTURES["residual"], 64).get_weights())


def test_a_centred_head_tells_classes_apart_and_changes_no_probability() -> None:
    network = build(ARCHITECTURES["residual"], 64)
    layer = network.get_layer("logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel + 0.3 * (1 + np.arange(len(kernel)))[:, None], bias + 0.2])
    inputs = np.random.default_rng(1).random((4, 64, 64, 1), dtype=np.float32)
    before = network.predict_on_batch(inputs)
    centre_head(network)
    after = network.predict_on_batch(inputs)
    assert np.allclose(before["probabilities"], after["probabilities"], atol=1e-5)
    assert not np.allclose(before["logits"], after["logits"], atol=1e-2)
    assert np.allclose(after["logits"].sum(axis=1), 0.0, atol=1e-2)
