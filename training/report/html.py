"""A report as one HTML file that needs no other: figures inside, styles inside, no script."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.report.blocks import Document


def to_html(document: Document) -> str:
    """Draw a report.

    Args:
        document: what it says.

    Returns:
        An HTML document in British English, every text escaped.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.tests["a"] = lambda block, name: type(block).__name__ == name
    return environment.get_template("template.html.jinja").render(document=document)


def _data_uri(svg: str) -> str:
    # As a picture of its own: the names inside one drawing would otherwise meet those of the next.
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
