"""The film with its heatmap, and what can be asked of it: by which method, for which class, where it looked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.reports.sentences import TRUST_TESTS
from app.screens.predict.film import Scene, look_of, pictures, wait_for
from app.services.radiographs import overlay_file, overlay_picture
from app.services.saliency import WITH_THE_VERDICT
from app.ui import page as ui
from app.ui import viewer
from app.ui.numbers import figure, joined, percent
from model.errors import ChestXrayError
from model.labels import LABELS
from model.saliency import METHODS, agreement
from model.saliency.regions import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator

    from app.services.model import Ready
    from app.services.radiographs import Film
    from app.services.saliency import MapTask
    from app.ui.viewer import View
    from model.predictor import Prediction
    from model.records.measured import Measured
    from model.saliency import Regions

_METHOD, _CLASS, _COMPARE, _COMPARED = "heatmap-method", "heatmap-class", "heatmap-compare", "heatmap-compared"
"""Keys in the session's state."""

_HIGH, _SOME = 0.7, 0.4
"""Rank correlations called strong and moderate by Schober, Boer and Schwarte 2018."""


def draw(ready: Ready, film: Film, decided: Prediction, known: Measured | None, *, place: DeltaGenerator) -> None:
    """Toolbar and film at `place`; here, folded, all that can be asked of the heatmap."""
    scene = Scene(ready, film, decided, known)
    subject = film.sha256[:12]
    view = viewer.view_of(subject, quiet=scene.quiet)
    with place:
        waiting, viewed, warned = st.empty(), st.container(), st.container()
    with st.expander("Heatmap: class, method and where it looked", key="heatmap-detail"):
        explain, method = _choose(scene)
        below = st.container()
    try:
        task = scene.start(method, explain)
        if not task.outcome.done():
            with waiting.container(key="film-waiting"):
                st.image(film.shown_png, caption=film.name, width="stretch", alt="The radiograph")
                wait_for({method: task}, st.empty())
            waiting.empty()
        shown = scene.explained(method, explain, task)
    except ChestXrayError as error:
        with viewed:
            viewer.show(subject, pictures(scene, None), quiet=scene.quiet)
        with warned:
            ui.problem("This heatmap cannot be shown.", str(error))
        return
    with viewed:
        viewer.show(subject, pictures(scene, shown), quiet=scene.quiet)
    with warned:
        _caution(scene, view, method)
    with below:
        _about(scene, view, shown)
        _compare(scene, view, method, explain)


def _choose(scene: Scene) -> tuple[str, str]:
    """Class and method."""
    left, right = st.columns(2)
    explain = left.segmented_control(
        "Evidence for", LABELS, required=True, default=LABELS[1] if _CLASS not in st.session_state else None,
        key=_CLASS, persist_state="session",
        help="The heatmap shows what raised the score of this class. It depends neither on the verdict nor on the "
        "operating point.",
    )  # fmt: skip
    trust = scene.known.explanations if scene.known else None
    first = (trust.first_trusted(scene.methods) if trust else None) or WITH_THE_VERDICT
    if st.session_state.get(_METHOD) not in scene.methods:
        st.session_state[_METHOD] = first
    method: str = right.selectbox(
        "Heatmap method", scene.methods, format_func=scene.title, key=_METHOD, persist_state="session",
        help="How the heatmap is computed; the verdict does not depend on it.",
    )  # fmt: skip
    return explain or LABELS[1], method


def _caution(scene: Scene, view: View, method: str) -> None:
    """What must be known of the heatmap at first sight."""
    if not view.has_map:
        if scene.quiet:
            ui.note("No heatmap here: a bright spot would read as disease. “Overlay” shows what the model looked at.")
        return
    if failed := scene.failed(method):
        tests = joined(f"“{TRUST_TESTS[test]}”" for test in failed)
        every = " So did every other method." if all(map(scene.failed, scene.methods)) else ""
        ui.warning("Do not rely on this heatmap", f"{METHODS[method].title} failed a test: {tests}.{every}")


def _about(scene: Scene, view: View, shown: Prediction) -> None:
    """What the heatmap is, where it looked, and the file to save."""
    heat, method = shown.saliency_map, METHODS[shown.saliency_method]
    if heat is None:
        return
    ui.note(f"{method.description} {method.paper}.")
    if scene.known is None or scene.known.explanations is None:
        ui.note("How far this heatmap can be trusted was not measured.")
    regions = scene.regions(shown)
    if regions is None:
        ui.facts([f"No area raised the score for {shown.explained_class}, so the heatmap has no colour."])
    else:
        ui.panel_title("Where did it look?", level=2)
        rows, columns = heat.shape
        ui.facts(
            (
                f"{described(regions)} {_shares(regions)}",
                _usually_outside(scene, shown, regions),
                f"The heatmap has {columns} × {rows} cells. Its strength compares areas of this image only. It shows "
                "what the model used, not where disease is; colour outside the lungs is a reason to distrust the "
                "result.",
            )
        )
    mark = "rejected-" * bool(shown.refused_because) + "indeterminate-" * shown.indeterminate
    name = f"{method.key.replace('_', '-')}-{shown.explained_class.lower()}-{scene.film.sha256[:8]}"
    context, use = scene.film.radiograph.context, scene.ready.predictor.intended_use
    st.download_button(
        "Download the overlay (PNG, full size)",
        partial(
            overlay_file, scene.film, shown, heat, view.opacity,
            method=scene.title(method.key), look=look_of(view),
            header_mismatch=bool(context and context.warnings(use)),
        ),
        file_name=f"overlay-{mark}{name}.png",
        mime="image/png",
        on_click="ignore",
        key="download-overlay",
        help="At the radiograph’s own size, as drawn here. It names no patient.",
    )  # fmt: skip


def _shares(regions: Regions) -> str:
    return (
        f"Colour by thirds: {percent(regions.upper)} upper, {percent(regions.middle)} middle, "
        f"{percent(regions.lower)} lower; by sides: {percent(regions.left_of_image)} left of the image, "
        f"{percent(regions.right_of_image)} right."
    )


def _usually_outside(scene: Scene, shown: Prediction, regions: Regions) -> str:
    """How much colour lies outside the lungs on validation radiographs like this one; "" where not measured."""
    if regions.outside_lungs is None:
        return "The lungs could not be outlined, so thirds and sides are those of the whole image."
    trust, decision = scene.known.explanations if scene.known else None, scene.decided.decision
    if trust is None or shown.explained_class != decision:
        return ""
    outcome = "true_positive" if decision == LABELS[1] else "true_negative"
    usual = trust.validation.mass.get(shown.saliency_method, {}).get(outcome)
    if usual is None or usual.lungs is None:
        return ""
    share = percent(1 - usual.lungs.value)
    return (
        f"On validation radiographs correctly classified as {decision.lower()}, {share} of the colour lies outside the "
        "lungs on average."
    )


def _compare(scene: Scene, view: View, method: str, explain: str) -> None:
    """Several methods side by side, and how far they agree."""
    if len(scene.methods) < 2:
        return
    if not st.toggle("Compare methods", key=_COMPARE, persist_state="session"):
        return
    quick = [key for key in scene.methods if key != method and not METHODS[key].slow]
    st.session_state.setdefault(_COMPARED, [method, *quick[:1]])
    chosen = st.pills(
        "Methods to compare", scene.methods, selection_mode="multi", format_func=scene.title, key=_COMPARED,
        persist_state="session", help="Slow methods take a few seconds the first time.",
    )  # fmt: skip
    if len(chosen) < 2:
        ui.note("Choose at least two methods.")
        return
    tasks = {key: scene.start(key, explain) for key in METHODS if key in chosen}
    told, bar = st.container(), st.empty()
    places: dict[str, DeltaGenerator] = {}
    while len(places) < len(tasks):
        places.update(zip(list(tasks)[len(places) :], st.columns(2, gap="small"), strict=False))
    while places:
        for key in [one for one in places if tasks[one].outcome.done()]:
            shown = scene.explained(key, explain, tasks[key])
            regions = scene.regions(shown)
            title = f"{scene.title(key)}: {described(regions) if regions else 'No colour.'}"
            heat = tasks[key].outcome.result()
            drawn = overlay_picture(scene.film, heat, view.opacity, look_of(view))
            places.pop(key).image(drawn, caption=title, width="stretch", alt=title)
        if places:
            wait_for(tasks, bar, one_more=True)
    with told:
        _agreement(tasks)


def _agreement(tasks: Mapping[str, MapTask]) -> None:
    value = agreement([task.outcome.result() for task in tasks.values()])
    told = f"between {joined(METHODS[key].title for key in tasks)} (rank correlation {figure(value)})"
    if value >= _HIGH:
        text = f"High agreement {told}. An artefact of one method is unlikely; the verdict may still be wrong."
    elif value >= _SOME:
        text = f"Partial agreement {told}: rely only on areas that all of them mark."
    else:
        text = f"Low agreement {told}: rely on none of them alone."
    ui.facts([text])
