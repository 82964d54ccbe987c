"""The Predict page alone, with its model ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.driving import alone, ran, settle

OpenPage = Callable[..., AppTest]


@pytest.fixture
def start_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenPage:
    """Opens the page on a model folder, with variables in the environment; the model may still be loading."""
    for name in ("CXR_OPERATING_POINT", "CXR_PREVALENCE", "CXR_KEEP_PIXELS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "data"))

    def start(folder: Path, **environment: str) -> AppTest:
        monkeypatch.setenv("CXR_MODEL_DIR", str(folder))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return ran(alone("predict"))

    return start


@pytest.fixture
def open_page(start_page: OpenPage) -> OpenPage:
    """The same, with the model ready or failed."""
    return lambda folder, **environment: settle(start_page(folder, **environment))


@pytest.fixture
def page(open_page: OpenPage, sure_artifact: Path) -> AppTest:
    """The page on an artifact without input check, with rule-out at .2, rule-in at .8 and no indeterminate score."""
    return open_page(sure_artifact)
