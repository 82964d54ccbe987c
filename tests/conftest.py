"""Fixtures that several tests share: a made data folder, and an artifact trained and evaluated on it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest
from filelock import FileLock

from tests.made import write_dataset

TINY = [
    "epochs=14",
    "folds=4",
    "input.size=64",
    "batch_size=8",
    "warmup_epochs=1",
    "augmentation.swap_background=0.3",
    "augmentation.blank_lungs=0.1",
    *(
        f"augmentation.{step}=0"
        for step in ("gamma", "contrast", "noise", "blur", "resample", "cutout", "border", "jpeg")
    ),
]


def pytest_sessionfinish() -> None:
    """Wait for threads that are inside TensorFlow: Python's exit would tear it down under them and abort."""
    for thread in threading.enumerate():
        if thread.name.startswith(("load-model", "explain-")):
            thread.join(timeout=120)


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first process of a test run fills and all others share, since training takes its time.

    `CXR_TEST_CACHE=folder` keeps what is made there for later runs; empty it after a change to training.
    """
    base = factory.getbasetemp()
    kept = Path(os.environ["CXR_TEST_CACHE"]) if "CXR_TEST_CACHE" in os.environ else None
    folder = (kept or (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)) / name
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            made = factory.mktemp(name)
            make(made)
            made.rename(folder)
    return folder


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of made radiographs, with `masks` beside it; other images in test than in train."""
    per_class = {"train": 60, "test": 20}
    folder = _made_once(tmp_path_factory, "shared-data", lambda made: write_dataset(made, per_class=per_class))
    return folder / "data"


@pytest.fixture(scope="session")
def trained_artifact(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small residual network, trained by the real commands on made radiographs and evaluated."""
    return _made_once(tmp_path_factory, "shared-artifact", lambda made: _train(made_data, made)) / "artifact"


def _train(made_data: Path, folder: Path) -> None:
    from training.__main__ import main

    data = ["--data", str(made_data)]
    settings = [part for pair in TINY for part in ("--set", pair)]
    run = ["--run", str(folder / "run"), "--output", str(folder / "artifact")]
    run += ["--masks", str(made_data.parent / "masks")]
    assert main(["fit", *data, *run, *settings]) == 0
    evaluated = ["--artifact", str(folder / "artifact"), "--masks", str(made_data.parent / "masks")]
    ledger = ["--ledger", str(folder / "artifact" / "test_ledger.jsonl")]
    assert main(["evaluate", *data, *evaluated, *ledger]) == 0
