"""What is known of the published data set, from a file of its own, with its source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.measured import Evaluation

FACTS = Path(__file__).with_name("facts.json")


@dataclass(frozen=True)
class PublishedSplit:
    """A part of the data set as it is distributed.

    Attributes:
        name: of the part.
        images: how many.
        normal: labelled Normal.
        pneumonia: labelled Pneumonia.
    """

    name: str
    images: int
    normal: int
    pneumonia: int


@dataclass(frozen=True)
class Outlines:
    """The lung outlines.

    Attributes:
        name: and who drew them.
        licence: of the outlines.
        use: what they were used for.
    """

    name: str
    licence: str
    use: str


@dataclass(frozen=True)
class DataSetFacts:
    """The published data set that the shipped model learned from; each text is a sentence or more, or a few words.

    Attributes:
        test_files_sha256: of the names of its test files, by which an evaluation on it is recognised.
        name: and by whom.
        source: where the images were made.
        citation: of the data.
        paper: that describes it.
        licence: of the data.
        ages: of the children.
        other_ages: whoever is not of these ages.
        view: of the radiographs, in a word.
        collected: how.
        excluded: what its authors left out.
        not_used: what of the data set this project did not have.
        labels: who gave them, by what.
        ethics: what its authors report.
        splits: as distributed.
        numbers: what a patient number is.
        form: of the copies that were used.
        not_in_the_data: what nobody recorded.
        outlines: of the lungs.
        method_citations: what this card follows.
    """

    test_files_sha256: str
    name: str
    source: str
    citation: str
    paper: str
    licence: str
    ages: str
    other_ages: str
    view: str
    collected: str
    excluded: str
    not_used: str
    labels: str
    ethics: str
    splits: tuple[PublishedSplit, ...]
    numbers: str
    form: str
    not_in_the_data: tuple[str, ...]
    outlines: Outlines
    method_citations: tuple[str, ...]

    def is_of(self, evaluation: Evaluation | None) -> bool:
        """Whether a model was evaluated on this data set's test split; nothing else in the files tells the data set."""
        return evaluation is not None and evaluation.test.files_sha256 == self.test_files_sha256


def read_facts() -> DataSetFacts:
    """Read the facts.

    Returns:
        The content of `facts.json`, which is part of the code: an unknown or missing key is a mistake in it.
    """
    values = json.loads(FACTS.read_text(encoding="utf-8"))
    return DataSetFacts(
        **{
            **values,
            "splits": tuple(PublishedSplit(**one) for one in values["splits"]),
            "not_in_the_data": tuple(values["not_in_the_data"]),
            "outlines": Outlines(**values["outlines"]),
            "method_citations": tuple(values["method_citations"]),
        }
    )
