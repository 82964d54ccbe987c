"""The model, loaded by one thread a process while the pages are already painted."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.services.files import Fingerprint, fingerprint
from app.services.saliency import Explaining
from model import artifact as artifacts
from model import input_gate
from model.artifact import MANIFEST, WEIGHTS
from model.errors import ArtifactError, ChestXrayError
from model.predictor import Predictor
from model.quiet import held_back_stderr
from model.saliency import Explainer

if TYPE_CHECKING:
    from pathlib import Path

    import keras

logger = logging.getLogger(__name__)

_PAINT_FIRST_S = 0.4


@dataclass(frozen=True)
class Warming:
    """The model is being loaded; nothing can be scored yet."""


@dataclass(frozen=True)
class Failed:
    """The model cannot be used.

    Attributes:
        reason: for the user.
    """

    reason: str


@dataclass(frozen=True, eq=False)
class Ready:
    """The model can score.

    Attributes:
        predictor: shared by all sessions.
        explaining: by the same network; None where it gives no map but that of the forward pass.
    """

    predictor: Predictor
    explaining: Explaining | None = None


ModelState = Warming | Failed | Ready


def model_state(folder: Path) -> ModelState:
    """How far the model is; the first call of the process starts loading it and returns at once.

    A model that changes on disk is loaded anew, so that a folder once mended needs no restart.

    Args:
        folder: the artifact.

    Returns:
        Warming, Failed or Ready.
    """
    gate = tuple(f"{input_gate.FOLDER}/{name}" for name in (input_gate.SETTINGS, input_gate.OUTLINER))
    outcome = _loading(folder, fingerprint(folder, (MANIFEST, WEIGHTS, *gate)))
    return outcome.result() if outcome.done() else Warming()


@st.cache_resource(max_entries=1, show_spinner=False)
def _loading(folder: Path, files: Fingerprint) -> Future[ModelState]:  # noqa: ARG001 - the cache's key
    outcome: Future[ModelState] = Future()
    # A daemon: stopping the server must not wait for TensorFlow.
    threading.Thread(target=_load_into, args=(outcome, folder), name="load-model", daemon=True).start()
    return outcome


def _load_into(outcome: Future[ModelState], folder: Path) -> None:
    started = time.monotonic()
    _log_to_terminal()
    try:
        ready = _load(folder)
        logger.info("The model is ready, after %.1f s.", time.monotonic() - started)
        outcome.set_result(ready)
    except ChestXrayError as error:
        logger.error("The model cannot be used: %s", error)
        outcome.set_result(Failed(str(error)))
    except Exception:  # the page must say something whatever went wrong, rather than warm for ever
        logger.exception("The model could not be loaded.")
        outcome.set_result(Failed("The model could not be loaded; the server's log says why."))


def _log_to_terminal() -> None:
    """Show this module's own lines where the server's are; Streamlit shows only those of its own."""
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


def _load(folder: Path) -> Ready:
    # A folder without a usable manifest is known at once, without TensorFlow.
    artifacts.require_operating_point(artifacts.read_manifest(folder))
    # The import holds the interpreter in bursts: the page that asked for the model is painted first.
    time.sleep(_PAINT_FIRST_S)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    # Streamlit collects garbage after every run of a page: 0.4 s with TensorFlow's million objects, all of which live
    # as long as the process. Frozen, they are passed over; without this, the polling page starves the loading thread.
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
    """What explains the network; the verdict needs none of it, so a network that it cannot read is still served."""
    try:
        return Explaining(Explainer(network))
    except ArtifactError as error:
        logger.warning("Only the heatmap of the forward pass can be had: %s", error)
        return None
