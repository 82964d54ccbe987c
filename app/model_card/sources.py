"""What a card is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.measured import Evaluation
    from app.model_card.content import Installation, Table
    from app.model_card.facts import DataSetFacts
    from app.model_card.versions import Version
    from app.services import Performance

NO_MODEL = "Not known: there is no usable model on this server."
NO_EVALUATION = (
    "Not measured: this model has no evaluation.json that belongs to it (python -m training evaluate writes one)."
)
OTHER_DATA = (
    "The files do not tell on which data this model was trained: it was not measured on the test split of the data set "
    "that the shipped model learned from. What stands here of that data set need not hold for this model."
)


@dataclass(frozen=True, eq=False)
class Sources:
    """Everything that the sections are written from.

    Attributes:
        known: of the model; None where there is none that can be used.
        versions: that opened the test split.
        facts: of the published data set.
        libraries: of others, with versions.
        installation: what this server was set to.
    """

    known: Performance | None
    versions: tuple[Version, ...]
    facts: DataSetFacts
    libraries: Table
    installation: Installation

    @property
    def evaluation(self) -> Evaluation | None:
        """Figures on test and validation; None without a model or without them."""
        return self.known.evaluation if self.known is not None else None

    @property
    def on_published_data(self) -> bool:
        """Whether the model was measured on the published data set, which the facts are of."""
        return self.facts.is_of(self.evaluation)

    @property
    def data_caution(self) -> tuple[str, ...]:
        """A sentence where the facts of the data set need not be this model's; none where they are."""
        if self.known is None:
            return (NO_MODEL,)
        return () if self.on_published_data else (OTHER_DATA,)


def missing(sources: Sources, text: str) -> str:
    """Why something cannot be said.

    Args:
        sources: of the card.
        text: why, if there is a model.

    Returns:
        The text, or that there is no model.
    """
    return NO_MODEL if sources.known is None else text
