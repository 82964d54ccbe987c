"""Plain frozen data: what `explanations.json` tells of the heatmaps, as the pages draw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTS = ("faithful", "sane", "repeatable", "points", "in_lungs")
"""The tests of the scorecard, in the order to show them."""

JUDGED = ("medium", "clear")
"""Size and strength of the made opacities that the scorecard judges pointing by."""


@dataclass(frozen=True)
class Estimate:
    """A mean or share with its 95 % interval; NaN where it is not defined.

    Attributes:
        value: of it.
        low: lower bound.
        high: upper bound.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Faithfulness:
    """What taking away, or giving back, the places that a map marks does to the probability.

    Attributes:
        scans: how many.
        deletion: mean area under the deletion curve; less is better.
        insertion: the same of insertion; more is better.
        deletion_advantage: over each baseline, by its name, on the same scans; above 0 is better. None for a baseline.
        insertion_advantage: likewise.
    """

    scans: int
    deletion: Estimate
    insertion: Estimate
    deletion_advantage: dict[str, Estimate] | None
    insertion_advantage: dict[str, Estimate] | None


@dataclass(frozen=True)
class Mass:
    """Where the colour of a method's maps lies, for scans of one outcome.

    Attributes:
        scans: how many.
        empty: how many of them have a map of zeros, which is left out.
        lungs: mean share inside the outlined lungs; None without a scan.
    """

    scans: int
    empty: int
    lungs: Estimate | None


@dataclass(frozen=True)
class Split:
    """What was measured on one split.

    Attributes:
        scans: how many.
        faithfulness: by method, and by baseline.
        mass: by method and outcome ("true_positive" and so on).
    """

    scans: int
    faithfulness: dict[str, Faithfulness]
    mass: dict[str, dict[str, Mass]]


@dataclass(frozen=True)
class Randomised:
    """How alike a method's maps stay when the network forgets all it learned.

    Attributes:
        end: structural similarity with the trained network's maps, 1 for the same map.
        random_pair: structural similarity of the maps of two different scans.
        passes: whether the first is no higher than the second.
    """

    end: Estimate
    random_pair: Estimate
    passes: bool


@dataclass(frozen=True)
class MadeOpacities:
    """Normal scans with an opacity drawn in, all of one size and strength.

    Attributes:
        size: in a word.
        strength: in a word.
        opacities: how many.
        called_pneumonia: share that the network then called Pneumonia.
        rise: of the probability, mean.
        hits: by method, the share whose strongest place lies on the opacity.
        hits_where_called: the same among those called Pneumonia.
    """

    size: str
    strength: str
    opacities: int
    called_pneumonia: Estimate
    rise: Estimate
    hits: dict[str, Estimate]
    hits_where_called: dict[str, Estimate]


@dataclass(frozen=True)
class View:
    """How well the network tells the classes apart on scans with parts taken away.

    Attributes:
        scans: how many.
        auroc: of the probabilities.
    """

    scans: int
    auroc: Estimate


@dataclass(frozen=True)
class Explanations:
    """The content of `explanations.json`.

    Attributes:
        model_version: that was measured.
        measured: when.
        validation: what the scorecard is judged on.
        test: the same on test, for the report.
        randomisation: by method.
        repeatability: by method, structural similarity of maps of mildly changed scans.
        opacities: every size and strength.
        shortcuts: by split and view.
        scorecard: by method and test, whether it passes; None where it was not judged.
    """

    model_version: str
    measured: datetime
    validation: Split
    test: Split
    randomisation: dict[str, Randomised]
    repeatability: dict[str, Estimate]
    opacities: tuple[MadeOpacities, ...]
    shortcuts: dict[str, dict[str, View]]
    scorecard: dict[str, dict[str, bool | None]]

    def failed(self, method: str) -> tuple[str, ...]:
        """The tests that a method failed, in the order of `TESTS`."""
        verdicts = self.scorecard.get(method, {})
        return tuple(test for test in TESTS if verdicts.get(test) is False)

    def first_trusted(self, methods: Iterable[str]) -> str | None:
        """The first of some methods that was judged and fails no test, or None."""
        for method in methods:
            if True in self.scorecard.get(method, {}).values() and not self.failed(method):
                return method
        return None

    @property
    def judged(self) -> MadeOpacities | None:
        """The made opacities that pointing is judged by."""
        return next((one for one in self.opacities if (one.size, one.strength) == JUDGED), None)
