"""What training did to a scan, and what the model says of a scan that the user changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.components import charts, markup
from app.how_page import figures, pictures
from app.how_page.scene import row_of_pictures, section
from app.services import inspection
from app.services.inspection import Changes
from app.wording import how, percent
from app.wording.glossary import tooltip
from model.errors import ChestXrayError
from model.variation import BLUR_SIGMA

if TYPE_CHECKING:
    from app.how_page.scene import Scene
    from app.services.inspection import Changed

_LIMITS = {"turn": (-45, 45, 1), "brightness": (-60, 60, 1), "blur": (0.0, 8.0, 0.1), "crop": (0, 60, 1)}
"""Least, most and step of each slider; far beyond training on purpose."""

_SWEEP_POINTS = 19
_DRAW, _CHART = "how-draw", "how-chart"


@st.fragment
def variants(scene: Scene) -> None:
    """Six other films of the same child, as training would have shown them."""
    section(
        "variants",
        "6 · The same child, on another film",
        "In training the network hardly saw a scan twice in the same form. The answer should stay the same, so it "
        "learns to look past pose and exposure.",
    )
    if scene.variation is None:
        markup.note(how.NOT_RECORDED)
        return
    markup.facts(how.variation_sentences(scene.variation, scene.predictor.manifest.training))
    st.button("Draw six new ones", key="how-redraw", help=tooltip("augmentation"), on_click=_draw_anew)
    try:
        drawn = inspection.variants(scene.predictor, scene.case, scene.variation, st.session_state.get(_DRAW, 0))
    except ChestXrayError as error:
        markup.problem("These cannot be drawn.", str(error))
        return
    shown = [percent(one.prediction.probability) for one in drawn]
    row_of_pictures(
        "variants",
        [
            (_png(one), f"Pneumonia {text}", f"Variant {number} of the radiograph, probability of pneumonia {text}")
            for number, (one, text) in enumerate(zip(drawn, shown, strict=True), start=1)
        ],
        width=168,
    )
    markup.note(
        f"As the network reads them, with the probability of pneumonia it gives each. The scan as it is: "
        f"{percent(scene.prediction.probability)}."
    )


def _draw_anew() -> None:
    st.session_state[_DRAW] = st.session_state.get(_DRAW, 0) + 1


@st.fragment
def play(scene: Scene) -> None:
    """Sliders that change the scan, and the model's answer."""
    section(
        "play",
        "7 · Change the scan, and watch the answer",
        "The real model answers at once. Where a slider leaves what training showed, do not expect sense.",
    )
    ranges = _ranges(scene)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        changes = _sliders(scene, ranges)
    try:
        found = inspection.changed(
            scene.predictor, scene.case, changes, operating_point=scene.prediction.operating_point
        )
    except ChestXrayError as error:
        markup.problem("No answer for this change.", str(error))
        return
    with right:
        st.image(_png(found), caption="What the network reads now", width="stretch", alt="The radiograph as changed")
    with left:
        st.html(
            '<div class="how-answer" role="status" aria-live="polite">'
            f"<strong>{percent(found.prediction.probability, 1)}</strong> probability of pneumonia</div>"
        )
        markup.facts(
            [
                how.answer_sentence(found.prediction, scene.prediction, changed=changes != Changes()),
                how.gate_sentence(found.prediction),
                how.beyond_sentence(changes, ranges),
            ]
        )
    _chart(scene, changes, ranges)


def _ranges(scene: Scene) -> dict[str, tuple[float, float]] | None:
    if scene.variation is None:
        return None
    return {name: how.known_range(name, scene.variation, BLUR_SIGMA) for name in how.CHANGES}


def _sliders(scene: Scene, ranges: dict[str, tuple[float, float]] | None) -> Changes:
    # A key of its own for each radiograph: nobody should meet the next one turned unawares.
    keys = {name: f"how-{name}-{scene.case.sha256[:12]}" for name in how.CHANGES}
    values = {}
    for name, (title, unit) in how.CHANGES.items():
        low, high, step = _LIMITS[name]
        values[name] = float(
            st.slider(
                f"{title} ({unit})",
                low,
                high,
                type(low)(0),
                step,
                key=keys[name],
                help=how.training_range(name, ranges[name] if ranges else None),
            )
        )
    st.button(
        "Back to the scan as it is",
        key="how-reset",
        on_click=_reset,
        args=(tuple(keys.values()),),
        disabled=not any(values.values()),
    )
    return Changes(**values)


def _reset(keys: tuple[str, ...]) -> None:
    for key in keys:
        st.session_state[key] = type(st.session_state[key])(0)


def _chart(scene: Scene, changes: Changes, ranges: dict[str, tuple[float, float]] | None) -> None:
    """The probability over one slider's range, computed only if it is wanted."""
    name = st.segmented_control(
        "Draw the probability over the whole range of",
        tuple(how.CHANGES),
        format_func=lambda one: how.CHANGES[one][0],
        key=_CHART,
        help="Scores the scan along the slider, with the other sliders as they are. It takes about a second.",
    )
    if name is None:
        return
    low, high, _ = _LIMITS[name]
    here = getattr(changes, name)
    values = tuple(float(one) for one in np.linspace(low, high, _SWEEP_POINTS))
    *found, now = inspection.sweep(scene.predictor, scene.case, changes, name, (*values, here))
    title, unit = how.CHANGES[name]
    known = None if ranges is None or ranges[name][0] == ranges[name][1] else ranges[name]
    charts.draw(
        figures.sweep(
            values, found, here=(here, now), axis=f"{title}: {unit}", threshold=scene.prediction.threshold, known=known
        ),
        key=f"how-sweep-{name}",
        alt=f"Probability of pneumonia from {percent(min(found))} to {percent(max(found))} over {title.lower()} of "
        f"{low:g} to {high:g} {unit}",
    )


def _png(one: Changed) -> bytes:
    return pictures.plain_png(np.repeat(one.read[..., np.newaxis], 3, axis=2))
