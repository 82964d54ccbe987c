"""What tests of the pages share: a page opened alone, read and driven, made uploads, and waiting."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from tests.made import made_radiograph

START_S = 60
"""How long the model may take to load: TensorFlow is imported within it."""


def start(
    patch: pytest.MonkeyPatch,
    screen: str,
    *,
    query: Mapping[str, str] = {},
    state: Mapping[str, Any] = {},
    **env: object,
) -> AppTest:
    """One page after its first run, with variables in its environment; no other page runs first."""
    for name, value in env.items():
        patch.setenv(name, str(value))
    path = str(ROOT / "app" / "screens" / screen / "page.py")
    script = f"import streamlit as st\nst.navigation([st.Page({path!r}, title='Alone')]).run()"
    page = AppTest.from_string(script, default_timeout=START_S)
    for key, given in query.items():
        page.query_params[key] = given
    for key, value in state.items():
        page.session_state[key] = value
    return ran(page)


def ran(page: AppTest) -> AppTest:
    """The page after another run, which must not fail."""
    page.run()
    assert not page.exception, page.exception
    return page


def html(page: AppTest) -> str:
    """All HTML of our own on the page, but for the style sheet, which names every class."""
    return "\n".join(element.body for element in page.html if "<style" not in element.body)


def words(page: AppTest) -> str:
    """All text on the page and what it has just told, without tags and Markdown's escapes."""
    assert not page.exception, page.exception
    alerts = (page.error, page.warning)
    plain = (page.markdown, page.caption, page.info, page.success, page.toast, page.title, page.header, page.subheader)
    parts = [element.value for kind in (*plain, *alerts) for element in kind]
    parts += [element.proto.title for kind in alerts for element in kind]
    return tidy(" ".join([*parts, unescape(re.sub("<[^>]*>", " ", html(page)))]))


def tidy(text: str) -> str:
    """Text without Markdown's escapes, on one line with single spaces."""
    return " ".join(text.replace("\\", "").split())


def film(page: AppTest) -> dict[str, Any]:
    """What the viewer was handed over; {} without a viewer."""
    viewers = page.get("bidi_component")
    assert len(viewers) <= 1
    return json.loads(viewers[0].proto.json) if viewers else {}


def look(page: AppTest, **changed: Any) -> AppTest:
    """Show the film in another way, as the viewer tells the page."""
    data = film(page)
    subject, _, kind = data["subject"].removeprefix("viewer-").rpartition("-")
    view = data["view"] | changed
    page.session_state[f"viewer-look-{kind}"] = {name: view[name] for name in ("mode", "opacity", "colours")}
    page.session_state[f"viewer-greys-{subject}"] = {name: view[name] for name in ("window", "level", "inverted")}
    return ran(page)


def missing(text: str, *parts: str) -> list[str]:
    """What of the parts the text lacks."""
    return [part for part in parts if part not in text]


def keys(page: AppTest) -> set[str]:
    """Of the buttons."""
    return {str(button.key) for button in page.button}


def press(page: AppTest, key: str) -> AppTest:
    """Press a button."""
    page.button(key=key).click()
    return ran(page)


def choose(page: AppTest, key: str, value: Any) -> AppTest:
    """Set any control by its key."""
    kinds = (page.segmented_control, page.selectbox, page.slider, page.toggle, page.pills, page.text_input)
    next(one for kind in kinds for one in kind if one.key == key).set_value(value)
    return ran(page)


def upload(page: AppTest, data: bytes, name: str = "scan") -> AppTest:
    """Open a file."""
    page.file_uploader[0].upload(name, data, "application/octet-stream")
    return ran(page)


def wait(done: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Until it is done, do something again and again."""
    deadline = time.monotonic() + START_S
    while not done():
        assert time.monotonic() < deadline, "It did not end."
        meanwhile()
        time.sleep(0.05)


def read(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file."""
    return json.loads((folder / name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def write(folder: Path, name: str, values: dict[str, Any]) -> None:
    """Write a JSON file."""
    (folder / name).write_text(json.dumps(values), encoding="utf-8")


def settle(page: AppTest) -> AppTest:
    """Run the page until the model is ready or has failed, as its timer does in a browser."""
    wait(lambda: "warming up" not in words(page), lambda: ran(page))
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
