"""How the model learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, markup

if TYPE_CHECKING:
    from app.measured import History


def learning(history: History | None) -> None:
    """Accuracy and loss over the epochs."""
    markup.section("How it learned")
    if history is None:
        markup.note("There is no history.json beside this model, so its learning curves cannot be shown.")
        return
    sentences = [wording.curve_sentence(history)]
    if history.accuracy_note:
        sentences.append(f"Mind that {history.accuracy_note}.")
    if history.chosen_by:
        sentences.append(f"The epoch was chosen by the {history.chosen_by}.")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("Loss")
        charts.draw(charts.loss_curves(history), key="loss", alt=f"Loss by epoch. {sentences[0]}")
    with right.container(border=True, height="stretch"):
        markup.panel_title("Accuracy")
        charts.draw(charts.accuracy_curves(history), key="accuracy", alt=f"Accuracy by epoch. {sentences[0]}")
    markup.facts(sentences)
