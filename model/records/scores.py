"""Labelled radiographs with the model's probabilities: `predictions.csv`, which the figures are computed from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.labels import LABELS, Labels, Probabilities
from model.records.base import RecordError, write_text
from model.records.evaluation import Evaluation

PREDICTIONS = "predictions.csv"
COLUMNS = ("split", "path", "true", "probability")


@dataclass(frozen=True, eq=False)
class Scores:
    """Labelled radiographs with the model's probabilities.

    Attributes:
        labels: int64, shape (n,), 0 or 1.
        probabilities: of pneumonia, float64, shape (n,), 0 to 1.
        paths: n file names within the data folder, each once; () where there are none.
        patients: n patient ids; () where every radiograph counts as a patient of its own.
    """

    labels: Labels
    probabilities: Probabilities
    paths: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no set of scores.

        Raises:
            InputRangeError: if the shapes differ or a value is out of range.
        """
        if self.labels.ndim != 1 or self.labels.shape != self.probabilities.shape:
            raise InputRangeError(
                f"Expected labels and probabilities of one shape (n,), got {self.labels.shape} and "
                f"{self.probabilities.shape}."
            )
        if not np.isin(self.labels, (0, 1)).all():
            raise InputRangeError("Expected labels 0 or 1.")
        if not ((self.probabilities >= 0) & (self.probabilities <= 1)).all():
            raise InputRangeError("Expected probabilities from 0 to 1, none missing.")
        for name in (self.paths, self.patients):
            if len(name) not in (0, len(self.labels)):
                raise InputRangeError(f"Expected {len(self.labels)} paths and patients, or none; got {len(name)}.")

    def __len__(self) -> int:
        """The number of radiographs."""
        return len(self.labels)

    @property
    def has_pneumonia(self) -> npt.NDArray[np.bool_]:
        """Shape (n,): the true class."""
        return np.asarray(self.labels == 1)

    @property
    def prevalence(self) -> float:
        """The share with pneumonia, 0 to 1."""
        return float(self.labels.mean())

    @classmethod
    def read(cls, folder: Path, evaluation: Evaluation) -> Self | None:
        """Read the test split from `predictions.csv`.

        Args:
            folder: the artifact.
            evaluation: of the same weights.

        Returns:
            The scores, or None without the file.

        Raises:
            RecordError: if the file is damaged, or does not give the evaluation's confusion matrix.
        """
        path = folder / PREDICTIONS
        if not path.is_file():
            return None
        found = cls.read_all(path).get("test", cls(np.zeros(0, np.int64), np.zeros(0)))
        at, sick = found.probabilities >= evaluation.threshold, found.has_pneumonia
        counted = tuple(tuple(int(np.sum((sick == truth) & (at == called))) for called in (0, 1)) for truth in (0, 1))
        if counted != evaluation.test.counts.rows:
            raise RecordError(
                f"{PREDICTIONS} gives the confusion matrix {counted}, {evaluation.FILE} {evaluation.test.counts.rows}: "
                "it belongs to another model or another test split. Evaluate this model, or restore both files from "
                "one version."
            )
        return found

    @classmethod
    def read_all(cls, path: Path) -> dict[str, Self]:
        """Read every split of a file of predictions, by name.

        Raises:
            RecordError: if the file is missing or damaged.
        """
        try:
            with path.open(newline="", encoding="utf-8") as stream:
                rows = list(csv.DictReader(stream))
            splits = dict.fromkeys(row["split"] for row in rows)
            return {name: cls._of_rows([row for row in rows if row["split"] == name]) for name in splits}
        except (OSError, KeyError, TypeError, ValueError, InputRangeError) as error:
            raise RecordError(
                f"{path.name} cannot be read ({type(error).__name__}: {error}). Restore it, or create it again."
            ) from error

    @classmethod
    def _of_rows(cls, rows: list[dict[str, str]]) -> Self:
        paths = tuple(row["path"] for row in rows)
        if len(set(paths)) != len(paths):
            raise ValueError("a file is listed twice")
        labels = np.array([LABELS.index(row["true"]) for row in rows], dtype=np.int64)
        return cls(labels, np.array([float(row["probability"]) for row in rows], dtype=np.float64), paths)


def write_predictions(path: Path, parts: Mapping[str, Scores]) -> Path:
    """Write one row a radiograph: split, path, true label, probability with six decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for split, scores in parts.items():
        for file, label, probability in zip(scores.paths, scores.labels, scores.probabilities, strict=True):
            writer.writerow([split, file, LABELS[label], f"{probability:.6f}"])
    return write_text(path, text.getvalue())
