"""The Worklist alone, on a database of its own and with a stub of the model: nothing waits for TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.records.repository import Records, open_records
from app.services import model
from app.settings import Settings
from model.labels import LABELS
from model.predictor import Prediction
from model.radiograph import Radiograph
from tests.app.driving import ran, start
from tests.app.records.entries import save
from tests.app.services.predicted import MANIFEST, prediction

OpenPage = Callable[..., AppTest]


class StubPredictor:
    """Scores a picture by its mean; one that is brighter below than above is rejected."""

    manifest = MANIFEST
    intended_use = MANIFEST.intended_use

    def predict(self, radiograph: Radiograph, *, operating_point: str = "balanced") -> Prediction:
        half = radiograph.pixels.shape[0] // 2
        probability = float(radiograph.pixels.mean()) / 255
        return prediction(
            accepted=bool(radiograph.pixels[:half].mean() >= radiograph.pixels[half:].mean()),
            probability=probability,
            decision=LABELS[int(probability >= MANIFEST.point(operating_point).threshold)],
            operating_point=operating_point,
        )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", keep_pixels=True)


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    with open_records(settings) as opened:
        yield opened


@pytest.fixture
def open_page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens the page in a session of its own, at a case or at the list, with further variables in the environment."""
    monkeypatch.setattr(model, "state", lambda _: model.Ready(StubPredictor(), None))  # type: ignore[arg-type]

    def open_(case_id: str = "", **env: str) -> AppTest:
        query = {"case": case_id} if case_id else {}
        return start(monkeypatch, "worklist", query=query, CXR_DATA_DIR=settings.data_dir, **env)

    return open_


@pytest.fixture
def page(open_page: OpenPage) -> AppTest:
    """An empty list; radiographs are kept."""
    return open_page(CXR_KEEP_PIXELS="on")


@pytest.fixture
def filled(page: AppTest, records: Records) -> AppTest:
    """Four cases: certain, likely, indeterminate, and one below the threshold."""
    for seed, probability in enumerate((0.99, 0.8, 0.6, 0.1)):
        save(records, seed, probability, indeterminate=probability == 0.6)
    return ran(page)
