"""About: what the model is for, when not to use it, how good it is and what is not known: its model card."""

from __future__ import annotations

import streamlit as st

from app.screens.about import card as cards
from app.screens.prelude import open_page
from app.ui import page as ui

FIRST = ("What it is for", "When not to use it")
OPEN = ("How good it is", "For whom", "Limits and recommendations", "Ethical considerations")
OPEN_LAST = ("What the app keeps and sends", "Contact, licences and how to cite", "Version history")


def render() -> None:
    """The first screen, the files to take away, and the sections; the longer ones open on demand."""
    page = open_page("About this model", "What it is for, when not to use it, and what is not known.")
    if page is None:
        return
    if page.measured is None:
        ui.problem("No figures: there is no usable model.", page.problem)
    for text in page.measured.problems if page.measured else ():
        ui.problem("Some figures cannot be shown.", text)
    card = cards.build(page.measured, page.settings)
    sections = card.sections
    for place, title in zip(st.columns((2, 3), gap="medium"), FIRST, strict=True):
        with place.container(border=True, height="stretch"):
            ui.panel_title(title, level=2)
            st.markdown(sections[title])
    if card.model_version:
        _downloads(card)
    for title in (*OPEN, *OPEN_LAST):
        ui.section(title)
        st.markdown(sections[title])
    ui.section("The whole model card", "After Mitchell et al. 2019, section by section.")
    for title in (one for one in sections if one not in (*FIRST, *OPEN, *OPEN_LAST)):
        with st.expander(title):
            st.markdown(sections[title])
    ui.foot("Every figure on this page is read from the files beside the model’s weights.")


def _downloads(card: cards.Card) -> None:
    with st.container(horizontal=True):
        for label, ending, mime, write in (
            ("Model card (HTML)", "html", "text/html", card.html),
            ("Model card (Markdown)", "md", "text/markdown", card.text),
        ):
            st.download_button(
                label, write, file_name=f"{card.file_stem}.{ending}", mime=mime, key=f"model-card-{ending}",
                help="Everything on this page, with the CLAIM 2024 checklist, to file or to print.", on_click="ignore",
            )  # fmt: skip


if __name__ == "__main__":
    render()
