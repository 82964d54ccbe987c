"""Fixtures that several tests share: a made data folder, and an artifact that was trained on it."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two processes on two cores: threads of linear algebra that wait for each other make small sums four times slower.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import pytest
from filelock import FileLock

from tests.made import write_dataset
from tests.narrow import PER_CLASS, SMALL


def pytest_sessionfinish() -> None:
    """Wait for threads that are inside TensorFlow: Python's exit would tear it down under them and abort."""
    for thread in threading.enumerate():
        if thread.name.startswith(("load-model", "explain-")):
            thread.join(timeout=120)


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of made radiographs, with `masks` beside it; the first process of a run writes it for all."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-data"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            made = tmp_path_factory.mktemp("shared-data")
            write_dataset(made, per_class=PER_CLASS)
            made.rename(folder)
    return folder / "data"


@pytest.fixture(scope="session")
def trained_artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that was trained and evaluated on `made_data`: a copy of `tests/fixtures/artifact_small`."""
    return Path(shutil.copytree(SMALL, tmp_path_factory.mktemp("trained") / "artifact"))
