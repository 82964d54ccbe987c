"""The About page: when not to use the model first, figures from the files, and something to say without a model."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from tests.app.driving import text_of

OpenApp = Callable[..., AppTest]

_CODE = """
import sys
import app.model_card
assert "streamlit" not in sys.modules
import app.app_pages.about
slow = {"tensorflow", "keras", "scipy", "sklearn", "tf_keras_vis"} & set(sys.modules)
assert not slow, slow
"""


def about(open_app: OpenApp, folder: Path, **environment: str) -> AppTest:
    page = open_app(folder, **environment).switch_page("app_pages/about.py").run()
    assert not page.exception
    return page


def test_the_first_answer_is_when_not_to_use_it(open_app: OpenApp, sure_artifact: Path) -> None:
    page = about(open_app, sure_artifact, CXR_CONTACT="")
    text = unescape(text_of(page))
    assert text.index("What it is for") < text.index("When not to use it") < text.index("How good it is")
    (_, alarms), (missed, found) = json.loads((sure_artifact / "evaluation.json").read_text(encoding="utf-8"))["test"][
        "confusion_matrix"
    ]["counts"]
    assert f"it missed {missed} of {missed + found} with pneumonia and raised a false alarm on {alarms} of" in text
    assert "no contact was set (CXR_CONTACT)" in text
    assert "44 items" in text


def test_the_card_is_handed_out_under_the_models_version(open_app: OpenApp, sure_artifact: Path) -> None:
    page = about(open_app, sure_artifact)
    version = json.loads((sure_artifact / "manifest.json").read_text(encoding="utf-8"))["model_version"]
    buttons = page.get("download_button")
    assert [one.proto.label for one in buttons] == ["Model card (HTML)", "Model card (Markdown)"]
    assert version in unescape(text_of(page))


def test_a_hostile_contact_stays_text(open_app: OpenApp, sure_artifact: Path) -> None:
    page = about(open_app, sure_artifact, CXR_CONTACT='<img src=x onerror="alert(1)">')
    assert "<img" not in text_of(page)
    assert '<img src=x onerror="alert(1)">' in unescape(text_of(page))


@pytest.mark.parametrize("manifest", [None, "{"])
def test_without_a_usable_model_the_page_says_so_and_shows_the_rest(
    open_app: OpenApp, tmp_path: Path, manifest: str | None
) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    page = about(open_app, tmp_path)
    text = unescape(text_of(page))
    assert "No figures: there is no usable model." in text
    assert "To diagnose or treat." in text
    assert "What the app keeps and sends" in text
    assert "Guangzhou" in text
    assert not page.get("download_button")


def test_without_an_evaluation_no_figure_is_shown(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "evaluation.json").unlink()
    text = unescape(text_of(about(open_app, artifact)))
    assert "has no evaluation.json" in text
    assert "Sensitivity (recall)" not in text


def test_a_setting_that_cannot_be_used_is_named(open_app: OpenApp, sure_artifact: Path) -> None:
    page = about(open_app, sure_artifact, CXR_CONTACT="a\nb")
    assert "CXR_CONTACT is" in unescape(text_of(page))


def test_neither_the_card_imports_streamlit_nor_the_page_tensorflow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
