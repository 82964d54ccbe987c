"""About page: what the model is for, when not to use it, how good it is and what is not known: its model card."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import model_card, services
from app.components import markup, words_table
from app.settings import Settings, SettingsError
from app.settings import load as load_settings
from model.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model_card import ModelCard, Section, Table
    from app.services import Performance


def render() -> None:
    """The page."""
    markup.apply_style()
    markup.page_head("About this model", "What it is for, when not to use it, and what is not known.")
    try:
        settings = load_settings()
    except SettingsError as error:
        markup.problem("Nothing can be told of the model: a setting cannot be used.", str(error))
        return
    # Whoever comes here first should not wait for the model on the other page.
    services.model_state(settings.model_dir)
    known = _known(settings)
    installation = model_card.Installation(
        contact=settings.contact, keeps_pixels=settings.keep_pixels, has_server=bool(settings.database_url)
    )
    card = model_card.build_card(settings.model_dir, known, installation)
    for text in card.problems:
        markup.problem("Some figures cannot be shown.", text)
    _first_screen(card)
    _downloads(card)
    _how_good(card)
    _trust(card)
    _server(card)
    _whole_card(card)
    markup.foot("Not a medical device. Every figure on this page is read from the files beside the model’s weights.")


def _known(settings: Settings) -> Performance | None:
    """What was measured; where there is no model, says so."""
    try:
        return services.performance(settings.model_dir)
    except ArtifactError as error:
        markup.problem("No figures: there is no usable model.", str(error))
        return None


def _first_screen(card: ModelCard) -> None:
    """What a head of department asks first, before any scrolling."""
    left, right = st.columns((2, 3), gap="medium")
    for column, key in ((left, "what_for"), (right, "when_not")):
        section = card.section(key)
        with column.container(border=True, height="stretch"):
            markup.panel_title(section.title, level=2)
            markup.facts(section.points)


def _downloads(card: ModelCard) -> None:
    """The card as files; a card of no model is not handed out."""
    if not card.model_version:
        return
    writers: tuple[tuple[str, str, str, Callable[[ModelCard], str]], ...] = (
        ("Model card (HTML)", "html", "text/html", model_card.to_html),
        ("Model card (Markdown)", "md", "text/markdown", model_card.to_markdown),
    )
    with st.container(horizontal=True):
        for label, ending, mime, write in writers:
            st.download_button(
                label,
                partial(_file, write, card),  # made when the button is pressed
                file_name=f"{card.file_stem}.{ending}",
                mime=mime,
                key=f"model-card-{ending}",
                help="Everything on this page and more, to file or to print, with the CLAIM 2024 checklist.",
                on_click="ignore",
            )


def _file(write: Callable[[ModelCard], str], card: ModelCard) -> bytes:
    return write(card).encode("utf-8")


def _how_good(card: ModelCard) -> None:
    """The figures in one table, and for whom they hold."""
    headline = card.section("headline")
    markup.section(headline.title)
    for table in headline.tables:
        _table(table)
    markup.facts(headline.points)
    factors = card.section("factors")
    markup.section("For whom")
    markup.facts(factors.points)
    markup.definitions([(item.term, item.text) for item in factors.items])


def _trust(card: ModelCard) -> None:
    """Limits and ethics."""
    caveats, ethics = card.section("caveats"), card.section("ethics")
    markup.section(caveats.title)
    markup.facts(caveats.points)
    markup.section(ethics.title)
    markup.cards([(item.term, (item.text,)) for item in ethics.items])


def _server(card: ModelCard) -> None:
    """What this server keeps, whom to ask, and which versions there were."""
    for key in ("privacy", "naming"):
        section = card.section(key)
        markup.section(section.title)
        markup.definitions([(item.term, item.text) for item in section.items])
        for point in section.points:
            markup.note(point)
    with st.expander("Libraries of others, with versions and licences"):
        for table in card.section("naming").tables:
            _table(table)
    history = card.section("versions")
    markup.section(history.title)
    for table in history.tables:
        _table(table)
    markup.facts(history.points)


def _whole_card(card: ModelCard) -> None:
    """The rest of the model card, and the checklist, for those who want all of it."""
    markup.section("The whole model card", "After Mitchell et al. 2019, section by section.")
    for key in ("details", "intended_use", "factors", "metrics", "evaluation_data", "training_data", "quantities"):
        section = card.section(key)
        with st.expander(section.title):
            _section(section)
    with st.expander(model_card.CHECKLIST_TITLE):
        rows = tuple((f"{one.number}. {one.asks}", one.status, one.answer, one.group) for one in card.checklist)
        head = ("Item, in our words", "Status", "Answer", "Part")
        _table(model_card.Table(model_card.checklist_sentence(card.checklist), head, rows))


def _section(section: Section) -> None:
    if section.points:
        markup.facts(section.points)
    if section.items:
        markup.definitions([(item.term, item.text) for item in section.items])
    for table in section.tables:
        _table(table)


def _table(table: Table) -> None:
    words_table.draw_words_table(table.head, table.rows, caption=table.caption)


if __name__ == "__main__":
    render()
