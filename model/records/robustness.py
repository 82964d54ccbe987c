"""`robustness.json`: how much holds when radiographs are exposed, stored or framed differently."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from model.records.base import Number, Record
from model.records.manifest import OfWeights


class Rates(Record):
    """Four figures of one set of radiographs, each 0 to 1; the last three at the balanced operating point."""

    auroc: Number
    sensitivity: Number
    specificity: Number
    balanced_accuracy: Number


class Perturbed(Rates):
    """All radiographs of a split, changed in one way.

    Attributes:
        perturbation: which way.
        strength: from 1, which nobody would notice, to 3, which a reader would complain about.
        drop: of balanced accuracy against the unchanged radiographs; below 0 where it rose.
    """

    perturbation: str
    strength: int
    drop: Number


class RobustnessTable(Record):
    """Every perturbation at every strength, on one split.

    Attributes:
        most_drop: by strength, the largest acceptable drop; a strength without a limit is absent.
    """

    images: int
    unchanged: Rates
    perturbed: tuple[Perturbed, ...]
    most_drop: dict[int, float]

    @model_validator(mode="after")
    def _require_each_once(self) -> Self:
        if len({(row.perturbation, row.strength) for row in self.perturbed}) != len(self.perturbed):
            raise ValueError("a perturbation is listed twice at one strength")
        return self

    def is_over(self, row: Perturbed) -> bool:
        """Whether a drop exceeds the limit for its strength; never where there is no limit."""
        limit = self.most_drop.get(row.strength)
        return limit is not None and row.drop > limit

    @property
    def over(self) -> tuple[Perturbed, ...]:
        """The rows over their limit."""
        return tuple(row for row in self.perturbed if self.is_over(row))


class Robustness(OfWeights):
    """The content of `robustness.json`."""

    FILE: ClassVar[str] = "robustness.json"

    validation: RobustnessTable
    test: RobustnessTable
