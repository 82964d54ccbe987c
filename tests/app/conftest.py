"""No settings of the machine, and artifacts: one that is sure of itself, and one with an input gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.settings import AccessSettings, Settings
from model.artifact import PRETRAINED
from model.input_gate import GateResult, InputGate
from model.radiograph import Radiograph
from model.records.gate import FOLDER, GateSettings
from tests.app.banded import rewrite


@pytest.fixture(scope="session", autouse=True)
def _nothing_set() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Settings, AccessSettings):
            for field in kind.model_fields.values():
                patch.delenv(str(field.validation_alias), raising=False)
        yield


@pytest.fixture
def artifact(sure_artifact: Path, tmp_path: Path) -> Path:
    """A copy of `sure_artifact` that a test may break."""
    return Path(shutil.copytree(sure_artifact, tmp_path / "artifact"))


@pytest.fixture(scope="session")
def sure_artifact(trained_artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained artifact with rule-out at .2, rule-in at .8 and no indeterminate probability; not to be broken."""
    folder = shutil.copytree(trained_artifact, tmp_path_factory.mktemp("sure") / "artifact")
    return rewrite(folder, rule_out=0.2, rule_in=0.8, band=(0.5, 0.5))


@dataclass(frozen=True)
class StubGate:
    """An input gate without an outliner: it refuses what is brighter below than above."""

    settings: GateSettings

    def assess(self, radiograph: Radiograph) -> GateResult:
        pixels = radiograph.pixels
        half = pixels.shape[0] // 2
        accepted = bool(pixels[:half].mean() >= pixels[half:].mean())
        lungs = np.zeros((4, 4), dtype=np.float32)
        return GateResult(accepted, float(accepted), "" if accepted else "it looks upside down", lungs)


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
