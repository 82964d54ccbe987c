"""The pictures of the Predict page: the overlay by a method of the user's choice, where it looked, and a comparison.

Drawn as a fragment, so that its controls redraw nothing else. A map that takes time is made by a thread of its own
(`services.map_task`); this page draws the radiograph at once, shows progress and waits.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import kept, services, viewing, wording
from app.components import markup, viewer, zoom
from model.errors import ChestXrayError
from model.labels import LABELS
from model.saliency import METHODS, agreement, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streamlit.delta_generator import DeltaGenerator

    from app.measured import Explanations, Mass
    from app.services import Case, MapTask, Performance, Ready
    from app.viewing import View
    from model.predictor import Prediction
    from model.saliency import Regions

_LOOK_EVERY_S = 0.1

# What is kept for the session. A widget's own key would be dropped on a visit to the other page.
_METHOD, _COMPARE, _COMPARED = "heatmap-method", "heatmap-compare", "heatmap-compared"


@dataclass(frozen=True, eq=False)
class _Scene:
    """What all pictures have in common.

    Attributes:
        ready: the model.
        case: the radiograph.
        prediction: for the class that is explained; its map is that of the forward pass.
        decision: the class that was called.
        view: how pictures are drawn.
        trust: what was measured of the methods, or None.
    """

    ready: Ready
    case: Case
    prediction: Prediction
    decision: str
    view: View
    trust: Explanations | None

    @property
    def methods(self) -> tuple[str, ...]:
        """Those that can be had."""
        return tuple(METHODS) if self.ready.explaining else (services.WITH_THE_VERDICT,)

    def start(self, method: str) -> MapTask:
        """The map of a method, ready or in the making."""
        shown = self.prediction
        return services.map_task(
            self.ready.predictor,
            self.ready.explaining,
            self.case,
            method=method,
            explain=shown.explained_class,
            operating_point=shown.operating_point,
        )

    def with_map(self, task: MapTask) -> Prediction:
        """The prediction with the map of a task that is done."""
        return replace(self.prediction, saliency_map=task.outcome.result())

    def title(self, method: str) -> str:
        """A method's title, marked if it failed a trust test."""
        return wording.method_title(METHODS[method], failed=bool(self.trust and self.trust.failed(method)))

    def regions(self, prediction: Prediction) -> Regions:
        """Where a map's colour lies; within the lungs where the input gate found them."""
        gate = prediction.gate
        found = gate is not None and gate.accepted and bool((gate.lungs >= 0.5).any())
        return where(prediction.saliency_map, gate.lungs if gate is not None and found else None)


@st.fragment
def pictures(ready: Ready, case: Case, decided: Prediction, known: Performance | None) -> None:
    """The radiograph beside its overlay, with all that belongs to the overlay.

    Args:
        ready: the model.
        case: the radiograph.
        decided: what the model says of it.
        known: what was measured of the model.
    """
    trust = known.explanations if known else None
    drawn = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        mode = viewing.mode_control()
        explained = st.segmented_control(
            "Evidence for",
            ready.predictor.manifest.labels,
            default=decided.decision,
            required=True,
            help=wording.EXPLAIN_HELP,
            key=f"explain-{case.sha256[:12]}-{decided.operating_point}",
        )
        opacity = viewing.opacity_control(disabled=mode == wording.CONTOURS)
        colours = viewing.colours_control()
    greys, zoomable, part = viewing.greys_and_zoom(case.sha256[:12])
    look = services.Look(contours=mode == wording.CONTOURS, colours=colours, greys=greys)
    view = viewing.View(mode, opacity, look, zoomable, part)
    prediction = services.predict(
        ready.predictor, case, explain=explained or decided.decision, operating_point=decided.operating_point
    )
    scene = _Scene(ready, case, prediction, decided.decision, view, trust)
    method = _method(scene)
    try:
        _overlay(scene, method, drawn)
        _compare(scene, method)
    except ChestXrayError as error:
        markup.problem("This heatmap cannot be shown.", str(error))


def why_refused(prediction: Prediction) -> str:
    """Why the input gate refuses the picture; "" where it accepts it or there is no gate."""
    gate = prediction.gate
    return "" if gate is None or gate.accepted else gate.reason or "no reason was given"


def warning(prediction: Prediction) -> str:
    """What stands on everything that is drawn of a refused picture; "" for others."""
    reason = why_refused(prediction)
    return wording.refused_warning(reason) if reason else ""


def default_method(trust: Explanations | None, options: Iterable[str] = tuple(METHODS)) -> str:
    """The method shown first: the first that fails no trust test, or the one that comes with the verdict.

    Args:
        trust: what was measured, or None.
        options: methods to choose from, in order.

    Returns:
        Its key.
    """
    return (trust.first_trusted(options) if trust else None) or services.WITH_THE_VERDICT


def _method(scene: _Scene) -> str:
    """The methods to choose from, with what the chosen one does."""
    options = scene.methods
    kept = st.session_state.get(_METHOD)
    # Only what the user chose is kept: what is shown first may change with what was measured.
    chosen = kept if kept in options else default_method(scene.trust, options)
    key = f"{_METHOD}-widget"
    st.session_state[key] = chosen
    method: str = st.selectbox(
        "Heatmap method",
        options,
        format_func=scene.title,
        help=f"{wording.METHOD_HELP} {METHODS[chosen].title}: {METHODS[chosen].paper}",
        key=key,
        on_change=_keep_method,
        args=(key,),
    )
    markup.note(wording.method_note(METHODS[method]))
    return method


def _keep_method(key: str) -> None:
    st.session_state[_METHOD] = st.session_state[key]


def _overlay(scene: _Scene, method: str, drawn: DeltaGenerator) -> None:
    """The pictures and what belongs to them; where the map takes time, the radiograph comes first."""
    task = scene.start(method)
    pending = not task.outcome.done()
    with drawn:
        place = _place(scene)
        _legend(scene)
        bar = st.empty() if pending else None
    # Emptied, so that what was said of another map goes away at once.
    words = st.empty() if pending else None
    if bar:
        place = viewer.waiting_for_overlay(place)
        _await({method: task}, bar)
    if task.outcome.exception() and bar:
        place.empty()
    shown = scene.with_map(task)
    _draw(scene, method, shown, place)
    with words.container() if words else st.container():
        _about(scene, method, shown)


def _place(scene: _Scene) -> DeltaGenerator:
    """Where the overlay goes, with the radiograph beside it where the view has both."""
    case, view = scene.case, scene.view
    if view.zoomable or not view.has_pair:
        return st.container()
    return viewer.side_by_side(
        services.radiograph_shown(case, view.look.greys),
        is_sample=bool(case.sample),
        warning=warning(scene.prediction),
        changed=not view.look.greys.as_read,
    )


def _legend(scene: _Scene) -> None:
    """What the colours mean, how large the radiograph is, and what was changed for viewing."""
    look = scene.view.look
    viewer.legend(services.legend_colours(look), wording.legend_ends(look), lines=look.contours)
    told = (
        wording.contour_levels() if look.contours else "",
        f"{viewer.picture_name(is_sample=bool(scene.case.sample))}: {wording.size_in_words(scene.case.radiograph)}.",
        wording.greys_sentence(look.greys),
    )
    markup.note(" ".join(text for text in told if text))


def _draw(scene: _Scene, method: str, shown: Prediction, place: DeltaGenerator) -> None:
    """The overlay, or the lines; together with the radiograph where both are zoomed."""
    explained, title, view = shown.explained_class, scene.title(method), scene.view
    kind, how = ("Contours", "lines around places") if view.look.contours else ("Overlay", "colour")
    warned, marks = warning(shown), wording.colour_marks(METHODS[method], explained)
    same = "The same image" if view.has_pair else "The image that was scored"
    caption = f"{kind}: evidence for {explained}, by {title}" + (" · refused picture" if warned else "")
    alt = f"{same} with {how} {marks}, by {title} {warned}".strip()
    if view.zoomable:
        _draw_zoomable(scene, shown, place, caption=caption, alt=alt)
        return
    drawn = services.overlay_shown(scene.case, shown, view.opacity, look=view.look)
    viewer.overlay(place, drawn, caption=caption, alt=alt)


def _draw_zoomable(scene: _Scene, shown: Prediction, place: DeltaGenerator, *, caption: str, alt: str) -> None:
    case, view = scene.case, scene.view
    radiograph, drawn, size = services.zoom_pictures(case, shown, view.opacity, look=view.look)
    name = viewer.picture_name(is_sample=bool(case.sample), warning=warning(shown))
    pictures = [zoom.Zoomable(radiograph, name)] if view.has_pair else []
    rows, columns = case.radiograph.pixels.shape
    spacing = case.radiograph.pixel_spacing_mm or (1.0, 1.0)
    field = zoom.Field(
        pixels=size,
        extent=(rows * spacing[0], columns * spacing[1]),
        unit="mm" if case.radiograph.pixel_spacing_mm else "px",
        part=wording.PARTS[view.part],
    )
    kind = "Contours" if view.look.contours else "Overlay"
    with place.container():
        zoom.zoomed(st.container(), [*pictures, zoom.Zoomable(drawn, kind)], field, alt=alt)
        markup.note(f"{caption}. {wording.zoom_sentence(case.radiograph, size)}")


def _await(tasks: Mapping[str, MapTask], bar: DeltaGenerator, *, one_more: bool = False) -> None:
    """Show progress until all tasks are done, or until one more is."""
    outcomes = {task.outcome for task in tasks.values()}
    before = {outcome for outcome in outcomes if outcome.done()}
    while (done := {outcome for outcome in outcomes if outcome.done()}) != outcomes and not (
        one_more and done > before
    ):
        text = ", ".join(METHODS[name].title for name, task in tasks.items() if not task.outcome.done())
        part = sum(1.0 if task.outcome.done() else task.part for task in tasks.values()) / len(tasks)
        bar.progress(min(1.0, part), text=f"Computing {text} …")
        wait(outcomes - done, timeout=_LOOK_EVERY_S, return_when=FIRST_COMPLETED)
    if done == outcomes:
        bar.empty()


def _about(scene: _Scene, method: str, shown: Prediction) -> None:
    """What the heatmap is, whether it can be trusted and where it looked; and the file to save."""
    _trust(scene, method)
    markup.note(wording.heatmap_note(shown, scene.decision, METHODS[method]))
    if shown.saliency_map.any():
        markup.panel_title("Where did it look?")
        regions = scene.regions(shown)
        markup.facts(
            (
                wording.where_sentence(regions, METHODS[method].title),
                wording.outside_sentence(regions, *_usual(scene, method)),
            )
        )
    refused, open_ = "refused-" * bool(why_refused(shown)), "indeterminate-" * shown.indeterminate
    name = f"{method.replace('_', '-')}-{shown.explained_class.lower()}-{scene.case.sha256[:8]}"
    st.download_button(
        "Download the overlay (PNG, full size)",
        data=partial(
            services.overlay_full_size,
            scene.case,
            shown,
            scene.view.opacity,
            method=scene.title(method),
            look=scene.view.look,
        ),
        help=wording.DOWNLOAD_HELP,
        file_name=f"overlay-{refused}{open_}{name}.png",
        mime="image/png",
        on_click="ignore",
    )


def _trust(scene: _Scene, method: str) -> None:
    """Whether the method can be trusted, as far as that was measured."""
    if scene.trust is None:
        markup.note(wording.TRUST_NOT_MEASURED)
    elif failed := scene.trust.failed(method):
        every = all(map(scene.trust.failed, scene.methods))
        told = wording.failed_sentence(METHODS[method].title, failed)
        markup.warning("Do not rely on this heatmap", f"{told} {wording.EVERY_METHOD_FAILED}" if every else told)


def _usual(scene: _Scene, method: str) -> tuple[Mass | None, str]:
    """What was measured of colour in the lungs on scans with this verdict, if it is the verdict that is explained."""
    if scene.trust is None or scene.prediction.explained_class != scene.decision:
        return None, ""
    outcome = "true_positive" if scene.decision == LABELS[1] else "true_negative"
    return scene.trust.validation.mass.get(method, {}).get(outcome), f"rightly called {scene.decision}"


def _compare(scene: _Scene, method: str) -> None:
    """Several methods side by side, and how far they agree."""
    if len(scene.methods) < 2:
        return
    wanted = st.toggle("Compare methods", key=kept.restored(_COMPARE, default=False), help=wording.COMPARE_HELP)
    st.session_state[_COMPARE] = wanted
    if not wanted:
        return
    quick = [key for key in scene.methods if key != method and not METHODS[key].slow]
    key = kept.restored(_COMPARED, [method, *quick[:1]])
    chosen = st.pills(
        "Methods to compare",
        scene.methods,
        selection_mode="multi",
        format_func=scene.title,
        help=wording.COMPARE_HELP,
        key=key,
    )
    st.session_state[_COMPARED] = chosen
    if len(chosen) < 2:
        markup.note("Choose two methods or more.")
        return
    tasks = {one: scene.start(one) for one in METHODS if one in chosen}
    # As above: what is there already is drawn over what was there before, without a flicker.
    told = None if all(task.outcome.done() for task in tasks.values()) else st.empty()
    if told is None:
        _agreement(tasks)
    _fill(scene, tasks, told)
    if told is not None:
        with told.container():
            _agreement(tasks)


def _agreement(tasks: Mapping[str, MapTask]) -> None:
    value = agreement([task.outcome.result() for task in tasks.values()])
    markup.facts([wording.methods_agree(value, [METHODS[method].title for method in tasks])])


def _fill(scene: _Scene, tasks: Mapping[str, MapTask], bar: DeltaGenerator | None) -> None:
    """Draw each overlay as soon as its map is there."""
    places = dict(zip(tasks, viewer.pairs(len(tasks)), strict=True))
    for method, task in tasks.items():
        if bar and not task.outcome.done():
            places[method] = viewer.waiting_for_overlay(places[method])
    while places:
        for method in [one for one in places if tasks[one].outcome.done()]:
            _compared(scene, method, tasks[method], places.pop(method))
        if bar:
            _await(tasks, bar, one_more=True)


def _compared(scene: _Scene, method: str, task: MapTask, place: DeltaGenerator) -> None:
    shown = scene.with_map(task)
    title, explained = scene.title(method), shown.explained_class
    viewer.overlay(
        place,
        services.overlay_shown(scene.case, shown, scene.view.opacity, look=scene.view.look),
        caption=f"{title}, evidence for {explained}: {wording.looked_at(scene.regions(shown))}",
        alt=f"Overlay by {title}, with {'lines around places' if scene.view.look.contours else 'colour'} "
        f"{wording.colour_marks(METHODS[method], explained)}",
    )
