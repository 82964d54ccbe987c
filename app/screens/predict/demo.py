"""The guided demo: four samples, how often the model is wrong, when not to use it, and 1,000 children.

What was on the page is put aside and comes back untouched. No step foretells a verdict: the page shows the model's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.services import opened
from app.settings import SAMPLES
from app.ui import icon_array, metrics
from app.ui import page as ui
from app.ui.numbers import percent
from model.records.manifest import BALANCED
from model.statistics.prevalence import natural_frequencies

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from model.records.evaluation import SplitResult

_STEP, _ASIDE, _LARGE = "demo-step", "demo-aside", "demo-large"
"""Keys in the session's state."""

_PROJECTOR = """<style>
  html { font-size: 22px; }
  [data-testid=stHeader] { display: none; }
  .st-key-page-head { position: absolute; opacity: 0; pointer-events: none; }
  .stMainBlockContainer { max-width: none; padding: 1rem 2rem !important; }
</style>
<script>document.fullscreenElement || document.documentElement.requestFullscreen?.().catch(() => {});</script>"""
_DESK = "<script>document.fullscreenElement && document.exitFullscreen();</script>"
"""For a projector and back; a browser that refuses the full screen still shows large type."""


@dataclass(frozen=True)
class Step:
    """One stop: a title, what to look at, and the sample that is open meanwhile ("" for none)."""

    title: str
    text: str
    sample: str = ""


WRONG, WHEN_NOT, CHILDREN = "How often is it wrong?", "When not to use it", "1,000 children like yours"

STEPS = (
    Step(
        "A composite of normal radiographs",
        "The verdict stands beside the film, with how many children with such a score had pneumonia in the test set. "
        "A normal result shows no heatmap unless you ask for it.",
        "composite_normal_1.png",
    ),
    Step(
        "A composite of radiographs with pneumonia",
        "The colour marks what raised the score for pneumonia; it does not outline disease. Another operating point "
        "moves the threshold, never the score.",
        "composite_pneumonia_2.png",
    ),
    Step(
        "A composite of both",
        "Two normal radiographs and two with pneumonia. Between two scores, neither answer is reliable; the page then "
        "says that the model cannot decide.",
        "composite_unclear_1.png",
    ),
    Step(
        "A radiograph shown upside down",
        "The input check looks for an upright pair of lungs. A rejected picture gets no verdict and no heatmap; where "
        "the check knows what is wrong, one click corrects it.",
        "refused/upside_down.png",
    ),
    Step(WRONG, "Measured on test radiographs of children that the model had not seen."),
    Step(WHEN_NOT, "Research software, not a medical device."),
    Step(CHILDREN, "What these figures mean for children who come to a clinic."),
)


def is_running() -> bool:
    """Whether the demo is on the page."""
    return st.session_state.get(_STEP) is not None


def start_button() -> None:
    """The button that starts it."""
    st.button(
        "Guided demo", key="demo-start", help="Seven steps, two minutes. Your radiograph is kept.", on_click=_start
    )


def panel(page: Page) -> bool:
    """The step that the demo is at, with its buttons; returns whether it has a film."""
    number: int = st.session_state[_STEP]
    step, is_last = STEPS[number], number == len(STEPS) - 1
    is_large = bool(st.session_state.get(_LARGE))
    st.html(_PROJECTOR if is_large else _DESK, unsafe_allow_javascript=True)
    with st.container(border=True, key="demo"):
        words, buttons = st.columns([3, 2], vertical_alignment="center")
        with words:
            ui.note(f"Guided demo, step {number + 1} of {len(STEPS)}")
            ui.panel_title(step.title, level=2)
            st.markdown(ui.plain(step.text))
        with buttons.container(horizontal=True, gap="small", horizontal_alignment="right"):
            st.button("Back", key="demo-back", disabled=number == 0, on_click=_go, args=(number - 1,))
            if not is_last:
                st.button("Next", key="demo-next", type="primary", on_click=_go, args=(number + 1,), shortcut="N")
            st.button(
                "Large", key="demo-large-button", icon=":material/check:" if is_large else None, on_click=_resize,
                help="Full screen and large type, for a projector.",
            )  # fmt: skip
            st.button("Leave the demo", key="demo-leave", on_click=_leave)
    if step.sample:
        if problem := opened.current().problem:
            ui.problem("This file cannot be scored.", problem)
        return opened.current().film is not None
    _told(page, step.title)
    return False


def _told(page: Page, title: str) -> None:
    known = page.measured
    evaluation = known.evaluation if known else None
    if title == WHEN_NOT:
        use = known.manifest.intended_use if known else None
        ui.facts(
            (
                "Never for a diagnosis, and never without a physician who reads the radiograph.",
                f"Not for anyone but {use.patients}, and for no images but {use.images}." if use else "",
                "Not where the score is indeterminate, or where the page shows a warning.",
                "Not for anything but pneumonia: a fracture or a foreign body still gets one of two answers.",
                "Not at another hospital before it was tested there, on its own radiographs.",
            )
        )
        return
    test = (evaluation.test.at(page.settings.operating_point) or evaluation.test.at(BALANCED)) if evaluation else None
    if test is None:
        ui.note("This model was not evaluated, so how often it is wrong is not known.")
    elif title == WRONG:
        names = ("sensitivity", "specificity", "accuracy")
        metrics.tiles({name: test.metrics[name] for name in names}, prevalence=test.prevalence)
    else:
        _children(test, page.settings.prevalence)


def _children(test: SplitResult, clinic: float | None) -> None:
    prevalence, where = (test.prevalence, "the test set") if clinic is None else (clinic, "this clinic")
    found = natural_frequencies(test.counts, prevalence)
    if found is None:
        ui.note("The test set has radiographs of one class only, so this cannot be computed.")
        return
    told = (
        f"Of {found.children:,} children of whom {percent(prevalence)} have pneumonia, as in {where}, the model finds "
        f"{found.found:,} of {found.sick:,} and misses {found.missed:,}. Of the {found.well:,} without it, "
        f"{found.flagged:,} are false alarms."
    )
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        groups = (
            ("found", found.found, "pneumonia found"),
            ("missed", found.missed, "missed"),
            ("flagged", found.flagged, "false alarms"),
            ("cleared", found.cleared, "normal"),
        )
        icon_array.draw([icon_array.Group(*group) for group in groups], alt=told)
    with right:
        st.markdown(told)
        ui.note("Where pneumonia is rarer, more of its alarms are false. Set your own prevalence on Performance.")


def _start() -> None:
    st.session_state[_ASIDE] = opened.current()
    _go(0)


def _go(number: int) -> None:
    st.session_state[_STEP] = number
    if sample := STEPS[number].sample:
        opened.open_sample(SAMPLES / sample)


def _resize() -> None:
    st.session_state[_LARGE] = not st.session_state.get(_LARGE)


def _leave() -> None:
    st.session_state[_STEP], st.session_state[_LARGE] = None, False
    opened.put(st.session_state.pop(_ASIDE))
