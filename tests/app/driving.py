"""What tests of the pages share: opening a page alone, reading its HTML, made uploads, and waiting for the model."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from tests.made import made_radiograph

START_S = 60
"""How long the model may take to load: TensorFlow is imported within it."""


def alone(screen: str) -> AppTest:
    """One page, not run yet; no other page runs first."""
    path = str(ROOT / "app" / "screens" / screen / "page.py")
    script = f"import streamlit as st\nst.navigation([st.Page({path!r}, title='Alone')]).run()"
    return AppTest.from_string(script, default_timeout=START_S)


def ran(page: AppTest) -> AppTest:
    """The page after another run, which must not fail."""
    page.run()
    assert not page.exception, page.exception
    return page


def html(page: AppTest) -> str:
    """All HTML of our own on the page, but for the style sheet, which names every class."""
    return "\n".join(element.body for element in page.html if "<style" not in element.body)


def read(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file."""
    return json.loads((folder / name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def write(folder: Path, name: str, values: dict[str, Any]) -> None:
    """Write a JSON file."""
    (folder / name).write_text(json.dumps(values), encoding="utf-8")


def settle(page: AppTest) -> AppTest:
    """Run the page until the model is ready or has failed, as its timer does in a browser."""
    deadline = time.monotonic() + START_S
    while "warming up" in html(page) + " ".join(one.value for one in page.info):
        assert time.monotonic() < deadline, "The model did not get ready."
        time.sleep(0.2)
        ran(page)
    return page


def halves(*, bright_above: bool) -> bytes:
    """A picture of two halves as a PNG file; the stub of the input gate accepts one that is brighter above."""
    pixels = made_radiograph(3, pneumonia=True, size=(224, 224)).astype(np.int32) // 2
    pixels[:112] += 100
    return _as_png((pixels if bright_above else pixels[::-1]).astype(np.uint8))


def png(*, pneumonia: bool, seed: int = 1, size: tuple[int, int] = (224, 224)) -> bytes:
    """A made radiograph as a PNG file."""
    return _as_png(made_radiograph(seed, pneumonia=pneumonia, size=size))


def zipped(entries: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def _as_png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
