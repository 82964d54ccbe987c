"""What the Predict page shows."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from tests.app.driving import film, html


def verdict(page: AppTest) -> str:
    """The word of the verdict; "" without one."""
    found = re.findall(r'<section class="cx-verdict[^>]*>.*?<h2>([^<]*)</h2>', html(page))
    assert len(found) <= 1
    return found[0] if found else ""


def score(page: AppTest) -> str:
    """The sentence on the score."""
    return "".join(re.findall(r'aria-label="(Score [^"]*)"', html(page)))


def captions(page: AppTest) -> list[str]:
    """Captions of the viewer and of the pictures, without those of samples."""
    shown = film(page)
    return ([shown["name"]] if shown else []) + [
        one.caption for image in page.image for one in image.proto.imgs if one.caption
    ]


def maps(page: AppTest) -> list[str]:
    """What the heatmap on the film marks; empty without one, or while it is hidden."""
    shown = film(page)
    return [shown["marks"]] if shown and shown["heat"] and shown["view"]["mode"] != "film" else []
