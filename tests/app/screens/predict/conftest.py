"""The Predict page alone, with its model ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.driving import settle, start

OpenPage = Callable[..., AppTest]


@pytest.fixture
def start_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenPage:
    """Opens the page on a model folder, with variables in the environment; the model may still be loading."""
    data = tmp_path / "data"
    return lambda folder, **env: start(monkeypatch, "predict", CXR_MODEL_DIR=folder, CXR_DATA_DIR=data, **env)


@pytest.fixture
def open_page(start_page: OpenPage) -> OpenPage:
    """The same, with the model ready or failed."""
    return lambda folder, **env: settle(start_page(folder, **env))


@pytest.fixture
def page(open_page: OpenPage, sure_artifact: Path) -> AppTest:
    """The page on an artifact without input check, with rule-out at .2, rule-in at .8 and no indeterminate score."""
    return open_page(sure_artifact)
