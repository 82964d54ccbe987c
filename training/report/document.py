"""The report's text as blocks: Markdown from a template, cut into what both layouts draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator

Block = dict[str, Any]

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")
_CAPTION = "Table: "


def escaped(value: object) -> str:
    """A value as Markdown that shows it as it is, on one line; what is marked as safe is Markdown already."""
    if isinstance(value, Markup):
        return value
    return _MARKUP.sub(r"\\\1", str(value).replace("\n", " "))


def sections(markdown: str) -> list[dict[str, Any]]:
    """Cut a text into sections of blocks; sections, tables and figures are numbered.

    Args:
        markdown: headings of the first level, paragraphs, lists, quotations, tables and images only. A paragraph
            "Table: …" is the caption of the table behind it.

    Returns:
        For each section "title" and "blocks". A block has a "kind": "text" ("text", "loud"), "list" ("items",
        "numbered"), "table" ("caption", "head", "rows", "numeric": for each column whether it is set to the right), or
        "figure" ("name", "alternative", "caption").

    Raises:
        ValueError: if the text has something else, or a table without caption.
    """
    tree = SyntaxTreeNode(MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown))
    found: list[dict[str, Any]] = []
    counts = {"table": 0, "figure": 0}
    caption = ""
    for node in tree.children:
        if node.type == "heading":
            found.append({"title": f"{len(found) + 1}  {_text(node)}", "blocks": []})
            continue
        block = _block(node)
        if block["kind"] == "text" and block["text"].startswith(_CAPTION):
            caption = block["text"].removeprefix(_CAPTION)
            continue
        if block["kind"] == "table":
            block["caption"], caption = caption, ""
        if block["kind"] in counts:
            if not block["caption"]:
                raise ValueError(f"A {block['kind']} has no caption in section {found[-1]['title']!r}.")
            counts[block["kind"]] += 1
            block["caption"] = f"{block['kind'].capitalize()} {counts[block['kind']]}. {block['caption']}"
        found[-1]["blocks"].append(block)
    return found


def _block(node: SyntaxTreeNode) -> Block:
    if node.type == "paragraph":
        image = next((inner for inner in node.walk() if inner.type == "image"), None)
        if image is not None:
            alternative, caption = _text(image), str(image.attrs["title"])
            return {"kind": "figure", "name": str(image.attrs["src"]), "alternative": alternative, "caption": caption}
        return {"kind": "text", "text": _text(node), "loud": False}
    if node.type == "blockquote":
        return {"kind": "text", "text": _text(node), "loud": True}
    if node.type in {"bullet_list", "ordered_list"}:
        items = [_text(item) for item in node.children]
        return {"kind": "list", "items": items, "numbered": node.type == "ordered_list"}
    if node.type == "table":
        head, *body = (row.children for part in node.children for row in part.children)
        numeric = ["right" in str(cell.attrs.get("style", "")) for cell in head]
        rows = [[_text(cell) for cell in row] for row in body]
        return {"kind": "table", "head": [_text(cell) for cell in head], "rows": rows, "numeric": numeric}
    raise ValueError(f"The report's text has a block of the kind {node.type!r}, which no layout can draw.")


def _text(node: SyntaxTreeNode) -> str:
    return re.sub(r" +", " ", "".join(_pieces(node))).strip()


def _pieces(node: SyntaxTreeNode) -> Iterator[str]:
    for inner in node.walk():
        if inner.type in {"text", "code_inline"}:
            yield inner.content
        elif inner.type == "softbreak":
            yield " "
