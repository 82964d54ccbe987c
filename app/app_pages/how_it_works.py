"""How it works page: one radiograph on its way through the real network, and what the words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import heatmap, services, uploading, wording
from app.components import markup
from app.how_page import evidence, layers, learning, playing
from app.how_page.glossary import glossary
from app.how_page.scene import Looked, Scene
from app.services import inspection
from app.settings import ASSETS, SAMPLES, SettingsError
from app.settings import load as load_settings
from app.wording import how
from model.errors import ArtifactError, ChestXrayError, RadiographError
from model.variation import Variation

if TYPE_CHECKING:
    from pathlib import Path

    from app.services import Case, Performance, Ready

_POLL_S = 1.0

# Where the Predict page keeps what was chosen there.
_POINT = "operating-point"


def render() -> None:
    """The page."""
    markup.apply_style()
    st.html(ASSETS / "how.css")
    markup.page_head(how.TITLE, how.SUBTITLE)
    try:
        settings = load_settings()
    except SettingsError as error:
        markup.problem("Nothing to show: a setting cannot be used.", str(error))
        glossary()
        return
    state, known = services.model_state(settings.model_dir), _known(settings.model_dir)
    if isinstance(state, services.Failed):
        markup.problem("The network cannot be shown: the model cannot be used.", state.reason)
        st.button("Check again", help="Looks whether the model can be used by now.")
    else:
        _links()
        uploading.intake(_nothing)
        if isinstance(state, services.Warming):
            _warming(settings.model_dir)
        else:
            _network(state, settings.operating_point)
    learning.learning(known)
    glossary()
    markup.foot(wording.FOOT)


def _nothing() -> None:
    """What stands below the samples here."""


def _links() -> None:
    drawn = "".join(f'<a href="#how-{anchor}" target="_self">{title}</a>' for anchor, title in how.SECTIONS.items())
    st.html(f'<nav class="how-links" aria-label="On this page">{drawn}</nav>')


@st.fragment(run_every=_POLL_S)
def _warming(model_dir: Path) -> None:
    """Wait for the model without a click, then run the whole page again."""
    if not isinstance(services.model_state(model_dir), services.Warming):
        st.rerun()
    markup.waiting("The model is warming up. Its layers appear here by themselves in a few seconds.")


def _known(model_dir: Path) -> Performance | None:
    try:
        return services.performance(model_dir)
    except ArtifactError:
        # The model's own state says what is wrong with the folder.
        return None


def _network(ready: Ready, operating_point: str) -> None:
    """Everything that takes a radiograph through the network."""
    case = _case()
    if case is None:
        return
    try:
        prediction = services.predict(ready.predictor, case, operating_point=_point(ready, operating_point))
        variation = Variation.recorded(ready.predictor.manifest.training)
    except ChestXrayError as error:
        markup.problem("This radiograph cannot be shown.", str(error))
        return
    scene = Scene(ready.predictor, case, prediction, variation)
    if refused := heatmap.why_refused(prediction):
        markup.warning("This picture was refused", wording.refused_warning(refused))
    layers.reads(scene)
    _layers(scene)
    playing.variants(scene)
    playing.play(scene)


def _point(ready: Ready, default: str) -> str:
    """The operating point that the Predict page decides by in this session."""
    kept = st.session_state.get(_POINT)
    return kept if kept in [point.name for point in ready.predictor.manifest.operating_points] else default


def _layers(scene: Scene) -> None:
    try:
        looked = Looked(inspection.inspector(scene.predictor), inspection.inside(scene.predictor, scene.case))
    except ChestXrayError as error:
        markup.problem("This network’s layers cannot be shown.", str(error))
        return
    layers.filters(looked)
    layers.stages(looked)
    evidence.votes(scene, looked)
    evidence.probability(scene, looked)


def _case() -> Case | None:
    """The radiograph on the page; the first sample before anybody chose one."""
    case = uploading.current_case()
    if case is not None or uploading.has_problem():
        return case
    files = sorted(SAMPLES.glob("*.png"))
    if not files:
        markup.empty("No radiograph yet", "Drop a file above: its way through the network appears here.")
        return None
    title = files[0].stem.removeprefix("composite_").replace("_", " ").capitalize()
    try:
        case = inspection.first_sample(files[0], title)
    except RadiographError as error:
        markup.problem("The first sample cannot be read.", str(error))
        return None
    markup.note(f"Shown below: {uploading.case_name(case)}, until you choose another.")
    return case


if __name__ == "__main__":
    render()
