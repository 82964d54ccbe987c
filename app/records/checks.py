"""What may be stored: each check gives the value as it is kept, or says what is wrong with it."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from app.records.errors import InvalidEntryError
from app.records.values import (
    AGREE,
    DATE,
    DISAGREE,
    LABELLED,
    MAX_COMMENT,
    MAX_READER,
    PROBABILITY,
    STATUSES,
    VERDICTS,
    CaseFilter,
    Opinion,
    Order,
    Result,
)
from model.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTROL = ("Cc", "Cs")  # control characters, and halves of characters, which no database takes


def reader_name(text: str) -> str:
    """The name that a reader gave.

    Args:
        text: as typed.

    Returns:
        Without spaces around it; 1 to `MAX_READER` characters on one line.

    Raises:
        InvalidEntryError: if it is empty, too long, or has control characters.
    """
    name = text.strip()
    if not name:
        raise InvalidEntryError("No reader's name was given. Enter a name: the audit says who did what.")
    if len(name) > MAX_READER:
        raise InvalidEntryError(f"The reader's name has {len(name)} characters; at most {MAX_READER} are kept.")
    if any(unicodedata.category(one) in _CONTROL for one in name):
        raise InvalidEntryError("The reader's name has control characters, such as a line break. Enter it on one line.")
    return name


def comment(text: str) -> str:
    """A comment.

    Args:
        text: as typed.

    Returns:
        Without spaces around it, lines ending in one newline; at most `MAX_COMMENT` characters.

    Raises:
        InvalidEntryError: if it is too long, or has control characters.
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(kept) > MAX_COMMENT:
        raise InvalidEntryError(f"The comment has {len(kept)} characters; at most {MAX_COMMENT} are kept. Shorten it.")
    if any(unicodedata.category(one) in _CONTROL and one not in "\n\t" for one in kept):
        raise InvalidEntryError("The comment has control characters. Type it anew without them.")
    return kept


def opinion(given: Opinion, result: Result) -> Opinion:
    """Hold an opinion against the result that it is of.

    Args:
        given: by the reader.
        result: what the reader judges.

    Returns:
        The opinion with its label filled in and its comment tidied.

    Raises:
        InvalidEntryError: if verdict, label and decision contradict each other.
    """
    _one_of("verdict", given.verdict, VERDICTS)
    if given.label is not None:
        _one_of("label", given.label, LABELS)
    if result.indeterminate and (given.verdict != LABELLED or given.label is None):
        raise InvalidEntryError(
            f"The model decided nothing here (indeterminate), so there is nothing to agree or disagree with. Give a "
            f"label, {' or '.join(LABELS)}."
        )
    if not result.indeterminate and given.verdict == LABELLED:
        raise InvalidEntryError(f"The model decided {result.decision} here. Agree or disagree with it.")
    if given.verdict == AGREE and given.label not in (None, result.decision):
        raise InvalidEntryError(
            f"Who agrees with {result.decision} cannot give the label {given.label}. Disagree, or leave the label out."
        )
    if given.verdict == DISAGREE and (given.label is None or given.label == result.decision):
        others = " or ".join(label for label in LABELS if label != result.decision)
        raise InvalidEntryError(f"Who disagrees with {result.decision} has to say what it is. Give the label {others}.")
    return Opinion(given.verdict, given.label or result.decision, comment(given.comment))


def result(given: Result) -> None:
    """Refuse a result that contradicts itself.

    Args:
        given: of a model.

    Raises:
        InvalidEntryError: if a number is outside 0 to 1, the decision is not on its side of the threshold, or the time
            has no zone.
    """
    if not (0.0 <= given.probability <= 1.0 and 0.0 <= given.threshold <= 1.0):
        raise InvalidEntryError(
            f"A probability of {given.probability} at a threshold of {given.threshold} cannot be saved; both lie "
            "within 0 to 1."
        )
    decided = LABELS[int(given.probability >= given.threshold)]
    if given.decision != decided:
        raise InvalidEntryError(
            f"The decision {given.decision} cannot be saved: {given.probability} at a threshold of {given.threshold} "
            f"is {decided}."
        )
    aware("scored_at", given.scored_at)


def aware(name: str, time: datetime) -> None:
    """Refuse a time without a zone.

    Raises:
        InvalidEntryError: if it has none.
    """
    if time.tzinfo is None:
        raise InvalidEntryError(f"{name} has no time zone. Give a timezone-aware time, such as datetime.now(UTC).")


def case_filter(given: CaseFilter) -> None:
    """Refuse a filter that asks for what cannot be.

    Raises:
        InvalidEntryError: if a word is not one of those known, or a time has no zone.
    """
    if given.decision is not None:
        _one_of("decision", given.decision, LABELS)
    if given.status is not None:
        _one_of("status", given.status, STATUSES)
    for name in ("created_from", "created_before"):
        if (time := getattr(given, name)) is not None:
            aware(name, time)


def order(given: Order) -> None:
    """Refuse an order that is not known.

    Raises:
        InvalidEntryError: if it is neither by probability nor by date.
    """
    _one_of("order", given.by, (PROBABILITY, DATE))


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InvalidEntryError(f"Unknown {what} {value!r}; expected one of {', '.join(known)}.")
