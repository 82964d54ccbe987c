"""Labels that look wrong, and images that are nearly the same: `label_report.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from model.records.base import Moment, Record, RecordFile

if TYPE_CHECKING:
    from model.records.manifest import Manifest


class Suspect(Record):
    """A file whose given label looks wrong, with the probability of pneumonia by what judged it."""

    path: str
    given: str
    probability: float


class NearDuplicates(Record):
    """Files that show nearly the same.

    Attributes:
        bits: largest difference of the perceptual hashes of two that are near.
        two_labels: whether the group has both labels; likewise for splits and patients.
    """

    paths: tuple[str, ...]
    bits: int
    two_labels: bool
    two_splits: bool
    two_patients: bool


class LabelReport(RecordFile):
    """What a human should look at; nothing is changed and no figure leaves it out.

    Attributes:
        judged_by: what judged each split, in words.
        weights_sha256: of the network that judged test; "" where none did.
        suspected: by split, the surest first.
        near: what counts as nearly the same, in words.
    """

    FILE: ClassVar[str] = "label_report.json"

    created: Moment
    versions: dict[str, str] = Field(default_factory=dict)
    judged_by: dict[str, str]
    weights_sha256: str
    suspected: dict[str, tuple[Suspect, ...]]
    near_duplicates: tuple[NearDuplicates, ...]
    near: str
    images: int

    def is_of(self, manifest: Manifest) -> bool:
        """Whether the suspects of test were judged by this model."""
        return self.weights_sha256 == manifest.weights_sha256

    @property
    def two_labels(self) -> int:
        """How many groups of near-duplicates have both labels."""
        return sum(group.two_labels for group in self.near_duplicates)

    @property
    def two_splits(self) -> int:
        """How many groups of near-duplicates lie in train and test."""
        return sum(group.two_splits for group in self.near_duplicates)
