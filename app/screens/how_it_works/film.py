"""The radiograph that the page follows, and what the network reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.screens.how_it_works import pictures
from app.services import inspection, model, opened
from app.services.radiographs import keep_uploads_in_memory
from app.ui import page as ui
from model.errors import ChestXrayError
from model.variation import Variation

if TYPE_CHECKING:
    from app.services.model import Ready
    from app.services.radiographs import Film
    from model.predictor import Prediction, Predictor

_SAMPLE = "how-sample"


@dataclass(frozen=True, eq=False)
class Scene:
    """One radiograph and the model.

    Attributes:
        film: the radiograph.
        prediction: what Predict shows of it.
        variation: how far training changed its radiographs; None if not recorded.
    """

    predictor: Predictor
    film: Film
    prediction: Prediction
    variation: Variation | None


def choose() -> None:
    """Choose a sample, or a file of one's own; Predict shows the same."""
    files = {opened.title_of(file): file for file in opened.samples()}
    now = opened.current().film
    # What is open decides, also when it was opened on Predict.
    st.session_state[_SAMPLE] = now.sample if now is not None and now.sample in files else None

    def take() -> None:
        if title := st.session_state[_SAMPLE]:
            opened.open_sample(files[title])

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if files:
            st.pills(
                "Sample (synthetic composites, not real patients)", list(files), key=_SAMPLE, on_change=take,
                width="content",
            )  # fmt: skip
        with st.popover("Use your own file"):
            keep_uploads_in_memory()
            key = opened.uploader_key()
            st.file_uploader(
                "Radiograph: DICOM, PNG, JPEG, TIFF …", key=key, on_change=opened.take_upload, args=(key,),
                help="It stays in this server’s memory while the page is open and is not written to disk.",
            )  # fmt: skip
    if problem := opened.current().problem:
        ui.problem("This file cannot be scored.", problem)
    elif now is not None:
        ui.note(f"Shown below: {now.name}")


def scene(ready: Ready, default_point: str) -> Scene | None:
    """The radiograph with the model's answer; None where there is none, which is then said."""
    names = ready.predictor.manifest.point_names
    chosen = st.session_state.get(opened.OPERATING_POINT)
    try:
        film = _film()
        if film is None:
            return None
        point = chosen if chosen in names else default_point
        prediction = model.predict(ready.predictor, film, operating_point=point)
        variation = Variation.recorded(ready.predictor.manifest.training)
    except ChestXrayError as error:
        ui.problem("This radiograph cannot be shown.", str(error))
        return None
    if prediction.refused_because:
        ui.warning("The input check rejected this picture.", f"{prediction.refused_because.capitalize()}.")
    return Scene(ready.predictor, film, prediction, variation)


def _film() -> Film | None:
    """What is open; before anybody opened something the first sample, which is not put on Predict."""
    now = opened.current()
    if now.film is not None or now.problem:
        return now.film
    files = opened.samples()
    if not files:
        ui.empty("No radiograph yet", "Choose a file above to follow it through the network.")
        return None
    film = inspection.first_sample(files[0], opened.title_of(files[0]))
    ui.note(f"Shown below: {film.name}, until you choose another.")
    return film


def draw(scene: Scene) -> None:
    """From the file to what the network reads."""
    spec = scene.predictor.manifest.input
    ui.section("1 · What the network reads", "A small square picture, and nothing else.", anchor="how-reads")
    resized, windowed = inspection.as_read(scene.predictor, scene.film)
    height, width = scene.film.radiograph.pixels.shape
    made = [pictures.png(np.repeat(one[..., np.newaxis], 3, axis=2)) for one in (resized, windowed)]
    pictures.row(
        "reads",
        [
            (scene.film.shown_png, f"The file: {width:,} × {height:,} pixels", "The radiograph as it is"),
            (made[0], "Resized to a square", "The radiograph resized to a square"),
            (made[1], "Grey values stretched: what the network reads", "The radiograph as the network reads it"),
        ],
        columns=4,
    )
    if height == width == spec.size:
        size = f"The file has {width:,} × {height:,} pixels, the size that the network reads."
    else:
        size = f"The file has {width:,} × {height:,} pixels. It is resized to a square of {spec.size} × {spec.size}."
    window = "Grey values stay as they are."
    if spec.window != "none":
        window = (
            f"Grey values are stretched: the darkest {spec.low_percentile:g}\u00a0% become black, the brightest "
            f"{100 - spec.high_percentile:g}\u00a0% white. This cancels most differences in exposure."
        )
    if spec.window == "clahe":
        window += " Contrast is then evened out region by region."
    numbers = f"The network receives {spec.size**2:,} numbers from 0 (black) to 1 (white): no name, no age, no history."
    ui.facts([size, window, numbers])
