"""A picture that the input check rejects: why, what can be done, and nothing of what the model computed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.services import opened
from app.services.radiographs import Film, as_film
from app.ui import page as ui
from app.ui import viewer
from model.input_gate import SHOWN_WRONGLY
from model.radiograph import Radiograph

if TYPE_CHECKING:
    from model.predictor import Prediction, Predictor


def draw(predictor: Predictor, film: Film, prediction: Prediction) -> None:
    """The picture beside the reason."""
    left, right = viewer.columns()
    with left, st.container(key="film-refused"):
        st.image(film.shown_png, caption="As read, not scored", width="stretch", alt="The picture that was rejected")
    with right:
        reason = prediction.refused_because
        ui.problem("Not scored: not recognised as a frontal chest radiograph", f"{reason[:1].upper()}{reason[1:]}.")
        mended = mend(predictor, film, reason)
        if mended is not None:
            st.button(
                f"{_mending(reason)[0]} and score",
                type="primary",
                key="mend",
                on_click=opened.put,
                args=(opened.Opened(mended),),
            )
        else:
            st.markdown(
                "If it is a frontal chest radiograph of a child, export it again: uncropped, in grey, with bone white "
                "and a window that shows the lungs, and open that file."
            )
        st.button("Score it anyway", key="anyway-button", on_click=lambda: opened.change(anyway=True))
        ui.note("Scored anyway, the result carries a warning and may mean nothing.")
        for remark in film.radiograph.context.warnings(predictor.intended_use) if film.radiograph.context else ():
            ui.warning("The DICOM header does not match", remark)


def mend(predictor: Predictor, film: Film, reason: str) -> Film | None:
    """The film as it should have been shown, where the input check knows what is wrong and accepts the outcome."""
    gate, shown = predictor.gate, film.radiograph
    changes = [change for why, change in SHOWN_WRONGLY if why == reason]
    if gate is None or not changes:
        return None
    turned = [_changed(shown, change(np.asarray(shown.pixels))) for change in changes]
    results = [gate.assess(radiograph) for radiograph in turned]
    best = max(range(len(turned)), key=lambda place: results[place].plausibility)
    if not results[best].accepted:
        return None
    told = f"The reader {_mending(reason)[1]} before it was scored, as the input check suggested."
    return as_film(turned[best], sample=film.sample, file_name=film.file_name, corrections=(*film.corrections, told))


def _mending(reason: str) -> tuple[str, str]:
    """What a button says that mends this, and what was done then."""
    if "inverted" in reason:
        return "Invert", "inverted black and white"
    if "border" in reason:
        return "Crop to the film", "cut off the border around the film"
    return "Turn upright", "turned the picture upright"


def _changed(radiograph: Radiograph, pixels: np.ndarray) -> Radiograph:
    """The same with other pixels; a quarter turn exchanges height and width of a pixel, too."""
    spacing = radiograph.pixel_spacing_mm
    if spacing and pixels.shape != radiograph.pixels.shape:
        spacing = spacing[::-1]
    return replace(radiograph, pixels=pixels, pixel_spacing_mm=spacing)
