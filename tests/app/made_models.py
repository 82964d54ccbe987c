"""A second model, measured on the same made scans: a copy of an artifact with other scores, counted anew."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from model.artifact import read_manifest
from model.evaluation import evaluate
from model.records.evaluation import Evaluation
from model.records.history import History
from model.records.robustness import Robustness
from model.records.scores import Scores
from training.data.listing import class_and_patient

Row = dict[str, str]


def rows_of_test(folder: Path) -> list[Row]:
    """The test split in `predictions.csv`."""
    text = (folder / "predictions.csv").read_text(encoding="utf-8")
    return [row for row in csv.DictReader(text.splitlines()) if row["split"] == "test"]


def made_model(of: Path, folder: Path, change: Callable[[list[Row]], list[Row]], *, preset: str = "plain") -> Path:
    """Write an artifact whose test scores, files or labels differ from another's.

    Args:
        of: the artifact it is made from; not changed.
        folder: made.
        change: makes the rows of test.
        preset: that it calls itself.

    Returns:
        The folder. Its weights are no network.
    """
    shutil.copytree(of, folder)
    (folder / "model.keras").write_bytes(folder.name.encode())
    sha256 = hashlib.sha256(folder.name.encode()).hexdigest()
    version = f"{preset}-{sha256[:8]}"
    manifest = read_manifest(folder).replace(weights_sha256=sha256, model_version=version, preset=preset, parameters=77)
    manifest.write(folder)
    rows = change(rows_of_test(folder))
    with (folder / "predictions.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ("split", "path", "true", "probability"))
        writer.writeheader()
        writer.writerows(rows)
    read = Scores.read_all(folder / "predictions.csv")["test"]
    patients = tuple(class_and_patient(path)[1] for path in read.paths)
    scores = Scores(read.labels, read.probabilities, read.paths, patients)
    test = evaluate(scores, manifest.operating_points, manifest.band)
    for kind, changes in ((History, {}), (Robustness, {}), (Evaluation, {"model_version": version, "test": test})):
        record = kind.read(folder)
        assert record is not None
        record.replace(weights_sha256=sha256, **changes).write(folder)
    return folder
