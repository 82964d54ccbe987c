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
    """The film beside its verdict; below both, what opens on demand."""
    now = opened.current()
    if now.film is None:
        return
    point = verdict.operating_point(ready.predictor.manifest, page.settings.operating_point)
    try:
        prediction = model.predict(ready.predictor, now.film, operating_point=point)
    except ChestXrayError as error:
        ui.problem("This radiograph cannot be scored.", str(error))
        return
    if prediction.refused_because and not now.anyway:
        refused.draw(ready.predictor, now.film, prediction)
        return
    left, right = viewer.columns()
    with left:
        heatmap.draw(ready, now.film, prediction, page.measured)
    with right:
        verdict.draw(page, ready.predictor.manifest, now, prediction)
        meaning.draw(page, ready.predictor.manifest, now.film, prediction)
        if not demo.is_running():
            take_away.draw(page, now, prediction)


if __name__ == "__main__":
    render()
