"""The running model: one background thread a process loads it, and recent predictions are kept.

Importing TensorFlow takes seconds, and no page may wait for it: pages ask `state` how far the loading is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from model import artifact as artifacts
from model import input_gate
from model.errors import ArtifactError, ChestXrayError
from model.labels import LABELS
from model.predictor import Predictor
from model.quiet import held_back_stderr
from model.records.gate import FOLDER, GateSettings
from model.records.manifest import BALANCED, Manifest
from model.saliency import Explainer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import keras

    from app.services.radiographs import Film
    from model.predictor import Prediction
    from model.radiograph import Radiograph

logger = logging.getLogger(__name__)

KEEP_S = 900
"""How long results of the model are kept, seconds."""

_PAINT_FIRST_S = 0.4
_READ = (Manifest.FILE, artifacts.WEIGHTS, f"{FOLDER}/{GateSettings.FILE}", f"{FOLDER}/{input_gate.OUTLINER}")

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Warming:
    """The model is loading; nothing can be scored yet."""


@dataclass(frozen=True)
class Failed:
    """The model cannot be used; `reason` is for the user."""

    reason: str


@dataclass(frozen=True, eq=False)
class Explaining:
    """The explainer of the loaded network.

    Attributes:
        explainer: shared by all sessions.
        turn: held while a slow method runs: one at a time, so that other sessions' verdicts find a free core.
    """

    explainer: Explainer
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, eq=False)
class Ready:
    """The model can score.

    Attributes:
        predictor: shared by all sessions.
        explaining: of the same network; None where only the map of the forward pass can be had.
    """

    predictor: Predictor
    explaining: Explaining | None = None


State = Warming | Failed | Ready


def state(folder: Path) -> State:
    """How far the model is; returns at once, and the first call starts the loading.

    A model that changes on disk is loaded anew: a folder that was mended needs no restart.
    """
    outcome = _loading(folder, fingerprint(folder, _READ))
    return outcome.result() if outcome.done() else Warming()


def predict(
    predictor: Predictor, film: Film, *, explain: str | None = None, operating_point: str = BALANCED
) -> Prediction:
    """Score a film, or take the recent prediction for the same pixels, model, class and operating point.

    Args:
        predictor: loaded and warm.
        film: to be scored.
        explain: class that the saliency map is for; pneumonia if None.
        operating_point: whose threshold decides.

    Raises:
        InputRangeError: if the network's output is not finite.
        ArtifactError: if the model has no such operating point.
    """
    # A grey and a tinted file may have the same pixels once grey, but the gate tells them apart.
    radiograph = film.radiograph
    key = f"{key_of(predictor)} {radiograph.colourfulness}"
    return _predict(key, film.sha256, explain or LABELS[1], operating_point, predictor, radiograph)


def key_of(predictor: Predictor) -> str:
    """Everything of a model that changes its answers: weights, calibration, thresholds, band and input check."""
    known, gate = predictor.manifest, predictor.gate
    decides = (known.weights_sha256, known.calibration, known.operating_points, known.band)
    return f"{decides} {gate.settings if gate else None}"


def fingerprint(folder: Path, names: Iterable[str]) -> Fingerprint:
    """Name, time and size of those files that are there: differs when one of them changes."""
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            found.append((name, status.st_mtime_ns, status.st_size))
    return tuple(found)


@st.cache_data(max_entries=256, ttl=KEEP_S, show_spinner=False)
def _predict(
    model: str,  # noqa: ARG001 - part of the cache's key
    sha256: str,  # noqa: ARG001 - likewise, and cheaper than hashing the pixels again
    explain: str,
    operating_point: str,
    _predictor: Predictor,
    _radiograph: Radiograph,
) -> Prediction:
    return _predictor.predict(_radiograph, explain=explain, operating_point=operating_point)


@st.cache_resource(max_entries=1, show_spinner=False)
def _loading(folder: Path, files: Fingerprint) -> Future[State]:  # noqa: ARG001 - part of the cache's key
    outcome: Future[State] = Future()
    # A daemon: stopping the server must not wait for TensorFlow.
    threading.Thread(target=_load_into, args=(outcome, folder), name="load-model", daemon=True).start()
    return outcome


def _load_into(outcome: Future[State], folder: Path) -> None:
    started = time.monotonic()
    _log_to_terminal()
    try:
        ready = _load(folder)
        logger.info("The model is ready, after %.1f s.", time.monotonic() - started)
        outcome.set_result(ready)
    except ChestXrayError as error:
        logger.error("The model cannot be used: %s", error)
        outcome.set_result(Failed(str(error)))
    except Exception:  # whatever went wrong, the page must say something rather than warm for ever
        logger.exception("The model could not be loaded.")
        outcome.set_result(Failed("The model could not be loaded. The server's log says why."))


def _log_to_terminal() -> None:
    """Show this module's lines where the server's are; Streamlit shows only its own."""
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


def _load(folder: Path) -> Ready:
    # A folder without a usable manifest fails at once, without TensorFlow.
    artifacts.read_manifest(folder).point()
    # The import holds the interpreter in bursts: the page that asked for the model is painted first.
    time.sleep(_PAINT_FIRST_S)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    # A garbage collection takes 0.4 s with TensorFlow's million objects; frozen, they are left out.
    with held_back_stderr(sys.stderr):
        importlib.import_module("keras")
    gc.freeze()
    artifact = artifacts.load(folder)
    predictor = Predictor(artifact, input_gate.load_gate(folder, artifact.manifest))
    predictor.warm()
    explaining = _explaining(artifact.network)
    # Decoding DICOM needs it; imported here so that the first upload does not wait.
    importlib.import_module("model.radiograph.dicom")
    gc.freeze()
    return Ready(predictor, explaining)


def _explaining(network: keras.Model) -> Explaining | None:
    """The verdict needs no explainer, so a network that it cannot read is still served."""
    try:
        return Explaining(Explainer(network))
    except ArtifactError as error:
        logger.warning("Only the heatmap of the forward pass is available: %s", error)
        return None
