"""A made prediction of the shipped model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from model.artifact import PRETRAINED, read_manifest
from model.input_gate import GateResult
from model.predictor import Prediction

MANIFEST = read_manifest(PRETRAINED)
BECAUSE = "it looks upside down"


def prediction(*, accepted: bool = True, **changed: Any) -> Prediction:
    saliency = np.zeros((7, 7), dtype=np.float32)
    saliency[3, 3] = 2.0
    point = MANIFEST.point()
    made = Prediction(
        probability=0.97,
        decision="Pneumonia",
        threshold=point.threshold,
        operating_point=point.name,
        indeterminate=False,
        explained_class="Pneumonia",
        saliency_map=saliency,
        model_version=MANIFEST.model_version,
        gate=GateResult(accepted, float(accepted), "" if accepted else BECAUSE, np.ones((7, 7), np.float32)),
        weights_sha256=MANIFEST.weights_sha256,
    )
    return replace(made, **changed)
