"""What a model card is made of: plain frozen data, for the page and the writers alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

ANSWERED, IN_PART, NOT_MEASURED = "answered", "in part", "not measured"
NOT_DONE, NOT_KNOWN, DOES_NOT_APPLY = "not done", "not known", "does not apply"
STATUSES = (ANSWERED, IN_PART, NOT_MEASURED, NOT_DONE, NOT_KNOWN, DOES_NOT_APPLY)
"""How an item of the checklist fares, best first."""


@dataclass(frozen=True)
class Item:
    """A term with what there is to say of it.

    Attributes:
        term: a few words.
        text: sentences.
    """

    term: str
    text: str


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows.

    Attributes:
        caption: what it shows.
        head: names of all columns.
        rows: as many cells each as there are columns.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a ragged table.

        Raises:
            ValueError: if a row has more or fewer cells than there are columns.
        """
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"A row of {len(row)} cells in a table of {len(self.head)} columns: {row}.")


@dataclass(frozen=True)
class Section:
    """One section of the card.

    Attributes:
        key: by which the page finds it.
        title: as shown.
        points: sentences, each on its own.
        items: terms and what there is to say of them.
        tables: in order.
    """

    key: str
    title: str
    points: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class ChecklistItem:
    """One item of CLAIM 2024.

    Attributes:
        number: 1 to 44.
        group: the part of a paper that it belongs to.
        asks: what it asks for, in our words.
        status: one of `STATUSES`.
        answer: what there is to say, or why there is nothing.
    """

    number: int
    group: str
    asks: str
    status: str
    answer: str


@dataclass(frozen=True)
class Installation:
    """What this server was set to, as far as the card tells of it.

    Attributes:
        contact: whom to ask; "" for nobody named.
        keeps_pixels: whether a saved case keeps its radiograph.
        has_server: whether cases go to a database server rather than to a file.
    """

    contact: str = ""
    keeps_pixels: bool = False
    has_server: bool = False


@dataclass(frozen=True)
class ModelCard:
    """A model card.

    Attributes:
        title: of the document.
        model_version: of the model; "" where there is none that can be used.
        summary: what the model is for, in a sentence.
        problems: what could not be read, in sentences.
        sections: in order.
        checklist: CLAIM 2024, item by item.
    """

    title: str
    model_version: str
    summary: str
    problems: tuple[str, ...]
    sections: tuple[Section, ...]
    checklist: tuple[ChecklistItem, ...]

    def section(self, key: str) -> Section:
        """A section by its key.

        Raises:
            KeyError: if there is none.
        """
        for one in self.sections:
            if one.key == key:
                return one
        raise KeyError(f"The model card has no section {key!r}; it has {[one.key for one in self.sections]}.")

    @property
    def file_stem(self) -> str:
        """Name of its files without ending; a version comes from a file and may hold anything."""
        return f"model_card_{re.sub(r'[^A-Za-z0-9._-]+', '_', self.model_version) or 'none'}"


def checklist_counts(checklist: tuple[ChecklistItem, ...]) -> tuple[tuple[str, int], ...]:
    """How many items fare how, in the order of `STATUSES`; those that no item has are left out."""
    found = [(status, sum(item.status == status for item in checklist)) for status in STATUSES]
    return tuple((status, count) for status, count in found if count)
