"""Saliency maps by every method, each made by a thread of its own and kept for a while.

The page's own thread only waits, so that it can show progress and be interrupted; what it no longer waits for is still
made, and is there when asked for again.
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

from app.services.scoring import KEEP_S, predict
from model.artifact import Manifest
from model.calibration import BALANCED
from model.errors import ArtifactError, ChestXrayError
from model.preprocessing import to_model_input
from model.saliency import METHODS, Explainer, SaliencyMap

if TYPE_CHECKING:
    from app.services.cases import Case
    from model.predictor import Predictor

Inputs = npt.NDArray[np.float32]

logger = logging.getLogger(__name__)

WITH_THE_VERDICT = "grad_cam"
"""The method whose map comes with the prediction."""


@dataclass(frozen=True, eq=False)
class Explaining:
    """What explains one loaded network.

    Attributes:
        explainer: shared by all sessions.
        turn: held while a slow method runs: one at a time, so that the verdicts of other sessions find a free core.
    """

    explainer: Explainer
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(eq=False)
class MapTask:
    """A saliency map in the making, for all who want it.

    Attributes:
        outcome: the map, raw, float32, shape (h, w); or a ChestXrayError.
        part: how much is done, 0 to 1.
        given: whether someone was given it before: if it then failed, it is known to have.
    """

    outcome: Future[SaliencyMap] = field(default_factory=Future)
    part: float = 0.0
    given: bool = False

    def tell(self, part: float) -> None:
        """Say how much is done."""
        self.part = part


def map_task(
    predictor: Predictor,
    explaining: Explaining | None,
    case: Case,
    *,
    method: str,
    explain: str,
    operating_point: str = BALANCED,
) -> MapTask:
    """Start making a saliency map, or take the one made for the same pixels, model, class and method lately.

    Args:
        predictor: loaded and warm.
        explaining: of the same network; None where only the map of the forward pass can be had.
        case: the radiograph.
        method: of `model.saliency.METHODS`.
        explain: class whose evidence the map shows.
        operating_point: at which the case was scored, so that its prediction need not be made again.

    Returns:
        The task, which may be done already. One that failed is tried anew at the next call.

    Raises:
        ChestXrayError: if the prediction cannot be made.
    """
    if method == WITH_THE_VERDICT or explaining is None:
        task = MapTask(part=1.0)
        found = predict(predictor, case, explain=explain, operating_point=operating_point)
        task.outcome.set_result(found.saliency_map)
        return task
    key = (predictor.manifest, case.sha256, explain, method)
    task = _map_task(*key, explaining, case)
    if task.given and task.outcome.done() and task.outcome.exception() is not None:
        _map_task.clear(*key, explaining, case)
        task = _map_task(*key, explaining, case)
    task.given = True
    return task


@st.cache_resource(max_entries=128, ttl=KEEP_S, show_spinner=False, hash_funcs={Manifest: Manifest.to_json})
def _map_task(
    manifest: Manifest,
    sha256: str,  # noqa: ARG001 - the cache's key, and cheaper than hashing the pixels again
    explain: str,
    method: str,
    _explaining: Explaining,
    _case: Case,
) -> MapTask:
    task = MapTask()
    model_input = to_model_input(_case.radiograph.pixels, manifest.input)
    arguments = (task, _explaining, method, model_input, manifest.labels.index(explain))
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
    except Exception:  # whoever waits must be told, whatever went wrong
        logger.exception("A saliency map could not be made.")
        task.outcome.set_exception(ArtifactError("The heatmap could not be computed; the server's log says why."))
