"""The scans of the test split that the model gets wrong, or nearly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.measured.alike import ScoredScans

_EPSILON = 1e-9


@dataclass(frozen=True)
class HardCase:
    """One scan.

    Attributes:
        path: within the data folder.
        sick: whether it truly has pneumonia.
        probability: of Pneumonia, 0 to 1.
    """

    path: str
    sick: bool
    probability: float


@dataclass(frozen=True)
class HardestCases:
    """Mistakes at one threshold, and what lies nearest to it.

    Attributes:
        missed: pneumonia called Normal, the surest mistake first.
        false_alarms: normal called Pneumonia, the surest mistake first.
        uncertain: called right, the nearest to the threshold in log-odds first.
    """

    missed: tuple[HardCase, ...]
    false_alarms: tuple[HardCase, ...]
    uncertain: tuple[HardCase, ...]


def hardest(scans: ScoredScans, threshold: float, *, uncertain: int = 36) -> HardestCases:
    """Sort the scans by how hard they are.

    Args:
        scans: with their paths.
        threshold: from which a scan is called Pneumonia, 0 to 1.
        uncertain: how many of those called right at most.

    Returns:
        The cases.
    """
    cases = [
        HardCase(path, bool(sick), float(probability))
        for path, sick, probability in zip(scans.paths, scans.sick, scans.probabilities, strict=True)
    ]
    missed = [one for one in cases if one.sick and one.probability < threshold]
    alarms = [one for one in cases if not one.sick and one.probability >= threshold]
    right = [one for one in cases if one.sick == (one.probability >= threshold)]
    cut = _log_odds(threshold)
    nearest = sorted(right, key=lambda one: (abs(_log_odds(one.probability) - cut), one.path))
    return HardestCases(
        missed=tuple(sorted(missed, key=lambda one: (one.probability, one.path))),
        false_alarms=tuple(sorted(alarms, key=lambda one: (-one.probability, one.path))),
        uncertain=tuple(nearest[:uncertain]),
    )


def _log_odds(probability: float) -> float:
    inside = min(max(probability, _EPSILON), 1 - _EPSILON)
    return math.log(inside / (1 - inside))
