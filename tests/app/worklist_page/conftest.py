"""The page on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.records.repository import Records, open_records
from app.settings import Settings
from tests.app.driving import settle
from tests.app.records.entries import save
from tests.app.worklist_page.driving import OpenApp, visit


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", keep_pixels=True)


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    with open_records(settings) as opened:
        yield opened


@pytest.fixture
def page(open_app: OpenApp, sure_artifact: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page on an empty database, the model ready; pictures are kept."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    app = open_app(sure_artifact, CXR_DATA_DIR=str(settings.data_dir), CXR_KEEP_PIXELS="on")
    return settle(visit(app))


@pytest.fixture
def filled(page: AppTest, records: Records) -> AppTest:
    """Four cases: certain, likely, open, and one below the threshold."""
    for seed, probability in enumerate((0.99, 0.8, 0.6, 0.1)):
        save(records, seed, probability, indeterminate=probability == 0.6)
    return page.run()
