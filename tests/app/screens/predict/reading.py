"""What the Predict page shows, and how it is driven."""

from __future__ import annotations

import re
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.app.driving import html, ran

_WORD = re.compile(r'<section class="cx-verdict[^>]*>.*?<h2>([^<]*)</h2>')
_BAR = re.compile(r'aria-label="(Score [^"]*)"')


def words(page: AppTest) -> str:
    """All text on the page, alerts included."""
    alerts = (page.error, page.warning)
    kinds = (page.markdown, page.caption, *alerts, page.info, page.success, page.header, page.subheader)
    parts = [element.value for kind in kinds for element in kind]
    titles = [element.proto.title for kind in alerts for element in kind]
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", "\n".join([*parts, *titles, html(page)]))


def verdict(page: AppTest) -> str:
    """The word of the verdict; "" without one."""
    found = _WORD.findall(html(page))
    assert len(found) <= 1
    return found[0] if found else ""


def score(page: AppTest) -> str:
    """The sentence on the score."""
    return "".join(_BAR.findall(html(page)))


def captions(page: AppTest) -> list[str]:
    """Captions of the pictures, without those of samples."""
    return [one.caption for image in page.image for one in image.proto.imgs if one.caption]


def maps(page: AppTest) -> list[str]:
    """Captions of the heatmaps on the film."""
    return [caption for caption in captions(page) if "evidence for" in caption]


def keys(page: AppTest) -> set[str]:
    """Of the buttons."""
    return {str(button.key) for button in page.button}


def upload(page: AppTest, data: bytes, name: str = "scan") -> AppTest:
    """Open a file."""
    page.file_uploader[0].upload(name, data, "application/octet-stream")
    return ran(page)


def press(page: AppTest, key: str) -> AppTest:
    """Press a button."""
    page.button(key=key).click()
    return ran(page)


def choose(page: AppTest, key: str, value: Any) -> AppTest:
    """Set any control by its key."""
    kinds = (page.segmented_control, page.selectbox, page.slider, page.toggle, page.pills, page.text_input)
    next(one for kind in kinds for one in kind if one.key == key).set_value(value)
    return ran(page)
