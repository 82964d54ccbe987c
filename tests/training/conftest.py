"""What is trained here is trained narrow, and evaluated with fewer resamples than in earnest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.narrow import narrow_networks


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Networks of few channels, before any fixture of the module builds one."""
    with narrow_networks(), pytest.MonkeyPatch.context() as patched:
        patched.setattr("model.evaluation.REPEATS", 200)
        patched.setattr("training.operating_points.REPEATS", 200)
        yield


@pytest.fixture(scope="session")
def masks(made_data: Path) -> Path:
    """Lung outlines of `made_data`."""
    return made_data.parent / "masks"


@pytest.fixture
def artifact_copy(trained_artifact: Path, tmp_path: Path) -> Path:
    """The trained artifact, to be changed."""
    return Path(shutil.copytree(trained_artifact, tmp_path / "artifact"))
