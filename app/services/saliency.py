"""Saliency maps by every method. Each is made by a thread of its own and kept for a while.

A page only waits, so it can show progress and be interrupted; a map that nobody waits for any more is still finished.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.services.model import KEEP_S, predict
from model.errors import ArtifactError, ChestXrayError
from model.preprocessing import to_model_input
from model.records.manifest import BALANCED
from model.saliency import METHODS, SaliencyMap

if TYPE_CHECKING:
    from app.services.model import Explaining
    from app.services.radiographs import Film
    from model.predictor import Predictor
    from model.records.manifest import Manifest

Inputs = npt.NDArray[np.float32]

logger = logging.getLogger(__name__)

WITH_THE_VERDICT = "grad_cam"
"""The method whose map comes with the prediction."""


@dataclass(eq=False)
class MapTask:
    """A saliency map in the making, shared by all who want it.

    Attributes:
        outcome: the raw map, float32, shape (h, w); or a ChestXrayError.
        part: how much is done, 0 to 1.
        seen: whether a page has it; one that then fails is made again at the next request.
    """

    outcome: Future[SaliencyMap] = field(default_factory=Future)
    part: float = 0.0
    seen: bool = False

    def tell(self, part: float) -> None:
        """Say how much is done."""
        self.part = part


def map_task(
    predictor: Predictor,
    explaining: Explaining | None,
    film: Film,
    *,
    method: str,
    explain: str,
    operating_point: str = BALANCED,
) -> MapTask:
    """Start a saliency map, or take the recent one for the same pixels, model, class and method.

    Args:
        predictor: loaded and warm.
        explaining: of the same network; None where only the map of the forward pass can be had.
        film: to be explained.
        method: key of `model.saliency.METHODS`.
        explain: class that the map is for.
        operating_point: at which the film was scored, so that its prediction is found in the cache.

    Returns:
        The task, perhaps done already.

    Raises:
        ChestXrayError: if the prediction cannot be made.
    """
    if method == WITH_THE_VERDICT or explaining is None:
        task = MapTask(part=1.0)
        found = predict(predictor, film, explain=explain, operating_point=operating_point).saliency_map
        if found is None:
            raise ArtifactError("The model gave no heatmap with its verdict. Choose another method.")
        task.outcome.set_result(found)
        return task
    key = (predictor.manifest.weights_sha256, film.sha256, explain, method)
    task = _map_task(*key, explaining, film, predictor.manifest)
    if task.seen and task.outcome.done() and task.outcome.exception() is not None:
        _map_task.clear(*key, explaining, film, predictor.manifest)
        task = _map_task(*key, explaining, film, predictor.manifest)
    task.seen = True
    return task


@st.cache_resource(max_entries=128, ttl=KEEP_S, show_spinner=False)
def _map_task(
    weights: str,  # noqa: ARG001 - part of the cache's key
    sha256: str,  # noqa: ARG001 - likewise, and cheaper than hashing the pixels again
    explain: str,
    method: str,
    _explaining: Explaining,
    _film: Film,
    _manifest: Manifest,
) -> MapTask:
    task = MapTask()
    model_input = to_model_input(_film.radiograph.pixels, _manifest.input)
    arguments = (task, _explaining, method, model_input, _manifest.labels.index(explain))
    # A daemon: stopping the server must not wait for it.
    threading.Thread(target=_make, args=arguments, name=f"explain-{method}", daemon=True).start()
    return task


def _make(task: MapTask, explaining: Explaining, method: str, model_input: Inputs, class_index: int) -> None:
    try:
        with explaining.turn if METHODS[method].slow else contextlib.nullcontext():
            found = explaining.explainer.explain(method, model_input, class_index, progress=task.tell)
        task.outcome.set_result(found)
    except ChestXrayError as error:
        task.outcome.set_exception(error)
    except Exception:  # those who wait must hear of any failure
        logger.exception("A saliency map could not be made.")
        task.outcome.set_exception(ArtifactError("The heatmap could not be computed. The server's log says why."))
