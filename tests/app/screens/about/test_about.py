"""The About page: what it is for and when not to use it come first; without a model there is still something to say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.services import model
from model.artifact import PRETRAINED, read_manifest
from tests.app.driving import html, missing, start, words


def about(monkeypatch: pytest.MonkeyPatch, folder: Path, contact: str = "") -> AppTest:
    monkeypatch.setattr(model, "state", lambda _: model.Warming())
    return start(monkeypatch, "about", CXR_MODEL_DIR=folder, CXR_CONTACT=contact)


def test_what_for_and_when_not_come_first_and_the_card_is_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    page = about(monkeypatch, PRETRAINED, hostile)
    assert [one.value for one in page.header][:3] == ["What it is for", "When not to use it", "How good it is"]
    labels = [one.proto.label for one in page.get("download_button")]
    assert labels == ["Model card (HTML)", "Model card (Markdown)"]
    assert not missing(words(page), read_manifest(PRETRAINED).model_version, hostile)
    assert "<img" not in html(page)
    assert not any(re.search(r"(?<!\\)<img", one.value) for one in page.markdown)
    assert not page.error
    folded = {"Model details", "Quantitative analyses", "CLAIM 2024, item by item"}
    assert folded <= {one.label for one in page.expander}


@pytest.mark.parametrize("manifest", [None, "{"])
def test_without_a_usable_model_the_page_says_so_and_shows_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, manifest: str | None
) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    page = about(monkeypatch, tmp_path)
    assert len(page.error) == 1
    assert "When not to use it" in [one.value for one in page.header]
    assert "CXR_CONTACT" in words(page)
    assert not page.get("download_button")


def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CXR_CONTACT" in words(about(monkeypatch, PRETRAINED, "a\nb"))
