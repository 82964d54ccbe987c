"""The Performance page alone: no other page runs first, and no model is loaded unless a test wants it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.services import model
from tests.app.driving import alone, ran

OpenTab = Callable[..., AppTest]


@pytest.fixture
def open_tab(monkeypatch: pytest.MonkeyPatch) -> OpenTab:
    """Opens a tab on a model folder, with query parameters, and with further variables in the environment."""
    for name in ("CXR_OPERATING_POINT", "CXR_PREVALENCE", "CXR_DATA_SET"):
        monkeypatch.delenv(name, raising=False)
    state = model.state

    def start(
        folder: Path, tab: str, *, query: dict[str, str] | None = None, load: bool = False, **env: str
    ) -> AppTest:
        monkeypatch.setattr(model, "state", state if load else lambda _: model.Warming())
        monkeypatch.setenv("CXR_MODEL_DIR", str(folder))
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        page = alone("performance")
        for name, value in ({"performance-tab": tab} | (query or {})).items():
            page.query_params[name] = value
        return ran(page)

    return start
