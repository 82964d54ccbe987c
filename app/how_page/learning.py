"""How a network learns: the loss of a scan, this run's own curve, and two ways downhill. Needs no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, markup
from app.how_page import descent, figures
from app.how_page.scene import section
from app.wording import how_learning
from app.wording.glossary import tooltip

if TYPE_CHECKING:
    from app.services import Performance


def learning(known: Performance | None) -> None:
    """The section.

    Args:
        known: of the model's files, or None.
    """
    section(
        "learning",
        "8 · How it learned",
        "Nobody told the network what pneumonia looks like. It was shown scans with the right answer, and each mistake "
        "changed its weights a little.",
    )
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _one_scan()
    with right.container(border=True, height="stretch"):
        _own_curve(known)
    with st.container(border=True):
        _downhill(known)


@st.fragment
def _one_scan() -> None:
    markup.panel_title("Being sure and wrong costs most", "Cross-entropy: the loss of one scan.")
    percents = st.slider(
        "Probability given to the truth",
        1,
        100,
        50,
        format="%d %%",
        key="how-truth",
        help=tooltip("cross-entropy"),
    )
    told = how_learning.loss_sentence(percents / 100)
    charts.draw(figures.one_loss(percents / 100), key="how-loss", alt=f"Loss of one scan. {told}")
    markup.note(told)


def _own_curve(known: Performance | None) -> None:
    markup.panel_title("This model’s own curve", "The mean loss over all scans, after each pass over them.")
    history = known.history if known else None
    if history is None:
        markup.note("There is no history.json beside this model, so its learning curve cannot be shown.")
        return
    told = wording.curve_sentence(history)
    charts.draw(charts.loss_curves(history), key="how-curve", alt=f"Loss by epoch. {told}")
    markup.note(told)


@st.fragment
def _downhill(known: Performance | None) -> None:
    markup.panel_title("Downhill, step by step", "Two of the network’s many weights; lines are of equal loss.")
    markup.facts(
        [*how_learning.DESCENT, *filter(None, [how_learning.run_sentence(known.manifest.training) if known else ""])]
    )
    with st.container(horizontal=True, gap="medium"):
        rate = st.slider(
            "Learning rate",
            0.005,
            0.05,
            0.035,
            0.005,
            format="%.3f",
            key="how-rate",
            width=260,
            help=tooltip("learning-rate"),
        )
        steps = st.slider("Steps", 1, 80, 40, key="how-steps", width=260)
    ways = (descent.gradient_descent(rate, steps), descent.adam(rate, steps))
    ends = (float(descent.bowl(*ways[0][-1])), float(descent.bowl(*ways[1][-1])))
    told = how_learning.descent_result(ends, steps)
    charts.draw(figures.bowl(rate, steps), key="how-bowl", alt=f"Learning rate {rate:g}. {told}")
    markup.note(told)
