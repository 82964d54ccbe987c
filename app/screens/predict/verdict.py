"""The verdict: what qualifies it, the word, what such a score meant in the test set, and the score on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.services import opened
from app.ui import metrics
from app.ui import page as ui
from app.ui import verdict as card
from model.evaluation import Alike, alike
from model.scoring import qualifications

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from app.services.radiographs import Film
    from model.predictor import Prediction
    from model.records.manifest import IntendedUse, Manifest


def operating_point(manifest: Manifest, default: str) -> str:
    """The operating point chosen in this session, as long as the model has it."""
    kept = st.session_state.get(opened.OPERATING_POINT)
    return kept if kept in manifest.point_names else default


def draw(page: Page, manifest: Manifest, now: opened.Opened, prediction: Prediction) -> None:
    """Everything that is read at first sight."""
    if now.film is None:
        return
    known = page.measured
    use = manifest.intended_use
    card.qualify(qualifications(now.film.radiograph, prediction, use) + notes(now, use))
    near = _alike(page, prediction)
    evaluated = known is not None and known.evaluation is not None and known.scores is not None
    card.card(
        prediction, alike=near, prevalence=known.scores.prevalence if evaluated and known and known.scores else None
    )
    card.bar(prediction, band=manifest.band)
    _choice(manifest, prediction.operating_point)
    _age(now, use)


def notes(now: opened.Opened, use: IntendedUse | None) -> tuple[str, ...]:
    """What the reader did or said that qualifies the result, in sentences; they go wherever the result goes."""
    corrections = now.film.corrections if now.film else ()
    if use is None or now.age_fits is None or now.age_fits:
        return corrections
    return (
        *corrections,
        f"The reader says that this child is not {use.ages} old. The model is meant for {use.patients}.",
    )


def _alike(page: Page, prediction: Prediction) -> Alike | None:
    """The test radiographs with the nearest scores; none for a rejected picture, which no test radiograph is like."""
    scores = page.measured.scores if page.measured else None
    return alike(scores, prediction.probability) if scores is not None and not prediction.refused_because else None


def _choice(manifest: Manifest, chosen: str) -> None:
    key = opened.OPERATING_POINT
    st.session_state[key] = chosen
    st.segmented_control(
        "Operating point", manifest.point_names, required=True, format_func=metrics.point_title,
        help=metrics.POINTS_HELP, key=key, persist_state="session",
    )  # fmt: skip


def _age(now: opened.Opened, use: IntendedUse | None) -> None:
    """Asked once a radiograph, where the header does not say."""
    film = now.film
    if use is None or film is None or film.sample or _states_age(film):
        for remark in film.radiograph.context.remarks(use) if film and film.radiograph.context else ():
            ui.note(remark)
        return
    key = f"age-{film.sha256[:12]}"
    st.session_state[key] = now.age_fits
    st.segmented_control(
        f"Is this child {use.ages} old?",
        (True, False),
        format_func=lambda fits: "Yes" if fits else "No",
        key=key,
        on_change=lambda: opened.change(age_fits=st.session_state[key]),
    )


def _states_age(film: Film) -> bool:
    context = film.radiograph.context
    return context is not None and (context.age_months is not None or context.age_without_unit is not None)
