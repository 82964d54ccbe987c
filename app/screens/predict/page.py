"""Predict: a radiograph in; the film, the verdict and what it means out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.screens.predict import demo, heatmap, intake, meaning, refused, take_away, verdict
from app.screens.prelude import open_page, wait_for_model
from app.services import model, opened
from app.ui import page as ui
from app.ui import viewer
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from app.services.radiographs import Film
    from model.predictor import Prediction


def render() -> None:
    """The demo's panel or the intake, then what is open."""
    page = open_page("Is there pneumonia on this chest radiograph?", intake.subtitle(), needs_model=True)
    if page is None:
        return
    has_film = demo.panel(page) if demo.is_running() else intake.draw()
    if has_film and isinstance(page.model, model.Warming):
        _warming(page)
    elif has_film and isinstance(page.model, model.Ready):
        _result(page, page.model)
    elif isinstance(page.model, model.Warming):
        wait_for_model(page.settings.model_dir, "You can already open a radiograph.")
    take_away.forget_unless(opened.current().film)
    meaning.limits(page)
    ui.foot(
        "Not a medical device: for research and teaching. A physician reads the radiograph and decides. Uploads stay "
        "in the server’s memory while the page is open and are not written to disk."
    )


def _warming(page: Page) -> None:
    left, right = viewer.columns()
    if (shown := opened.current().film) is not None:
        with left, st.container(key="film-waiting"):
            st.image(shown.shown_png, caption=shown.name, width="stretch", alt="The radiograph, not scored yet")
    with right:
        wait_for_model(page.settings.model_dir, "The verdict appears here in a few seconds.")


def _result(page: Page, ready: model.Ready) -> None:
    """The result of what is open, or why there is none."""
    now = opened.current()
    if now.film is None:
        return
    try:
        prediction = _predicted(page, ready, now.film)
    except ChestXrayError as error:
        ui.problem("This radiograph cannot be scored.", str(error))
        return
    if prediction.refused_because and not now.anyway:
        refused.draw(ready.predictor, now.film, prediction)
    else:
        _scored(page, ready)


@st.fragment
def _scored(page: Page, ready: model.Ready) -> None:
    """The film beside its verdict; below both, the heatmap's details, so that a phone shows the verdict first.

    A fragment: its controls draw nothing else anew, and none of them scores the film again.
    """
    now = opened.current()
    if now.film is None:
        return
    prediction = _predicted(page, ready, now.film)
    left, right = viewer.columns()
    with right:
        verdict.draw(page, ready.predictor.manifest, now, prediction)
        meaning.draw(page, ready.predictor.manifest, now.film, prediction)
        if not demo.is_running():
            take_away.draw(page, now, prediction)
    heatmap.draw(ready, now.film, prediction, page.measured, place=left)


def _predicted(page: Page, ready: model.Ready, film: Film) -> Prediction:
    point = verdict.operating_point(ready.predictor.manifest, page.settings.operating_point)
    return model.predict(ready.predictor, film, operating_point=point)


if __name__ == "__main__":
    render()
