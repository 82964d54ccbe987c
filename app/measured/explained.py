"""Plain frozen data: what `explanations.json` tells of the heatmaps, as the pages draw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTS = ("faithful", "sane", "repeatable", "points", "in_lungs")
"""The tests of the scorecard, in the order to show them."""

BY_HEART = 0.95
"""Share of random labels from which a network knows them by heart; below it, its maps say little."""


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
class Markers:
    """What letters, drawn into a corner, do to verdicts and maps.

    Attributes:
        scans: how many got letters.
        area: share of the picture that they take up, with a margin; an even map has as much of its colour there.
        turned: how many verdicts they turned.
        shares: by method and outcome ("true_positive" and so on), the mean share of the colour on the letters.
    """

    scans: int
    area: float
    turned: int
    shares: dict[str, dict[str, Estimate]]


@dataclass(frozen=True)
class Split:
    """What was measured on one split.

    Attributes:
        scans: how many.
        faithfulness: by method, and by baseline.
        mass: by method and outcome ("true_positive" and so on).
        markers: what drawn letters do; None where not measured.
    """

    scans: int
    faithfulness: dict[str, Faithfulness]
    mass: dict[str, dict[str, Mass]]
    markers: Markers | None


@dataclass(frozen=True)
class Limits:
    """What the scorecard judged by.

    Attributes:
        repeatable: least structural similarity of maps of mildly changed scans, 0 to 1.
        points: least share of hits on made opacities of unseen shapes, 0 to 1.
        in_lungs: least mean share of the colour inside the lungs, 0 to 1.
        size: of the made opacities that pointing is judged by, in a word.
        strength: of the same.
    """

    repeatable: float
    points: float
    in_lungs: float
    size: str
    strength: str


@dataclass(frozen=True)
class Shifts:
    """How alike the maps of a scan and of the same scan, moved a little, are once the latter is moved back.

    Attributes:
        most: by how much scans were moved at most, as a share of their side.
        likeness: structural similarity, by method.
    """

    most: float
    likeness: dict[str, Estimate]


@dataclass(frozen=True)
class Randomised:
    """How alike a method's maps are those of a network that knows nothing of pneumonia.

    Attributes:
        likeness: structural similarity with the trained network's maps, 1 for the same map.
        random_pair: structural similarity of the maps of two different scans.
        passes: whether the first is no higher than the second.
    """

    likeness: Estimate
    random_pair: Estimate
    passes: bool


@dataclass(frozen=True)
class RandomLabels:
    """A network that was made to learn random labels by heart.

    Attributes:
        images: how many it was trained on.
        epochs: for how long.
        accuracy: share of the random labels that it gives back, 0 to 1; guessing gives one half.
        methods: how alike its maps are those of the trained network, by method.
    """

    images: int
    epochs: int
    accuracy: float
    methods: dict[str, Randomised]

    @property
    def by_heart(self) -> bool:
        """Whether it learned them; one that did not is a weak test."""
        return self.accuracy >= BY_HEART


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
        unseen_shapes: how many have a shape that training never showed; 0 where that was not measured.
        hits_unseen_shapes: by method, the share of hits among these, noticed or not; empty where not measured.
    """

    size: str
    strength: str
    opacities: int
    called_pneumonia: Estimate
    rise: Estimate
    hits: dict[str, Estimate]
    hits_where_called: dict[str, Estimate]
    unseen_shapes: int
    hits_unseen_shapes: dict[str, Estimate]


@dataclass(frozen=True)
class View:
    """How well a network tells the classes apart on scans with parts taken away.

    Attributes:
        scans: how many.
        auroc: of the probabilities.
    """

    scans: int
    auroc: Estimate


@dataclass(frozen=True)
class Surroundings:
    """What small networks make of scans of which they were only ever shown the surroundings of the lungs.

    Attributes:
        preset: of their architecture.
        size: side of what they read, in pixels.
        epochs: how long each was trained.
        views: by view, that one network was trained on, and split.
    """

    preset: str
    size: int
    epochs: int
    views: dict[str, dict[str, View]]


@dataclass(frozen=True)
class Explanations:
    """The content of `explanations.json`; what older measurements lack is None or empty.

    Attributes:
        model_version: that was measured.
        measured: when.
        validation: what the scorecard is judged on.
        test: the same on test, for the report.
        randomisation: by method.
        repeatability: by method, structural similarity of maps of mildly changed scans.
        shifts: the same for scans that were moved a little; None where not measured.
        other_networks: by model version, the same for maps of another network; empty where not measured.
        opacities: every size and strength.
        shortcuts: by split and view.
        scorecard: by method and test, whether it passes; None where it was not judged.
        limits: that the scorecard judged by.
        random_labels: maps of a network that learned random labels.
        classes: by method, structural similarity of one scan's maps for the two classes, 1 for the same map.
        surroundings: how much there is to cheat with.
    """

    model_version: str
    measured: datetime
    validation: Split
    test: Split
    randomisation: dict[str, Randomised]
    repeatability: dict[str, Estimate]
    shifts: Shifts | None
    other_networks: dict[str, dict[str, Estimate]]
    opacities: tuple[MadeOpacities, ...]
    shortcuts: dict[str, dict[str, View]]
    scorecard: dict[str, dict[str, bool | None]]
    limits: Limits | None
    random_labels: RandomLabels | None
    classes: dict[str, Estimate]
    surroundings: Surroundings | None

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
        """The made opacities that pointing is judged by; None where the file does not say which."""
        if self.limits is None:
            return None
        wanted = (self.limits.size, self.limits.strength)
        return next((one for one in self.opacities if (one.size, one.strength) == wanted), None)
