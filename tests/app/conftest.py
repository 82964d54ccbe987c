"""Fixtures that drive both pages through Streamlit's AppTest, without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from model.artifact import PRETRAINED
from model.input_gate import GateResult, InputGate
from model.radiograph import Radiograph
from model.records.gate import FOLDER, GateSettings
from tests.app.banded import rewrite
from tests.app.driving import START_S, settle


@pytest.fixture
def artifact(sure_artifact: Path, tmp_path: Path) -> Path:
    """A copy of `sure_artifact` that a test may break."""
    return Path(shutil.copytree(sure_artifact, tmp_path / "artifact"))


@pytest.fixture(scope="session")
def sure_artifact(trained_artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained artifact with rule-out at .2, rule-in at .8 and no indeterminate probability; not to be broken."""
    folder = shutil.copytree(trained_artifact, tmp_path_factory.mktemp("sure") / "artifact")
    return rewrite(folder, rule_out=0.2, rule_in=0.8, band=(0.5, 0.5))


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Starts the app on a model folder, with further variables in its environment, and shows its first page."""
    for name in ("CXR_OPERATING_POINT", "CXR_PREVALENCE"):
        monkeypatch.delenv(name, raising=False)

    def start(folder: Path, **environment: str) -> AppTest:
        monkeypatch.setenv("CXR_MODEL_DIR", str(folder))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return AppTest.from_file(ROOT / "app" / "main.py", default_timeout=START_S).run()

    return start


@pytest.fixture
def warm_app(open_app: Callable[[Path], AppTest], sure_artifact: Path) -> AppTest:
    """The app with its model ready."""
    return settle(open_app(sure_artifact))


UPSIDE_DOWN = "it looks upside down"


@dataclass(frozen=True)
class StubGate:
    """An input gate without an outliner: it refuses what is brighter below than above."""

    settings: GateSettings

    def assess(self, radiograph: Radiograph) -> GateResult:
        pixels = radiograph.pixels
        half = pixels.shape[0] // 2
        accepted = bool(pixels[:half].mean() >= pixels[half:].mean())
        lungs = np.zeros((4, 4), dtype=np.float32)
        return GateResult(accepted, float(accepted), "" if accepted else UPSIDE_DOWN, lungs)


@pytest.fixture
def gated_artifact(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An artifact with the shipped gate's settings; a `StubGate` stands for its network."""
    folder = artifact / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(PRETRAINED / FOLDER / GateSettings.FILE, folder / GateSettings.FILE)

    def load(folder: Path) -> StubGate:
        return StubGate(GateSettings.from_text((folder / GateSettings.FILE).read_text(encoding="utf-8")))

    monkeypatch.setattr(InputGate, "load", load)
    return artifact
