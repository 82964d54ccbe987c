"""A network narrow enough to be trained in a test: `python -m tests.narrow` makes `tests/fixtures/artifact_small`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from tests.made import write_dataset

SMALL = Path(__file__).parent / "fixtures" / "artifact_small"
PER_CLASS = {"train": 60, "test": 20}
SETTINGS = [
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


@contextmanager
def narrow_networks() -> Iterator[None]:
    """Within it, the two presets build networks of few channels; their layers' names and strides stay."""
    from model.architecture import PRESETS

    narrow = {
        "residual": replace(PRESETS["residual"], widths=(16, 24, 32, 48), blocks=(1, 1, 1, 1)),
        "plain": replace(PRESETS["plain"], widths=(8, 12, 16, 24, 32), hidden=16),
    }
    with patch.dict(PRESETS, narrow):
        yield


def train(data: Path, folder: Path, *changes: str) -> Path:
    """Train on a data folder with outlines beside it, and evaluate, by the commands a user types."""
    from training.__main__ import main

    common = ["--data", str(data), "--masks", str(data.parent / "masks")]
    settings = [part for pair in (*SETTINGS, *changes) for part in ("--set", pair)]
    artifact = folder / "artifact"
    with narrow_networks():
        assert main(["fit", *common, "--run", str(folder / "run"), "--output", str(artifact), *settings]) == 0
        assert main(["evaluate", *common, "--artifact", str(artifact)]) == 0
    return artifact


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        trained = train(write_dataset(Path(made), per_class=PER_CLASS), Path(made))
        shutil.rmtree(SMALL, ignore_errors=True)
        shutil.copytree(trained, SMALL)
