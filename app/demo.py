"""The guided demo of the Predict page: three samples, one after the other, over whatever is on the page.

What was there is put aside and comes back untouched.
"""

from __future__ import annotations

import streamlit as st

from app import uploading, wording
from app.components import demo as drawn
from app.settings import SAMPLES

_STEP, _ASIDE = "demo-step", "demo-aside"


def is_running() -> bool:
    """Whether the demo is on the page."""
    return st.session_state.get(_STEP) is not None


def start_button() -> None:
    """Draw the button that starts the demo."""
    st.button(wording.START, key="demo-start", help=wording.START_HELP, on_click=_start)


def panel(*, has_gate: bool) -> None:
    """Draw the step that the demo is at, with its buttons.

    Args:
        has_gate: whether the model has an input check.
    """
    steps = wording.demo_steps(has_gate=has_gate)
    number: int = st.session_state[_STEP]
    step, is_last = steps[number], number == len(steps) - 1
    with st.container(key="demo"):
        drawn.step(wording.step_line(number + 1, len(steps)), step.title, step.sentences)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Back", key="demo-back", help=wording.BACK_HELP, disabled=number == 0, on_click=_go, args=(number - 1,)
            )
            if not is_last:
                st.button(
                    "Next",
                    key="demo-next",
                    type="primary",
                    help=wording.NEXT_HELP,
                    on_click=_go,
                    args=(number + 1,),
                )
            st.button(
                "Leave the demo",
                key="demo-leave",
                type="primary" if is_last else "secondary",
                help=wording.LEAVE_HELP,
                on_click=_leave,
            )


def _start() -> None:
    st.session_state[_ASIDE] = uploading.put_aside()
    _go(0)


def _go(number: int) -> None:
    # Which pictures are shown does not depend on the gate, only what is said of them.
    step = wording.demo_steps(has_gate=True)[number]
    st.session_state[_STEP] = number
    uploading.open_sample(SAMPLES / step.file, step.sample)


def _leave() -> None:
    st.session_state[_STEP] = None
    uploading.take_back(st.session_state.pop(_ASIDE))
