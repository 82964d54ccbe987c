"""The model's answer to the same radiograph in another form: as training varies it, and as the user changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app.screens.how_it_works import pictures
from app.services import inspection
from app.services.inspection import Changed, Changes
from app.ui import charts
from app.ui import page as ui
from app.ui.glossary import tooltip
from app.ui.numbers import joined, percent, signed_points
from app.ui.verdict import score_sentence
from model.errors import ChestXrayError
from model.variation import BLUR_SIGMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.screens.how_it_works.film import Scene
    from model.predictor import Prediction
    from model.variation import Variation

_DRAW, _SWEEP = "how-draw", "how-chart"
_SWEEP_POINTS = 19
_NOT_RECORDED = (
    "This model’s manifest does not record how training varied its radiographs, so no variants can be shown. A model "
    "trained with this version records it."
)


@dataclass(frozen=True)
class _Slider:
    """What a slider changes; its range goes far beyond training on purpose."""

    title: str
    unit: str
    low: float
    high: float
    step: float


SLIDERS = {
    "turn": _Slider("Rotate", "degrees, clockwise", -45, 45, 1),
    "brightness": _Slider("Brightness", "percent of full scale", -60, 60, 1),
    "blur": _Slider("Blur", "pixels", 0.0, 8.0, 0.1),
    "crop": _Slider("Crop", "percent of width and height", 0, 60, 1),
}
"""By attribute of `Changes`."""

Ranges = dict[str, tuple[float, float]]


@st.fragment
def draw_variants(scene: Scene) -> None:
    """Six variants of the radiograph, as training would have shown it."""
    ui.section(
        "6 · The same child on another film",
        "Training shows each radiograph in a new form each time. The diagnosis stays the same, so the network learns "
        "to ignore position and exposure.",
        anchor="how-variants",
    )
    if scene.variation is None:
        ui.note(_NOT_RECORDED)
        return
    ui.facts(_variation(scene.variation, scene.predictor.manifest.training))

    def again() -> None:
        st.session_state[_DRAW] = st.session_state.get(_DRAW, 0) + 1

    st.button("Draw six new variants", key="how-redraw", help=tooltip("augmentation"), on_click=again)
    try:
        drawn = inspection.variants(scene.predictor, scene.film, scene.variation, st.session_state.get(_DRAW, 0))
    except ChestXrayError as error:
        ui.problem("The variants cannot be drawn.", str(error))
        return
    shown = [percent(one.prediction.probability) for one in drawn]
    pictures.row(
        "variants",
        [
            (_png(one), f"Score {score}", f"Variant {number} of the radiograph, score {score}")
            for number, (one, score) in enumerate(zip(drawn, shown, strict=True), start=1)
        ],
    )
    ui.note(f"As the network reads them, with their scores. Unchanged: {percent(scene.prediction.probability)}.")


def _variation(variation: Variation, training: Mapping[str, object]) -> list[str]:
    """What training does to its radiographs."""
    strengths = (
        (variation.rotation, f"rotated by up to {variation.rotation:g}°"),
        (variation.zoom, f"zoomed by up to {percent(variation.zoom)}"),
        (variation.stretch, f"stretched by up to {percent(variation.stretch)}"),
        (variation.shift, f"shifted by up to {percent(variation.shift)}"),
        (variation.flip, "mirrored"),
        (variation.gamma or variation.contrast or variation.brightness, "shown at a different exposure"),
        (variation.blur or variation.resample, "blurred"),
        (variation.noise, "made noisier"),
        (variation.jpeg, "compressed as JPEG"),
        (variation.cutout or variation.hide, "partly hidden"),
        (variation.border, "framed"),
    )
    done = [text for strength, text in strengths if strength]
    told = [f"Radiographs are {joined(done)}, at random each time." if done else "Radiographs are shown unchanged."]
    recorded = training.get("augmentation")
    names = {
        "match_spectrum": "the sharpness of another radiograph",
        "match_grey_values": "the grey values of another radiograph",
        "made_opacity": "drawn opacities",
        "swap_background": "another background",
        "blank_lungs": "covered lungs",
    }
    settings = recorded if isinstance(recorded, dict) else {}
    if others := [text for name, text in names.items() if settings.get(name)]:
        told.append(f"Not shown here, as it needs other radiographs or a lung outline: {joined(others)}.")
    return told


@st.fragment
def draw_sliders(scene: Scene) -> None:
    """Sliders that change the radiograph, and the model's answer."""
    ui.section(
        "7 · Change the radiograph and watch the score",
        "The real model answers at once. Outside the range of training, its answers mean little.",
        anchor="how-play",
    )
    known = _ranges(scene.variation)
    controls, shown = st.columns([3, 2], gap="large")
    with controls:
        changes = _changes(scene, known)
    try:
        found = inspection.changed(
            scene.predictor, scene.film, changes, operating_point=scene.prediction.operating_point
        )
        with shown:
            st.image(
                _png(found), caption="What the network reads now", width="stretch", alt="The radiograph as changed"
            )
        with controls:
            _answer(scene, found.prediction, changes, known)
        _draw_sweep(scene, changes, known)
    except ChestXrayError as error:
        ui.problem("The changed radiograph cannot be scored.", str(error))


def _ranges(variation: Variation | None) -> Ranges | None:
    """Between which values of each slider training varied radiographs."""
    if variation is None:
        return None
    most = {
        "turn": variation.rotation,
        "brightness": 100 * variation.brightness,
        "blur": BLUR_SIGMA[1] if variation.blur else 0.0,
        "crop": 100 * variation.zoom / (1 + variation.zoom),
    }
    return {name: (-end if SLIDERS[name].low < 0 else 0.0, end) for name, end in most.items()}


def _changes(scene: Scene, known: Ranges | None) -> Changes:
    # Keys of each radiograph: nobody should meet the next one rotated unawares.
    keys = {name: f"how-{name}-{scene.film.sha256[:12]}" for name in SLIDERS}
    values = {}
    for name, slider in SLIDERS.items():
        # Not as the slider's default: that may not be given beside a value that "Reset" sets.
        st.session_state.setdefault(keys[name], type(slider.low)(0))
        values[name] = float(
            st.slider(
                f"{slider.title} ({slider.unit})", slider.low, slider.high, step=slider.step, key=keys[name],
                persist_state="session", help=_training_range(name, known),
                format="%.1f" if slider.step < 1 else "%d",
            )
        )  # fmt: skip

    def reset() -> None:
        for name, key in keys.items():
            st.session_state[key] = type(SLIDERS[name].low)(0)

    st.button("Reset to the original", key="how-reset", on_click=reset, disabled=not any(values.values()))
    return Changes(**values)


def _training_range(name: str, known: Ranges | None) -> str:
    if known is None:
        return "The range of training is not recorded for this model."
    low, high = known[name]
    if high == 0:
        return "Training did not vary this."
    return f"Training went up to {high:.3g} {SLIDERS[name].unit.partition(',')[0]}{' either way' if low < 0 else ''}."


def _answer(scene: Scene, now: Prediction, changes: Changes, known: Ranges | None) -> None:
    """Score, verdict, input check, and whether the sliders left the range of training."""
    before = scene.prediction.probability
    moved = f"{signed_points(now.probability - before)} points against {percent(before, 1)} unchanged"
    told = "" if changes == Changes() else moved
    # Spoken by screen readers whenever it changes, which st.metric is not.
    st.html(f'<p role="status" class="cx-answer"><strong>{percent(now.probability, 1)}</strong> {told}</p>')
    gate = "This model has no input check: it scores any picture."
    if now.gate is not None:
        gate = "The input check accepts it." if now.gate.accepted else f"The input check rejects it: {now.gate.reason}."
    if known is None:
        reach = "The range of training is not recorded for this model."
    else:
        outside = [
            SLIDERS[name].title.lower()
            for name, (low, high) in known.items()
            if not low <= getattr(changes, name) <= high
        ]
        reach = f"Outside the range of training: {joined(outside)}." if outside else "Within the range of training."
    ui.facts([f"{score_sentence(now, scene.predictor.manifest.band)}.", gate, reach])


def _draw_sweep(scene: Scene, changes: Changes, known: Ranges | None) -> None:
    """The score over one slider's range, computed only on request."""
    name = st.segmented_control(
        "Chart the score over the whole range of", tuple(SLIDERS), format_func=lambda one: SLIDERS[one].title,
        key=_SWEEP, persist_state="session",
        help="Scores the radiograph along this slider, with the other sliders as they are. Takes about a second.",
    )  # fmt: skip
    if name is None:
        return
    slider, here = SLIDERS[name], float(getattr(changes, name))
    values = tuple(float(one) for one in np.linspace(slider.low, slider.high, _SWEEP_POINTS))
    *scores, now = inspection.sweep(scene.predictor, scene.film, changes, name, (*values, here))
    within = None if known is None or known[name][0] == known[name][1] else known[name]
    hover, shaded = "%{x:g}: %{y:.1%}<extra></extra>", " (shaded: range of training)" if within else ""
    figure = charts.compose(
        [
            charts.line(charts.Curve("score", values, scores), hover=hover, mode="lines+markers"),
            charts.mark(charts.Mark("now", here, now), 1, hover=hover),
            charts.reference("threshold", [values[0], values[-1]], [scene.prediction.threshold] * 2, dash="dash"),
        ],
        x={"title": f"{slider.title}, {slider.unit}{shaded}"},
        y=charts.SHARES | {"title": "Score for pneumonia"},
        layout={"shapes": charts.shade(*within) if within else []},
    )
    table = pd.DataFrame({f"{slider.title.lower()} ({slider.unit})": values, "score (0 to 1)": scores})
    told = f"Score from {percent(min(scores))} to {percent(max(scores))}, {slider.title.lower()}, {slider.unit}."
    charts.draw(pictures.Chart(figure, table, told), key=f"how-sweep-{name}")


def _png(one: Changed) -> bytes:
    return pictures.png(np.repeat(one.read[..., np.newaxis], 3, axis=2))
