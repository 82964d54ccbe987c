"""What How it works asks of the model: its layers on one film, and its answer on changed versions of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.services.model import KEEP_S, key_of, predict
from app.services.radiographs import Film, open_film
from model.inspection import Inside, Inspector
from model.preprocessing import apply_window, resize, to_model_input
from model.radiograph import Radiograph
from model.records.manifest import BALANCED
from model.variation import Variation, blurred, expose, move, vary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model.predictor import Prediction, Predictor

Grey = npt.NDArray[np.uint8]

VARIANTS = 6
"""Variants drawn at a time."""


@dataclass(frozen=True)
class Changes:
    """What the sliders do to a film at the network's size; nothing by default.

    Attributes:
        turn: clockwise, degrees.
        brightness: added, percent of full scale; below 0 darkens.
        blur: sigma of a Gaussian, pixels of the network's input.
        crop: share of width and height that is cut away, half on either side, percent, 0 to 90.
    """

    turn: float = 0.0
    brightness: float = 0.0
    blur: float = 0.0
    crop: float = 0.0

    def apply(self, pixels: Grey) -> Grey:
        """Change a film: uint8, shape (size, size), and the same returned."""
        scale = 1.0 / (1.0 - self.crop / 100.0)
        moved = pixels if self.turn == 0 and self.crop == 0 else move(pixels, degrees=self.turn, scale=scale)
        exposed = moved if self.brightness == 0 else expose(moved, brightness=self.brightness / 100.0)
        return blurred(exposed, self.blur)


@dataclass(frozen=True, eq=False)
class Changed:
    """A changed film with the model's answer.

    Attributes:
        pixels: uint8, shape (size, size), before the window.
        read: uint8, shape (size, size): what the network reads, after the window.
        prediction: includes what the input check says.
    """

    pixels: Grey
    read: Grey
    prediction: Prediction


def first_sample(file: Path, title: str) -> Film:
    """The film that is shown until somebody chooses one; it is not put on the Predict page.

    Raises:
        RadiographError: if the file cannot be read.
    """
    return _first_sample(file, title, file.stat().st_mtime_ns)


def inspector(predictor: Predictor) -> Inspector:
    """What looks into the network; made at the first call and shared by all sessions.

    Raises:
        ArtifactError: if the network's layers cannot be shown.
    """
    return _inspector(predictor.manifest.weights_sha256, predictor)


def inside(predictor: Predictor, film: Film) -> Inside:
    """What the layers compute on a film; not to be changed.

    Raises:
        ArtifactError: if the network's layers cannot be shown.
    """
    return _inside(predictor.manifest.weights_sha256, film.sha256, predictor, film)


def as_read(predictor: Predictor, film: Film) -> tuple[Grey, Grey]:
    """The film at the network's size, before and after the window: two uint8 arrays of shape (size, size)."""
    spec = predictor.manifest.input
    squashed = resize(film.radiograph.pixels, spec.size)
    return squashed, apply_window(squashed, spec)


def changed(predictor: Predictor, film: Film, changes: Changes, *, operating_point: str = BALANCED) -> Changed:
    """The model's answer on a changed film; without changes, that of `predict`.

    Raises:
        InputRangeError: if the network's output is not finite.
    """
    pixels = changes.apply(resize(film.radiograph.pixels, predictor.manifest.input.size))
    read = apply_window(pixels, predictor.manifest.input)
    if changes == Changes():
        return Changed(pixels, read, predict(predictor, film, operating_point=operating_point))
    return Changed(pixels, read, _answer(predictor, film, changes, pixels, operating_point))


def sweep(
    predictor: Predictor, film: Film, changes: Changes, name: str, values: tuple[float, ...]
) -> tuple[float, ...]:
    """The score, 0 to 1, at each value of one slider.

    Args:
        predictor: loaded and warm.
        film: to be changed.
        changes: of the other sliders.
        name: of the slider, an attribute of `Changes`.
        values: of that slider.
    """
    answers = (changed(predictor, film, replace(changes, **{name: value})) for value in values)
    return tuple(answer.prediction.probability for answer in answers)


def variants(predictor: Predictor, film: Film, variation: Variation, seed: int) -> tuple[Changed, ...]:
    """The same child as training would show it: `VARIANTS` films, the same for the same seed.

    Args:
        predictor: loaded and warm.
        film: to be varied.
        variation: how far training's films differ.
        seed: of the draw.
    """
    colour = film.radiograph.colourfulness
    return _variants(key_of(predictor), f"{film.sha256} {colour}", variation, seed, predictor, film)


def drawn(predictor: Predictor, film: Film, name: str, make: Callable[[], bytes]) -> bytes:
    """A picture of what the network computes on a film, made once.

    Args:
        predictor: loaded and warm.
        film: that the picture is of.
        name: of the picture, with all that changes it.
        make: draws it.
    """
    return _drawn(predictor.manifest.weights_sha256, film.sha256, name, make)


def strongest(maps: npt.NDArray[np.float32], number: int) -> tuple[int, ...]:
    """The channels that respond most on the whole, the strongest first.

    Args:
        maps: float32, shape (h, w, channels), zero or more.
        number: how many at most.
    """
    return tuple(int(channel) for channel in np.argsort(-maps.mean(axis=(0, 1)), kind="stable")[:number])


def _answer(predictor: Predictor, film: Film, done: object, pixels: Grey, point: str) -> Prediction:
    # Of the original: the sliders leave no colour, yet a grey copy of a tinted file is still tinted.
    colour = film.radiograph.colourfulness
    return _predict(key_of(predictor), film.sha256, f"{done} {colour}", point, predictor, pixels, colour)


@st.cache_resource(max_entries=2, show_spinner=False)
def _first_sample(file: Path, title: str, changed_ns: int) -> Film:  # noqa: ARG001 - part of the cache's key
    return open_film(file.read_bytes(), sample=title)


@st.cache_resource(max_entries=1, show_spinner=False)
def _inspector(weights: str, _predictor: Predictor) -> Inspector:  # noqa: ARG001 - part of the cache's key
    return Inspector(_predictor.network)


@st.cache_resource(max_entries=8, ttl=KEEP_S, show_spinner=False)
def _inside(weights: str, sha256: str, _predictor: Predictor, _film: Film) -> Inside:  # noqa: ARG001 - likewise
    return inspector(_predictor).look(to_model_input(_film.radiograph.pixels, _predictor.manifest.input))


@st.cache_data(max_entries=32, ttl=KEEP_S, show_spinner=False)
def _drawn(weights: str, sha256: str, name: str, _make: Callable[[], bytes]) -> bytes:  # noqa: ARG001 - likewise
    return _make()


@st.cache_resource(max_entries=16, ttl=KEEP_S, show_spinner=False)
def _variants(
    model: str,  # noqa: ARG001 - part of the cache's key
    pixels: str,  # noqa: ARG001 - likewise
    variation: Variation,
    seed: int,
    _predictor: Predictor,
    _film: Film,
) -> tuple[Changed, ...]:
    rng = np.random.default_rng([seed, *bytes.fromhex(_film.sha256[:8])])
    spec = _predictor.manifest.input
    scan = resize(_film.radiograph.pixels, spec.size)
    made = [vary(scan, variation, rng) for _ in range(VARIANTS)]
    return tuple(
        Changed(one, apply_window(one, spec), _answer(_predictor, _film, (variation, seed, number), one, BALANCED))
        for number, one in enumerate(made)
    )


@st.cache_data(max_entries=512, ttl=KEEP_S, show_spinner=False)
def _predict(
    model: str,  # noqa: ARG001 - part of the cache's key
    sha256: str,  # noqa: ARG001 - likewise
    done: str,  # noqa: ARG001 - likewise: what was done to the film
    point: str,
    _predictor: Predictor,
    _pixels: Grey,
    _colour: float,
) -> Prediction:
    return _predictor.predict(Radiograph(_pixels, "PNG", colourfulness=_colour), operating_point=point)
