"""Performance page: how good the model is, from the files that training and evaluation wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import services
from app.components import markup
from app.performance_page import (
    breadth,
    compare,
    errors,
    learning,
    own_data,
    provenance,
    questions,
    threshold,
    trust,
    verdicts,
)
from app.settings import ASSETS, Settings, SettingsError
from app.settings import load as load_settings
from model.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.services import Performance

# Key of the tabs in the session's state and in the page's address. No docstring: Streamlit would draw it.
TABS = "performance-tab"


def render() -> None:
    """The page."""
    markup.apply_style()
    st.html(ASSETS / "performance.css")
    markup.page_head("How good is the model?", "Measured on images it was not trained on.")
    try:
        settings = load_settings()
    except SettingsError as error:
        markup.problem("No figures: a setting cannot be used.", str(error))
        return
    # Whoever comes here first should not wait for the model on the other page.
    services.model_state(settings.model_dir)
    try:
        known = services.performance(settings.model_dir)
    except ArtifactError as error:
        markup.problem("No figures: there is no usable model.", str(error))
        return
    for text in known.problems:
        markup.problem("Some figures cannot be shown.", text)
    if known.evaluation is None and not known.problems:
        markup.problem(
            "This model was not evaluated.",
            f"Model {known.manifest.model_version} has no evaluation.json. Run `python -m training evaluate`.",
        )
    questions.ask(known, settings, tab=TABS)
    _tabs(known, settings)
    markup.foot(
        "Not a medical device. Every figure on this page is read from the files beside a model’s weights, but those "
        "of your own data."
    )


def _tabs(known: Performance, settings: Settings) -> None:
    """What was measured, the most important first; only the open tab is drawn."""
    drawn: dict[str, Callable[[Performance], None]] = {
        "Accuracy": lambda found: _accuracy(found, settings),
        "For whom": _breadth,
        "Heatmap": lambda found: trust.trust(found.explanations),
        "Compare": lambda found: compare.comparison(found, settings),
        "Hardest cases": lambda found: errors.hardest_cases(found, settings),
        "Your own data": lambda found: own_data.own_data(found, settings),
        "Training": lambda found: learning.learning(found, settings),
        "How measured": lambda found: provenance.provenance(found, settings),
    }
    for draw, tab in zip(drawn.values(), st.tabs(list(drawn), key=TABS, bind="query-params"), strict=True):
        if tab.open:
            with tab:
                draw(known)


def _accuracy(known: Performance, settings: Settings) -> None:
    if (evaluation := known.evaluation) is None:
        markup.note("How often it is right was not measured for this model, or cannot be read.")
        return
    threshold.driven(evaluation, known.test_scans, begin_with=settings.operating_point, clinic=settings.prevalence)
    verdicts.falls_short(evaluation, known.history, known.robustness)
    verdicts.points(evaluation)
    verdicts.reliability(evaluation)
    verdicts.band(evaluation)
    verdicts.every_figure(evaluation)


def _breadth(known: Performance) -> None:
    if known.evaluation is not None:
        breadth.groups(known.evaluation)
    breadth.sturdy(known.robustness)
    breadth.refuses(known.gate, known.evaluation)


if __name__ == "__main__":
    render()
