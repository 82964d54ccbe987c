"""Predictions, kept for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.artifact import Manifest
from model.calibration import BALANCED

if TYPE_CHECKING:
    from app.services.cases import Case
    from model.predictor import Prediction, Predictor
    from model.radiograph import Radiograph

KEEP_S = 900


def predict(
    predictor: Predictor, case: Case, *, explain: str | None = None, operating_point: str = BALANCED
) -> Prediction:
    """Score a case, or take the prediction made for the same pixels, model, class and operating point lately.

    Args:
        predictor: loaded and warm.
        case: the radiograph.
        explain: class whose evidence the saliency map shows; the decided one if None.
        operating_point: whose threshold decides.

    Returns:
        The prediction.

    Raises:
        InputRangeError: if the network's output is not finite.
        ArtifactError: if the model has no such operating point.
    """
    # A grey and a tinted file may have the same pixels once grey, but the gate tells them apart.
    gate = "" if predictor.gate is None else f"{predictor.gate.settings} {case.radiograph.colourfulness}"
    return _predict(predictor.manifest, gate, case.sha256, explain, operating_point, predictor, case.radiograph)


@st.cache_data(max_entries=256, ttl=KEEP_S, show_spinner=False, hash_funcs={Manifest: Manifest.to_json})
def _predict(
    manifest: Manifest,  # noqa: ARG001 - the cache's key: weights, calibration, thresholds and band
    gate: str,  # noqa: ARG001 - likewise
    sha256: str,  # noqa: ARG001 - likewise, and cheaper than hashing the pixels again
    explain: str | None,
    operating_point: str,
    _predictor: Predictor,
    _radiograph: Radiograph,
) -> Prediction:
    return _predictor.predict(_radiograph, explain=explain, operating_point=operating_point)
