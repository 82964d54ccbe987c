"""The Performance page alone: no other page runs first, and no model is loaded unless a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.services import model
from tests.app.driving import start

OpenTab = Callable[..., AppTest]


@pytest.fixture
def open_tab(monkeypatch: pytest.MonkeyPatch) -> OpenTab:
    """Opens a tab on a model folder, with query parameters, and with further variables in the environment."""
    state = model.state

    def open_(folder: Path, tab: str, *, query: Mapping[str, str] = {}, load: bool = False, **env: object) -> AppTest:
        monkeypatch.setattr(model, "state", state if load else lambda _: model.Warming())
        given = {"performance-tab": tab, **query}
        return start(monkeypatch, "performance", query=given, CXR_MODEL_DIR=folder, **env)

    return open_
