from __future__ import annotations

import numpy as np
import pytest

from model.architecture import PRESETS, build


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_outputs_are_named_and_shaped(preset: str) -> None:
    network = build(PRESETS[preset], 224)
    shapes = {name: tuple(network.output[name].shape) for name in ("logits", "probabilities", "feature_maps")}
    channels = 1280 if preset == "efficientnet_lite0" else PRESETS[preset].widths[-1]
    assert shapes == {"logits": (None, 2), "probabilities": (None, 2), "feature_maps": (None, 14, 14, channels)}
    # 4 bytes a weight must stay under the 25 MB that an artifact may take
    assert network.count_params() * 4 < 15e6


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_logits_probabilities_and_feature_maps_belong_together(preset: str) -> None:
    network = build(PRESETS[preset], 64)
    outputs = network(np.random.default_rng(0).random((2, 64, 64, 1), dtype=np.float32), training=False)
    logits = np.asarray(outputs["logits"])
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax = shifted / shifted.sum(axis=1, keepdims=True)
    assert np.allclose(softmax, outputs["probabilities"], atol=1e-5)
    assert np.asarray(outputs["feature_maps"]).min() >= 0.0
