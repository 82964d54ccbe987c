"""Both files hold the whole card, and no text of it can become markup."""

from __future__ import annotations

from html import unescape
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from app.model_card import Installation, ModelCard, to_html, to_markdown
from app.model_card.markdown import escaped
from model.artifact import PRETRAINED
from tests.app.model_card.cards import HOSTILE, card_of


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return card_of(PRETRAINED, Installation(contact=HOSTILE))


def parsed(text: str) -> ElementTree.Element:
    """HTML that is well-formed XML, too."""
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - written by the test


def texts_of(card: ModelCard) -> list[str]:
    """Every text of the card, but for the keys."""
    found = [card.title, card.summary, card.model_version, *card.problems]
    for section in card.sections:
        found += [section.title, *section.points]
        found += [text for item in section.items for text in (item.term, item.text)]
        found += [text for table in section.tables for row in (table.head, *table.rows) for text in row]
        found += [table.caption for table in section.tables]
    for one in card.checklist:
        found += [one.group, one.asks, one.status, one.answer]
    return found


def test_the_page_is_well_formed_and_has_title_language_and_headings_in_order(card: ModelCard) -> None:
    root = parsed(to_html(card))
    assert root.tag == "html"
    assert root.get("lang") == "en-GB"
    assert root.findtext("head/title") == card.title
    headings = [int(one.tag[1]) for one in root.iter() if len(one.tag) == 2 and one.tag[0] == "h" and one.tag != "hr"]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    for table in root.iter("table"):
        assert table.find("caption") is not None
        assert all(cell.get("scope") == "col" for cell in table.findall("thead/tr/th"))
        assert all(row[0].get("scope") == "row" for row in table.findall("tbody/tr"))
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


def test_the_page_needs_nothing_else(card: ModelCard) -> None:
    root = parsed(to_html(card))
    assert not {one.tag for one in root.iter()} & {"script", "img", "link", "a", "iframe"}
    assert "url(" not in root.findtext("head/style", "")


def test_the_page_holds_every_text_of_the_card(card: ModelCard) -> None:
    text = "".join(parsed(to_html(card)).itertext())
    for expected in texts_of(card):
        assert expected in text


def test_the_markdown_shows_every_text_of_the_card_as_it_is(card: ModelCard) -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(to_markdown(card))
    assert "<script" not in rendered
    assert "href" not in rendered
    assert "<img" not in rendered
    text = unescape("".join(ElementTree.fromstring(f"<p>{rendered}</p>").itertext()))  # noqa: S314 - written above
    for expected in texts_of(card):
        assert " ".join(expected.split()) in text
    assert HOSTILE in text


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "12) a", "98.2 %", "2.4.6", "a\n\nb", "---", "===", HOSTILE]
)
def test_a_text_at_the_beginning_of_a_line_stays_text(text: str) -> None:
    rendered = MarkdownIt("commonmark").render(f"{escaped(text)}\n")
    assert unescape(rendered) == f"<p>{' '.join(text.split())}</p>\n"


def test_the_same_card_gives_the_same_files(card: ModelCard) -> None:
    again = card_of(PRETRAINED, Installation(contact=HOSTILE))
    assert to_html(card) == to_html(again)
    assert to_markdown(card) == to_markdown(again)


def test_problems_stand_in_both_files(tmp_path: Path) -> None:
    card = ModelCard("A card", "v1", "What for.", (f"{tmp_path.name} <is> broken.",), (), ())
    assert "&lt;is&gt; broken." in to_html(card)
    assert "&lt;is&gt; broken." in to_markdown(card)
