"""The card as one HTML file that needs nothing else: readable, printable, and usable with a screen reader."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from app.model_card.markdown import CHECKLIST_HEAD, CHECKLIST_TITLE, checklist_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model_card.content import ChecklistItem, ModelCard, Section, Table

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#15242d, #e4ecf0); background: light-dark(#ffffff, #0e161b); overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; }
h2 { font-size: 1.3rem; margin-top: 2.2rem; border-bottom: 1px solid light-dark(#d3dee5, #2c3c45); }
dt { font-weight: 600; margin-top: 0.6rem; }
dd { margin: 0; }
.problem { border-left: 0.3rem solid light-dark(#9c1c2e, #ff9aa6); padding-left: 0.8rem; }
.wide { overflow-x: auto; margin-top: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; overflow-wrap: break-word; }
caption { text-align: left; padding-bottom: 0.4rem; color: light-dark(#4d616d, #a5b6c0); }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.8rem 0.35rem 0;
  border-bottom: 1px solid light-dark(#d3dee5, #2c3c45); }
@media print { body { max-width: none; margin: 0; font-size: 10pt; color: #000; background: #fff; }
  tr, dt { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; }
  .wide { overflow: visible; } }
"""


def to_html(card: ModelCard) -> str:
    """The whole card.

    Args:
        card: to write.

    Returns:
        A page in UTF-8 text without scripts, pictures or links to elsewhere; every text of the card is escaped.
    """
    version = f"<p>Model version: {escape(card.model_version)}</p>" if card.model_version else ""
    problems = "".join(
        f'<p class="problem"><strong>Some figures cannot be shown.</strong> {escape(text)}</p>'
        for text in card.problems
    )
    body = "\n".join((*map(_section, card.sections), _checklist(card.checklist)))
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(card.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(card.title)}</h1>\n<p>{escape(card.summary)}</p>\n{version}{problems}\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    parts = [f'<section aria-labelledby="{section.key}">', f'<h2 id="{section.key}">{escape(section.title)}</h2>']
    if section.points:
        parts.append("<ul>" + "".join(f"<li>{escape(point)}</li>" for point in section.points) + "</ul>")
    if section.items:
        terms = (f"<dt>{escape(item.term)}</dt><dd>{escape(item.text)}</dd>" for item in section.items)
        parts.append(f"<dl>{''.join(terms)}</dl>")
    parts += [_table(table) for table in section.tables]
    return "\n".join((*parts, "</section>"))


def _table(table: Table) -> str:
    return _drawn(table.caption, table.head, table.rows)


def _drawn(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    # A table that is wider than the screen scrolls by keyboard, too.
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{body}\n</tbody>"
        "</table></div>"
    )


def _checklist(items: tuple[ChecklistItem, ...]) -> str:
    rows = [(str(one.number), one.group, one.asks, one.status, one.answer) for one in items]
    return (
        f'<section aria-labelledby="claim"><h2 id="claim">{escape(CHECKLIST_TITLE)}</h2>'
        f"{_drawn(checklist_sentence(items), CHECKLIST_HEAD, rows)}</section>"
    )
