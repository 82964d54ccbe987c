"""Performance: how good the model is. Figures are read from the files beside the weights, or from own data."""

from __future__ import annotations

import streamlit as st

from app.screens.performance import (
    accuracy,
    breadth,
    compare,
    errors,
    heatmaps,
    own_data,
    provenance,
    questions,
    training,
)
from app.screens.prelude import open_page
from app.ui import page as ui

# Titles as in the page's address. No docstring: Streamlit would draw it.
TABS = {
    "Accuracy": accuracy.draw,
    "For whom": breadth.draw,
    "Heatmap": heatmaps.draw,
    "Compare": compare.draw,
    "Hardest cases": errors.draw,
    "Your own data": own_data.draw,
    "Training": training.draw,
    "How measured": provenance.draw,
}


def render() -> None:
    """The questions, and of the tabs only the open one."""
    page = open_page("How good is the model?", "Measured on radiographs it was not trained on.", needs_measured=True)
    if page is None or page.measured is None:
        return
    if page.measured.evaluation is None and not page.measured.problems:
        ui.problem(
            "This model was not evaluated.",
            f"Model {page.measured.manifest.model_version} has no evaluation.json. Run `python -m training evaluate`.",
        )
    questions.draw(page)
    tabs = st.tabs(list(TABS), key=questions.OPEN_TAB, bind="query-params")
    for draw, tab in zip(TABS.values(), tabs, strict=True):
        if tab.open:
            with tab:
                draw(page)
    ui.foot("Figures come from the files beside the model’s weights, or from your own data.")


if __name__ == "__main__":
    render()
