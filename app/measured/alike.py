"""Scans of the test split that scored like the one on the page, from `predictions.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.measured.files import MeasuredError, read_if_there
from model.labels import LABELS
from model.metrics import wilson
from model.records.manifest import BALANCED

if TYPE_CHECKING:
    from pathlib import Path

    from app.measured.evaluated import Evaluation

PREDICTIONS = "predictions.csv"

NEAREST = 40
"""How many scans a score is compared with: with fewer, chance says more than the score does."""

FEWEST = 20
FARTHEST = 2.0
"""In log-odds, about a factor of seven in the odds: scans beyond it are not called alike."""

_EPSILON = 1e-9


@dataclass(frozen=True)
class Alike:
    """Test scans whose score is nearest to one score.

    Attributes:
        scans: how many.
        pneumonia: how many of them had pneumonia.
        low: the lowest of their probabilities, 0 to 1.
        high: the highest.
    """

    scans: int
    pneumonia: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share that had pneumonia, 0 to 1."""
        return self.pneumonia / self.scans

    @property
    def interval(self) -> tuple[float, float]:
        """The share's 95 % Wilson score interval, which counts the scans as independent."""
        return wilson(self.pneumonia, self.scans)


@dataclass(frozen=True, eq=False)
class ScoredScans:
    """Every scan of the test split with its score.

    Attributes:
        probabilities: float64, shape (n,), 0 to 1.
        sick: bool, shape (n,): whether each truly has pneumonia.
        paths: n names of files within the data folder, each once; () where not told.
    """

    probabilities: npt.NDArray[np.float64]
    sick: npt.NDArray[np.bool_]
    paths: tuple[str, ...] = ()

    @property
    def prevalence(self) -> float:
        """The share of pneumonia, 0 to 1."""
        return float(self.sick.mean())

    def alike(self, probability: float) -> Alike | None:
        """The `NEAREST` scans in log-odds, all that tie with the last, and none beyond `FARTHEST`.

        Args:
            probability: 0 to 1.

        Returns:
            What they are; None where fewer than `FEWEST` are near enough.
        """
        far = np.abs(_log_odds(self.probabilities) - _log_odds(np.array([probability])))
        reach = min(FARTHEST, float(np.sort(far)[:NEAREST][-1])) if far.size else 0.0
        near = far <= reach + _EPSILON
        if near.sum() < FEWEST:
            return None
        found = self.probabilities[near]
        return Alike(int(near.sum()), int(self.sick[near].sum()), float(found.min()), float(found.max()))


def read_test_scans(folder: Path, evaluation: Evaluation) -> ScoredScans | None:
    """Read `predictions.csv` and hold it against the evaluation.

    Args:
        folder: the artifact.
        evaluation: of the same weights.

    Returns:
        The scans, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged, or its test scans do not give the evaluation's confusion matrix.
    """
    return read_if_there(folder / PREDICTIONS, lambda text: _scans(text, evaluation))


def _scans(text: str, evaluation: Evaluation) -> ScoredScans:
    rows = [row for row in csv.DictReader(text.splitlines()) if row["split"] == "test"]
    unknown = {row["true"] for row in rows} - set(LABELS)
    probabilities = np.array([float(row["probability"]) for row in rows], dtype=np.float64)
    if unknown or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(f"a label among {sorted(unknown)} or a probability outside 0 to 1")
    sick = np.array([row["true"] == LABELS[1] for row in rows], dtype=np.bool_)
    (threshold,) = (point.threshold for point in evaluation.operating_points if point.name == BALANCED)
    counted = tuple(
        tuple(int(np.sum((sick == truth) & ((probabilities >= threshold) == called))) for called in (False, True))
        for truth in (False, True)
    )
    if counted != evaluation.test.counts:
        raise MeasuredError(
            f"{PREDICTIONS} gives a confusion matrix of {counted}, and the evaluation says "
            f"{evaluation.test.counts}: it is of another model or another test split. Evaluate this model, or "
            "restore both from one version."
        )
    paths = tuple(row["path"] for row in rows)
    if len(set(paths)) != len(paths):
        raise ValueError("a file of the test split is told twice")
    return ScoredScans(probabilities, sick, paths)


def _log_odds(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    inside = np.clip(probabilities, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)
