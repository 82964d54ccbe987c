"""What the How it works page asks of the model: its layers on one radiograph, and its answer on changed ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.services.model import KEEP_S, predict
from app.services.radiographs import Film as Case
from app.services.radiographs import open_film as open_case
from model.inspection import Inside, Inspector
from model.preprocessing import apply_window, resize, to_model_input
from model.radiograph import Radiograph
from model.records.manifest import BALANCED, Manifest
from model.variation import Variation, blurred, expose, move, vary

if TYPE_CHECKING:
    from pathlib import Path

    from model.predictor import Prediction, Predictor

Grey = npt.NDArray[np.uint8]

VARIANTS = 6
"""Variants drawn at a time."""


@dataclass(frozen=True)
class Changes:
    """What the sliders do to a scan, at the size that the network reads; nothing by default.

    Attributes:
        turn: clockwise, degrees.
        brightness: added, percent of full scale; below 0 darkens.
        blur: sigma of a Gaussian, pixels of what the network reads.
        crop: how much of the width and the height is cut away, half on either side, percent, 0 to 90.
    """

    turn: float = 0.0
    brightness: float = 0.0
    blur: float = 0.0
    crop: float = 0.0

    def apply(self, pixels: Grey) -> Grey:
        """The changed scan.

        Args:
            pixels: uint8, shape (size, size).

        Returns:
            uint8, same shape.
        """
        scale = 1.0 / (1.0 - self.crop / 100.0)
        moved = pixels if self.turn == 0 and self.crop == 0 else move(pixels, degrees=self.turn, scale=scale)
        exposed = moved if self.brightness == 0 else expose(moved, brightness=self.brightness / 100.0)
        return blurred(exposed, self.blur)


@dataclass(frozen=True, eq=False)
class Changed:
    """A scan with the model's answer on it.

    Attributes:
        pixels: uint8, shape (size, size), before the window.
        read: uint8, shape (size, size): what the network reads, after the window.
        prediction: the model's answer, with the input gate's word.
    """

    pixels: Grey
    read: Grey
    prediction: Prediction


def first_sample(file: Path, title: str) -> Case:
    """The case that is shown before anybody chose one.

    Args:
        file: of a sample.
        title: what the page calls it.

    Returns:
        The case; it is not put on the Predict page.

    Raises:
        RadiographError: if the file cannot be read.
    """
    return _first_sample(file, title, file.stat().st_mtime_ns)


@st.cache_resource(max_entries=2, show_spinner=False)
def _first_sample(file: Path, title: str, changed_ns: int) -> Case:  # noqa: ARG001 - the cache's key
    return open_case(file.read_bytes(), sample=title)


def inspector(predictor: Predictor) -> Inspector:
    """What looks into the network; made at the first call.

    Args:
        predictor: loaded and warm.

    Returns:
        Shared by all sessions.

    Raises:
        ArtifactError: if the network's layers cannot be shown.
    """
    return _inspector(predictor.manifest, predictor)


@st.cache_resource(max_entries=1, show_spinner=False, hash_funcs={Manifest: Manifest.to_text})
def _inspector(manifest: Manifest, _predictor: Predictor) -> Inspector:  # noqa: ARG001 - the cache's key
    return Inspector(_predictor.network)


def inside(predictor: Predictor, case: Case) -> Inside:
    """What the layers compute on a case, or what they computed lately.

    Args:
        predictor: loaded and warm.
        case: the radiograph.

    Returns:
        Not to be changed.

    Raises:
        ArtifactError: if the network's layers cannot be shown.
    """
    return _inside(predictor.manifest, case.sha256, predictor, case)


@st.cache_resource(max_entries=8, ttl=KEEP_S, show_spinner=False, hash_funcs={Manifest: Manifest.to_text})
def _inside(manifest: Manifest, sha256: str, _predictor: Predictor, _case: Case) -> Inside:  # noqa: ARG001 - the key
    return inspector(_predictor).look(to_model_input(_case.radiograph.pixels, manifest.input))


def as_read(predictor: Predictor, case: Case) -> tuple[Grey, Grey]:
    """The scan at the network's size, before and after the window.

    Args:
        predictor: loaded and warm.
        case: the radiograph.

    Returns:
        Two uint8 arrays of shape (size, size).
    """
    spec = predictor.manifest.input
    squashed = resize(case.radiograph.pixels, spec.size)
    return squashed, apply_window(squashed, spec)


def changed(predictor: Predictor, case: Case, changes: Changes, *, operating_point: str = BALANCED) -> Changed:
    """The model's answer on a changed scan.

    Args:
        predictor: loaded and warm.
        case: the radiograph.
        changes: what is done to it.
        operating_point: whose threshold decides.

    Returns:
        The scan and the answer; without changes it is that of `predict`.

    Raises:
        InputRangeError: if the network's output is not finite.
    """
    pixels = changes.apply(resize(case.radiograph.pixels, predictor.manifest.input.size))
    read = apply_window(pixels, predictor.manifest.input)
    if changes == Changes():
        return Changed(pixels, read, predict(predictor, case, operating_point=operating_point))
    return Changed(pixels, read, _answer(predictor, case, changes, pixels, operating_point))


def sweep(
    predictor: Predictor, case: Case, changes: Changes, name: str, values: tuple[float, ...]
) -> tuple[float, ...]:
    """The probability over the range of one slider, the others as they are.

    Args:
        predictor: loaded and warm.
        case: the radiograph.
        changes: of the other sliders.
        name: of the slider, an attribute of `Changes`.
        values: of that slider.

    Returns:
        A probability of Pneumonia for each, 0 to 1.
    """
    answers = (changed(predictor, case, replace(changes, **{name: value})) for value in values)
    return tuple(one.prediction.probability for one in answers)


def variants(predictor: Predictor, case: Case, variation: Variation, seed: int) -> tuple[Changed, ...]:
    """The same child as training would show it.

    Args:
        predictor: loaded and warm.
        case: the radiograph.
        variation: how far its films may differ.
        seed: of the draw; the same seed gives the same variants.

    Returns:
        `VARIANTS` scans with the model's answers.
    """
    rng = np.random.default_rng([seed, *bytes.fromhex(case.sha256[:8])])
    scan = resize(case.radiograph.pixels, predictor.manifest.input.size)
    drawn = [vary(scan, variation, rng) for _ in range(VARIANTS)]
    keys = [(variation, seed, number) for number in range(VARIANTS)]
    return tuple(
        Changed(
            pixels,
            apply_window(pixels, predictor.manifest.input),
            _answer(predictor, case, key, pixels, BALANCED),
        )
        for key, pixels in zip(keys, drawn, strict=True)
    )


def _answer(predictor: Predictor, case: Case, done: object, pixels: Grey, point: str) -> Prediction:
    # Of the original alone: what the sliders do leaves no colour, and a grey copy of a tinted file is still tinted.
    colour = case.radiograph.colourfulness
    return _predict(predictor.manifest, case.sha256, f"{done} {colour}", point, predictor, pixels, colour)


@st.cache_data(max_entries=512, ttl=KEEP_S, show_spinner=False, hash_funcs={Manifest: Manifest.to_text})
def _predict(
    manifest: Manifest,  # noqa: ARG001 - the cache's key
    sha256: str,  # noqa: ARG001 - likewise
    done: str,  # noqa: ARG001 - likewise: what was done to the scan
    point: str,
    _predictor: Predictor,
    _pixels: Grey,
    _colour: float,
) -> Prediction:
    return _predictor.predict(Radiograph(_pixels, "PNG", colourfulness=_colour), operating_point=point)


def strongest(maps: npt.NDArray[np.float32], number: int) -> tuple[int, ...]:
    """Which maps respond most on the whole.

    Args:
        maps: float32, shape (h, w, channels), zero or more.
        number: how many at most.

    Returns:
        Their channels, the strongest first.
    """
    return tuple(int(one) for one in np.argsort(-maps.mean(axis=(0, 1)), kind="stable")[:number])
