"""The film and its saliency maps: started, waited for and drawn as the viewer says."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.services import saliency
from app.services.radiographs import Greys, Look
from app.ui.viewer import CONTOURS, Pictures
from model.labels import LABELS
from model.saliency import METHODS, Regions, where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator

    from app.services.model import Ready
    from app.services.radiographs import Film
    from app.services.saliency import MapTask
    from app.ui.viewer import View
    from model.predictor import Prediction
    from model.records.measured import Measured

_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, eq=False)
class Scene:
    """What all pictures of a film have in common; `decided` is what the model says of it."""

    ready: Ready
    film: Film
    decided: Prediction
    known: Measured | None

    @property
    def methods(self) -> tuple[str, ...]:
        """Those that can be had."""
        return tuple(METHODS) if self.ready.explaining else (saliency.WITH_THE_VERDICT,)

    @property
    def quiet(self) -> bool:
        """Whether no heatmap is shown until it is asked for: a bright spot in a healthy lung would read as disease."""
        if not self.decided.indeterminate:
            return self.decided.decision == LABELS[0]
        band = self.ready.predictor.manifest.band
        return band is not None and self.decided.probability < (band.low + band.high) / 2

    def failed(self, method: str) -> tuple[str, ...]:
        """The trust tests that a method failed."""
        trust = self.known.explanations if self.known else None
        return trust.failed(method) if trust else ()

    def title(self, method: str) -> str:
        """A method's title, marked if it failed a trust test."""
        return f"{METHODS[method].title}{' (failed a trust test)' if self.failed(method) else ''}"

    def start(self, method: str, explain: str) -> MapTask:
        """The map of a method for a class, ready or in the making."""
        return saliency.map_task(
            self.ready.predictor,
            self.ready.explaining,
            self.film,
            method=method,
            explain=explain,
            operating_point=self.decided.operating_point,
        )

    def explained(self, method: str, explain: str, task: MapTask) -> Prediction:
        """The prediction with the map of a task that is done; raises why there is none."""
        return replace(
            self.decided, explained_class=explain, saliency_map=task.outcome.result(), saliency_method=method
        )

    def regions(self, shown: Prediction) -> Regions | None:
        """Where a map's colour lies, within the lungs where the input check found them; None for a map of zeros."""
        if shown.saliency_map is None or not shown.saliency_map.any():
            return None
        gate = shown.gate
        found = gate is not None and gate.accepted and bool((gate.lungs >= 0.5).any())
        return where(shown.saliency_map, gate.lungs if gate is not None and found else None)


def look_of(view: View) -> Look:
    """How the service draws what the viewer wants."""
    return Look(
        contours=view.mode == CONTOURS, colours=view.colours, greys=Greys(view.window, view.level, view.inverted)
    )


def pictures(scene: Scene, shown: Prediction | None) -> Pictures:
    """What the viewer shows; `shown` carries the map, None while there is none."""
    radiograph = scene.film.radiograph
    spacing = radiograph.pixel_spacing_mm or (1.0, 1.0)
    rows, columns = radiograph.pixels.shape
    warned = "" if not scene.decided.refused_because else ", rejected by the input check"
    drawn = Pictures(
        film=scene.film.large,
        name=f"{'Composite sample' if scene.film.sample else 'Radiograph'}{warned}",
        extent=(rows * spacing[0], columns * spacing[1]),
        unit="mm" if radiograph.pixel_spacing_mm else "px",
    )
    if shown is None:
        return drawn
    marks = f"evidence for {shown.explained_class}, by {scene.title(shown.saliency_method)}{warned}"
    return replace(drawn, heat=shown.saliency_map, marks=marks)


def wait_for(tasks: Mapping[str, MapTask], bar: DeltaGenerator, *, one_more: bool = False) -> None:
    """Show progress until the maps of all methods are done, or one more of them is."""
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
