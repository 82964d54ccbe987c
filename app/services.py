"""Wraps `model/` for the pages; the only place with Streamlit's caches, each bounded and none written to disk.

Importing TensorFlow takes seconds and no page may wait for it: one thread a process loads the model, and the pages
ask `model_state` how far it is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import logging
import os
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image, PngImagePlugin
from starlette.formparsers import MultiPartParser

from app import measured, wording
from model import input_gate, overlay
from model.artifact import MANIFEST, WEIGHTS, Manifest, read_manifest, require_operating_point
from model.calibration import BALANCED
from model.errors import ChestXrayError, InputRangeError
from model.predictor import Prediction, Predictor
from model.quiet import held_back_stderr
from model.radiograph import Radiograph, decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)

DISPLAY_SIDE = 1024
"""Longest side of a picture on the page, in pixels; downloads are at full size."""

_KEEP_PREDICTIONS_S = 900
_PAINT_FIRST_S = 0.4

Picture = npt.NDArray[np.uint8]
T = TypeVar("T")
Fingerprint = tuple[tuple[str, int, int], ...]


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
    """

    predictor: Predictor


ModelState = Warming | Failed | Ready


@dataclass(frozen=True, eq=False)
class Case:
    """One radiograph on the page.

    Attributes:
        radiograph: at full size.
        sha256: of its pixels; the cache's key.
        shown: uint8, shape (height, width): what the page shows, `DISPLAY_SIDE` at most.
        shown_png: the same as a PNG file.
        sample: the sample's title, or "" for an upload.
        file_name: of an upload, as the browser gave it. It may name a patient: it is shown to who uploaded it, and
            never logged or written.
    """

    radiograph: Radiograph
    sha256: str
    shown: Picture
    shown_png: bytes
    sample: str = ""
    file_name: str = field(default="", repr=False)


@dataclass(frozen=True, eq=False)
class Performance:
    """All that is known of how good the model is; None where a file is missing.

    Attributes:
        manifest: of the model.
        evaluation: figures on test and validation.
        history: learning curves.
        ledger: how often test was opened.
        gate: what the input gate was measured to do.
        robustness: what it does on scans that were changed.
        problems: what could not be read, in sentences for the user.
    """

    manifest: Manifest
    evaluation: measured.Evaluation | None
    history: measured.History | None
    ledger: measured.Ledger | None
    gate: measured.GateMeasured | None
    robustness: measured.Robustness | None
    problems: tuple[str, ...]


def model_state(folder: Path) -> ModelState:
    """How far the model is; the first call of the process starts loading it and returns at once.

    A model that changes on disk is loaded anew, so that a folder once mended needs no restart.

    Args:
        folder: the artifact.

    Returns:
        Warming, Failed or Ready.
    """
    gate = tuple(f"{input_gate.FOLDER}/{name}" for name in (input_gate.SETTINGS, input_gate.OUTLINER))
    outcome = _loading(folder, _fingerprint(folder, (MANIFEST, WEIGHTS, *gate)))
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
        predictor = _load(folder)
        logger.info("The model is ready, after %.1f s.", time.monotonic() - started)
        outcome.set_result(Ready(predictor))
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


def _load(folder: Path) -> Predictor:
    # A folder without a usable manifest is known at once, without TensorFlow.
    require_operating_point(read_manifest(folder))
    # The import holds the interpreter in bursts: the page that asked for the model is painted first.
    time.sleep(_PAINT_FIRST_S)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    # Streamlit collects garbage after every run of a page: 0.4 s with TensorFlow's million objects, all of which live
    # as long as the process. Frozen, they are passed over; without this, the polling page starves the loading thread.
    with held_back_stderr(sys.stderr):
        importlib.import_module("keras")
    gc.freeze()
    predictor = Predictor.load(folder)
    predictor.warm()
    # Decoding DICOM needs it; imported here so that the first upload does not wait.
    importlib.import_module("model.radiograph.dicom")
    gc.freeze()
    return predictor


def keep_uploads_in_memory() -> None:
    """Keep the web server from writing larger uploads to a temporary file while it receives them.

    Streamlit's server parses uploads with Starlette, which moves whatever is over 1 MB to disk. Called before an
    uploader is drawn, it is in force before a file can come.
    """
    limit = int(st.get_option("server.maxUploadSize")) * 1024**2
    # The file arrives with the form's own few bytes around it.
    MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, limit + 1024**2)


def open_case(data: bytes, *, sample: str = "", file_name: str = "") -> Case:
    """Decode a file for the page.

    Args:
        data: the whole file; nothing of it is written to disk or logged.
        sample: the sample's title, or "" for an upload.
        file_name: of an upload; kept with the case and not otherwise used.

    Returns:
        The case.

    Raises:
        RadiographError: if it is not a radiograph that can be scored; its text is for the user.
    """
    radiograph = decode(data, name="this file")
    shown = _fit(radiograph.pixels)
    return Case(radiograph, radiograph.pixel_sha256, shown, _png(shown), sample, file_name)


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


@st.cache_data(max_entries=256, ttl=_KEEP_PREDICTIONS_S, show_spinner=False, hash_funcs={Manifest: Manifest.to_json})
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


def overlay_shown(case: Case, prediction: Prediction, opacity: float) -> bytes:
    """The overlay at the size that the page shows.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.

    Returns:
        A PNG file.
    """
    return _png(overlay.draw_overlay(case.shown, prediction.saliency_map, opacity=opacity))


def overlay_full_size(case: Case, prediction: Prediction, opacity: float) -> bytes:
    """The overlay at the radiograph's own size, to be saved by the user.

    Args:
        case: the radiograph.
        prediction: its saliency map.
        opacity: 0 to 1.

    Returns:
        A PNG file whose text chunks name the model, the class explained and the verdict with its operating point, and
        no patient. For an indeterminate radiograph, and for a picture that the input gate refused, they say so.
    """
    drawn = overlay.draw_overlay(case.radiograph.pixels, prediction.saliency_map, opacity=opacity)
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", f"Paediatric chest X-ray, model {prediction.model_version}")
    text.add_text("Description", f"Grad-CAM for {prediction.explained_class}, opacity {opacity:.2f}")
    text.add_text("Verdict", wording.verdict_line(prediction))
    text.add_text("Disclaimer", "Research software, not a medical device.")
    if prediction.gate is not None and not prediction.gate.accepted:
        text.add_text("Warning", wording.refused_warning(prediction.gate.reason))
    file = io.BytesIO()
    Image.fromarray(drawn).save(file, "PNG", compress_level=3, pnginfo=text)
    return file.getvalue()


def legend_colours() -> tuple[str, ...]:
    """The overlay's colours from weak to strong influence, as #rrggbb."""
    return tuple("#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in overlay.colour_scale()[::15])


def performance(folder: Path) -> Performance:
    """Everything that was measured of the model in a folder; needs no TensorFlow.

    Args:
        folder: the artifact.

    Returns:
        What was found; a file that is missing or broken leaves its part None.

    Raises:
        ArtifactError: if there is no usable manifest.
    """
    names = (MANIFEST, *(measured.EVALUATION, measured.HISTORY, measured.LEDGER, measured.GATE, measured.ROBUSTNESS))
    return _performance(folder, _fingerprint(folder, names))


@st.cache_data(max_entries=4, show_spinner=False)
def _performance(folder: Path, files: Fingerprint) -> Performance:  # noqa: ARG001 - the cache's key
    manifest = read_manifest(folder)
    problems: list[str] = []

    def attempt(read: Callable[[], T | None]) -> T | None:
        try:
            return read()
        except ChestXrayError as error:
            problems.append(str(error))
            return None

    return Performance(
        manifest=manifest,
        evaluation=attempt(lambda: measured.read_evaluation(folder, manifest)),
        history=attempt(lambda: measured.read_history(folder, manifest)),
        ledger=attempt(lambda: measured.read_ledger(folder)),
        gate=attempt(lambda: measured.read_gate(folder)),
        robustness=attempt(lambda: measured.read_robustness(folder, manifest)),
        problems=tuple(problems),
    )


def _fingerprint(folder: Path, names: tuple[str, ...]) -> Fingerprint:
    """Name, time and size of the files that are there: changes when one of them does."""
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            found.append((name, status.st_mtime_ns, status.st_size))
    return tuple(found)


def _fit(pixels: Picture) -> Picture:
    height, width = pixels.shape
    scale = DISPLAY_SIDE / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _png(picture: Picture) -> bytes:
    ordered = picture if picture.ndim == 2 else picture[..., ::-1]
    # The lightest compression: the file goes to a browser on the same machine, and the user waits for it.
    done, file = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise InputRangeError(f"A picture of shape {picture.shape} could not be written as PNG.")
    return file.tobytes()
