"""Two models on the same test split, scan by scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.measured.files import MeasuredError
from model.comparison import AurocDifference, PairedRight, delong, paired_right
from model.records.manifest import BALANCED

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.measured.alike import ScoredScans
    from app.measured.evaluated import Evaluation


class NotComparableError(MeasuredError):
    """Two models were not measured on the same scans with the same labels; the message says where they differ."""


@dataclass(frozen=True)
class Comparison:
    """Two models on the same scans, each at its own balanced threshold.

    Attributes:
        images: of the test split.
        patients: how many patient numbers they carry.
        auroc: both, with the test of their difference.
        every: who is right, on all scans.
        pneumonia: on those with pneumonia.
        normal: on normal ones.
    """

    images: int
    patients: int
    auroc: AurocDifference
    every: PairedRight
    pneumonia: PairedRight
    normal: PairedRight


@dataclass(frozen=True, eq=False)
class Measured:
    """What a comparison needs of one model.

    Attributes:
        evaluation: of its weights.
        scans: every scan of test with its score.
    """

    evaluation: Evaluation
    scans: ScoredScans

    @property
    def threshold(self) -> float:
        """Of the balanced operating point."""
        (found,) = (point.threshold for point in self.evaluation.operating_points if point.name == BALANCED)
        return found


def compare(first: Measured, second: Measured) -> Comparison:
    """Compare two models scan by scan.

    Args:
        first: one model.
        second: the other, on the same files with the same labels, in any order.

    Returns:
        The comparison, the first's advantage being positive.

    Raises:
        NotComparableError: if files or labels differ.
    """
    order = _order(first.scans, second.scans)
    sick = first.scans.sick
    if (differ := int(np.sum(sick != second.scans.sick[order]))) > 0:
        raise NotComparableError(
            f"The two models were measured on the same files, but {differ} of them carry another label. Evaluate both "
            "on one data folder."
        )
    scores = first.scans.probabilities, second.scans.probabilities[order]
    right = [(score >= model.threshold) == sick for score, model in zip(scores, (first, second), strict=True)]
    return Comparison(
        images=len(sick),
        patients=first.evaluation.test.patients,
        auroc=delong(sick.astype(np.int64), *scores),
        every=paired_right(*right),
        pneumonia=paired_right(*(one[sick] for one in right)),
        normal=paired_right(*(one[~sick] for one in right)),
    )


def _order(first: ScoredScans, second: ScoredScans) -> npt.NDArray[np.intp]:
    """Where each scan of the first stands in the second."""
    place = {path: number for number, path in enumerate(second.paths)}
    if not first.paths or set(first.paths) != place.keys():
        shared = len(set(first.paths) & place.keys())
        raise NotComparableError(
            f"The two models were not measured on the same test files: {len(first.paths):,} and {len(place):,} files, "
            f"{shared:,} of them in both. Evaluate both on one data folder with `python -m training evaluate`."
        )
    return np.array([place[path] for path in first.paths], dtype=np.intp)
