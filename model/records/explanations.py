"""How far the saliency maps can be trusted: `explanations.json`. Fields missing in older files are None or empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field, StrictBool, model_validator
from pydantic.dataclasses import dataclass

from model.errors import ArtifactError
from model.preprocessing import InputSpec
from model.records.base import VALUE, Moment, Number, Record
from model.records.manifest import Estimate, OfWeights

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTS = ("faithful", "sane", "repeatable", "points", "in_lungs")
"""The tests of the scorecard, in the order to show them."""

BY_HEART = 0.95
"""Share of random labels above which a network has memorised them; below it, its maps say little."""

_NEWER = ("limits", "random_labels", "classes", "surroundings")
"""What older measurements lack. They came together: a file with some of them and not all is damaged."""


def _judged(verdicts: dict[str, bool | None]) -> dict[str, bool | None]:
    if set(verdicts) != set(TESTS):
        raise ValueError(f"expected a verdict for each of {', '.join(TESTS)}, got {', '.join(verdicts)}")
    return verdicts


Verdicts = Annotated[dict[str, StrictBool | None], AfterValidator(_judged)]
"""By test, whether a method passes; None where it was not judged."""


@dataclass(frozen=True, config=VALUE)
class Share(Estimate):
    """A proportion with its 95 % interval; NaN without a trial."""

    successes: int
    trials: int


class Faithfulness(Record):
    """What removing (deletion), or restoring (insertion), the places that a map marks does to the probability.

    Areas under the curves: lower is better for deletion, higher for insertion. Advantages are over each baseline on the
    same scans, above 0 where the method is better; None for a baseline.
    """

    scans: int
    deletion: Estimate
    deletion_advantage: dict[str, Estimate] | None = None
    insertion: Estimate
    insertion_advantage: dict[str, Estimate] | None = None


class Mass(Record):
    """Mean share of a map's mass in the lungs, along the border and elsewhere; None without a scan.

    Attributes:
        empty: how many scans have a map of zeros, which is left out.
    """

    scans: int
    empty: int
    lungs: Estimate | None = None
    border: Estimate | None = None
    elsewhere: Estimate | None = None


class MarkerMass(Record):
    """Mean share of the mass on drawn letters; None without a scan."""

    scans: int
    empty: int
    share: Estimate | None = None


class Markers(Record):
    """Effect of letters drawn into a corner on classifications and maps.

    Attributes:
        area: share of the picture that the letters take up, with a margin; an even map has as much of its mass there.
        turned: how many verdicts they changed.
        methods: by method and outcome ("true_positive" and so on).
    """

    scans: int
    area: float
    turned: int
    methods: dict[str, dict[str, MarkerMass]]


class Split(Record):
    """What was measured on one split: by method (and baseline), mass also by outcome ("true_positive" and so on)."""

    scans: int
    faithfulness: dict[str, Faithfulness]
    mass: dict[str, dict[str, Mass]]
    markers: Markers | None = None


class Likeness(Record):
    """Similarity of two sets of maps: structural similarity and rank correlation, 1 for the same map."""

    ssim: Estimate
    rank_correlation: Estimate | Number


class Stage(Record):
    """Mean likeness to the trained network's maps once a layer, and all after it, have random weights."""

    layer: str
    ssim: Number
    rank_correlation: Number


class Randomised(Record):
    """How alike a method's maps are those of a network with random weights.

    Attributes:
        stages: from the output down.
        random_pair: structural similarity of the maps of two different scans.
        likeness: structural similarity with the trained network's maps, at the last stage.
        passes: whether that is no higher than of a random pair.
    """

    stages: tuple[Stage, ...]
    random_pair: Estimate
    likeness: Estimate = Field(alias="end")
    passes: bool


class Relabelled(Record):
    """The same for a network that learned random labels."""

    likeness: Estimate = Field(alias="ssim")
    rank_correlation: Number
    random_pair: Estimate
    passes: bool


class RandomLabels(Record):
    """A network that was made to learn random labels, and how alike its maps are those of the trained one.

    Attributes:
        accuracy: share of the random labels that it reproduces, 0 to 1; guessing gives one half.
    """

    images: int
    epochs: int
    accuracy: float
    methods: dict[str, Relabelled]

    @property
    def by_heart(self) -> bool:
        """Whether it learned them; one that did not is a weak test."""
        return self.accuracy >= BY_HEART


class Repeatability(Record):
    """How alike the maps of a scan are when it, or the network, changes a little; by method.

    Attributes:
        most_shift: by how much scans were moved at most, as a share of their side.
        other_seeds: by model version, explained by another network.
    """

    scans: int
    mild_changes: dict[str, Likeness]
    shifted_scans: int | None = None
    most_shift: float | None = None
    shifts: dict[str, Likeness] | None = None
    other_seeds: dict[str, dict[str, Likeness]] = Field(default_factory=dict)


class Pointing(Record):
    """How often the strongest place of a method's map lies on a made opacity.

    Attributes:
        hits_unseen_shapes: among opacities of a shape that training never showed, noticed or not.
        hits_where_called: among those that the network noticed.
        overlap: mean intersection over union.
    """

    hits: Share
    hits_unseen_shapes: Share | None = None
    hits_where_called: Share
    overlap: Estimate | None = None


class MadeOpacities(Record):
    """Normal scans with an opacity drawn in, all of one size and strength; only fast methods were asked."""

    size: str
    strength: str
    opacities: int
    called_pneumonia: Share
    rise: Estimate
    methods: dict[str, Pointing]


class View(Record):
    """How well a network separates the classes on scans with parts covered."""

    scans: int
    auroc: Number
    low: Number
    high: Number

    @property
    def estimate(self) -> Estimate:
        """The AUROC with its interval."""
        return Estimate(self.auroc, self.low, self.high)


class Located(Record):
    """The made opacities that pointing is judged by."""

    size: str
    strength: str


class Limits(Record):
    """What the scorecard judged by: least similarity of maps, share of hits and share of mass, each 0 to 1."""

    repeatable: float
    points: float
    in_lungs: float
    located: Located


class Surroundings(Record):
    """How well small networks separate the classes from the surroundings of the lungs, by view and split."""

    preset: str
    input: InputSpec
    epochs: int
    views: dict[str, dict[str, View]]


class Explanations(OfWeights):
    """All measurements of the saliency maps, by method.

    Attributes:
        validation: what the scorecard is judged on.
        test: the same on test, for the report.
        classes: how alike one scan's maps for the two classes are.
        localisation: every size and strength.
        shortcuts: by split and view.
        surroundings: how much there is to cheat with outside the lungs.
        remeasured: when a part was measured again, by its name.
    """

    FILE: ClassVar[str] = "explanations.json"

    model_version: str
    measured: Moment
    versions: dict[str, str] = Field(default_factory=dict)
    validation: Split
    randomisation: dict[str, Randomised]
    random_labels: RandomLabels | None = None
    classes: dict[str, Likeness] = Field(default_factory=dict)
    repeatability: Repeatability
    localisation: tuple[MadeOpacities, ...]
    shortcuts: dict[str, dict[str, View]]
    limits: Limits | None = None
    scorecard: dict[str, Verdicts]
    test: Split
    surroundings: Surroundings | None = None
    remeasured: dict[str, Moment] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Explanations:
        missing = [name for name in _NEWER if name not in self.model_fields_set]
        if 0 < len(missing) < len(_NEWER):
            raise ArtifactError(f"it lacks {', '.join(missing)}")
        if self.limits is not None and self.judged is None:
            located = self.limits.located
            raise ArtifactError(
                f"it has no made opacities that are {located.size} and {located.strength}, as its limits say"
            )
        return self

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
        located = self.limits.located
        return next(
            (one for one in self.localisation if (one.size, one.strength) == (located.size, located.strength)), None
        )
