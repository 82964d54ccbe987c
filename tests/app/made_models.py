"""A second model, measured on the same made scans: a copy of an artifact with other scores, counted anew."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from model.artifact import read_manifest, write_manifest
from training.data import LabelledImage
from training.data.listing import class_and_patient
from training.results import Scored, describe

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
    manifest = replace(
        read_manifest(folder),
        weights_sha256=sha256,
        model_version=f"{preset}-{sha256[:8]}",
        preset=preset,
        parameters=77,
    )
    write_manifest(manifest, folder)
    rows = change(rows_of_test(folder))
    labels = [int(row["true"] == "Pneumonia") for row in rows]
    images = tuple(
        LabelledImage(row["path"], label, class_and_patient(row["path"])[1])
        for row, label in zip(rows, labels, strict=True)
    )
    probabilities = np.array([float(row["probability"]) for row in rows])
    scored = Scored(images, np.array(labels, dtype=np.int64), probabilities)
    for name in ("history.json", "robustness.json", "evaluation.json"):
        values = json.loads((folder / name).read_text(encoding="utf-8")) | {"weights_sha256": sha256}
        if name == "evaluation.json":
            values |= {"model_version": manifest.model_version, "test": describe(scored, manifest)}
        (folder / name).write_text(json.dumps(values), encoding="utf-8")
    with (folder / "predictions.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ("split", "path", "true", "probability"))
        writer.writeheader()
        writer.writerows(rows)
    return folder
