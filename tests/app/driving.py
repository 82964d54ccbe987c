"""What tests of the pages share: reading a page's own HTML, made uploads, and waiting for the model."""

from __future__ import annotations

import io
import time

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.made import made_radiograph

START_S = 60
"""How long the model may take to load: TensorFlow is imported within it."""


def text_of(page: AppTest) -> str:
    """All HTML of our own on the page, but for the style sheet, which names every class."""
    return "\n".join(element.body for element in page.html if "<style" not in element.body)


def settle(page: AppTest) -> AppTest:
    """Run the page until the model is ready or has failed, as its timer does in a browser."""
    deadline = time.monotonic() + START_S
    while "warming up" in text_of(page) + " ".join(one.value for one in page.info):
        assert time.monotonic() < deadline, "The model did not get ready."
        time.sleep(0.2)
        page.run()
    return page


def halves(*, bright_above: bool) -> bytes:
    """A picture of two halves as a PNG file; the stub of the input gate accepts one that is brighter above."""
    pixels = made_radiograph(3, pneumonia=True, size=(224, 224)).astype(np.int32) // 2
    pixels[:112] += 100
    file = io.BytesIO()
    Image.fromarray((pixels if bright_above else pixels[::-1]).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def png(*, pneumonia: bool, seed: int = 1, size: tuple[int, int] = (224, 224)) -> bytes:
    """A made radiograph as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(made_radiograph(seed, pneumonia=pneumonia, size=size)).save(file, "PNG")
    return file.getvalue()
