"""Fixtures that drive both pages through Streamlit's AppTest, without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from tests.app.driving import START_S, settle


@pytest.fixture
def artifact(trained_artifact: Path, tmp_path: Path) -> Path:
    """A copy of the trained artifact that a test may break."""
    return Path(shutil.copytree(trained_artifact, tmp_path / "artifact"))


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], AppTest]:
    """Starts the app on a model folder and shows its first page."""

    def start(folder: Path) -> AppTest:
        monkeypatch.setenv("CXR_MODEL_DIR", str(folder))
        return AppTest.from_file(ROOT / "app" / "main.py", default_timeout=START_S).run()

    return start


@pytest.fixture
def warm_app(open_app: Callable[[Path], AppTest], trained_artifact: Path) -> AppTest:
    """The app with its model ready."""
    return settle(open_app(trained_artifact))
