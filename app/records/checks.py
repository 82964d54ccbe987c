"""What may be stored: each check returns the value as it is kept, or raises `InvalidEntryError` with what is wrong."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.records.values import (
    AGREE,
    DATE,
    DISAGREE,
    LABELLED,
    MAX_COMMENT,
    MAX_READER,
    MAX_REFERENCE,
    PROBABILITY,
    URGENCY,
    VERDICTS,
    CaseFilter,
    InvalidEntryError,
    Opinion,
    Order,
)
from model.intake.names import TURNING
from model.labels import LABELS
from model.predictor import STATUSES, Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from model.saliency import SaliencyMap

_CONTROL = ("Cc", "Cs")  # control characters, and halves of characters, which no database takes


def _plain(text: str) -> str:
    """Without spaces around it, and without marks that turn the direction of writing: text could read as another."""
    return "".join(character for character in text if character not in TURNING).strip()


def reader_name(text: str) -> str:
    """A reader's name without spaces around it: 1 to `MAX_READER` characters on one line."""
    name = _plain(text)
    if not name:
        raise InvalidEntryError("No reader's name was given. Enter a name: the audit records who did what.")
    if len(name) > MAX_READER:
        raise InvalidEntryError(f"The reader's name has {len(name)} characters; at most {MAX_READER} are kept.")
    if any(unicodedata.category(one) in _CONTROL for one in name):
        raise InvalidEntryError("The reader's name has control characters, such as a line break. Enter it on one line.")
    return name


def reference(text: str) -> str:
    """A case's reference without spaces around it: at most `MAX_REFERENCE` characters on one line."""
    kept = _plain(text)
    if len(kept) > MAX_REFERENCE:
        raise InvalidEntryError(f"The reference has {len(kept)} characters; at most {MAX_REFERENCE} are kept.")
    if any(unicodedata.category(one) in _CONTROL for one in kept):
        raise InvalidEntryError("The reference has control characters, such as a line break. Enter it on one line.")
    return kept


def comment(text: str) -> str:
    """A comment without spaces around it, with plain line ends: at most `MAX_COMMENT` characters."""
    kept = _plain(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(kept) > MAX_COMMENT:
        raise InvalidEntryError(f"The comment has {len(kept)} characters; at most {MAX_COMMENT} are kept. Shorten it.")
    if any(unicodedata.category(one) in _CONTROL and one not in "\n\t" for one in kept):
        raise InvalidEntryError("The comment has control characters. Type it again without them.")
    return kept


def opinion(given: Opinion, prediction: Prediction) -> Opinion:
    """An opinion with its label filled in and its comment tidied, if it makes sense for this prediction."""
    _one_of("verdict", given.verdict, VERDICTS)
    if given.label is not None:
        _one_of("label", given.label, LABELS)
    decision = prediction.decision
    if prediction.indeterminate and (given.verdict != LABELLED or given.label is None):
        raise InvalidEntryError(
            "The result is indeterminate, so there is nothing to agree or disagree with. Give a label, "
            f"{' or '.join(LABELS)}."
        )
    if not prediction.indeterminate and given.verdict == LABELLED:
        raise InvalidEntryError(f"The model decided {decision}. Agree or disagree with it.")
    if given.verdict == AGREE and given.label not in (None, decision):
        raise InvalidEntryError(
            f"Agreeing with {decision} contradicts the label {given.label}. Disagree, or leave the label out."
        )
    if given.verdict == DISAGREE and (given.label is None or given.label == decision):
        others = " or ".join(label for label in LABELS if label != decision)
        raise InvalidEntryError(f"Disagreeing with {decision} needs another label. Give the label {others}.")
    return replace(given, label=given.label or decision, comment=comment(given.comment))


def prediction(given: Prediction) -> SaliencyMap:
    """The saliency map, as float32, of a prediction that may be stored."""
    if not (0.0 <= given.probability <= 1.0 and 0.0 <= given.threshold <= 1.0):
        raise InvalidEntryError(
            f"A score of {given.probability} at a threshold of {given.threshold} cannot be saved; both must lie "
            "within 0 to 1."
        )
    decided = LABELS[int(given.probability >= given.threshold)]
    if given.decision != decided:
        raise InvalidEntryError(
            f"The decision {given.decision} cannot be saved: {given.probability} at a threshold of {given.threshold} "
            f"is {decided}."
        )
    _aware("scored_at", given.scored_at)
    if given.saliency_map is None:
        raise InvalidEntryError("A prediction without its saliency map cannot be saved.")
    kept = np.asarray(given.saliency_map, dtype=np.float32)
    if kept.ndim != 2 or kept.size == 0 or not np.isfinite(kept).all():
        raise InvalidEntryError(f"A saliency map of shape {kept.shape} cannot be saved; expected finite values (h, w).")
    return kept


def listing(wanted: CaseFilter, order: Order) -> None:
    """Refuse a filter or an order that cannot be."""
    if wanted.decision is not None:
        _one_of("decision", wanted.decision, LABELS)
    if wanted.status is not None:
        _one_of("status", wanted.status, STATUSES)
    for name in ("created_from", "created_before"):
        if (time := getattr(wanted, name)) is not None:
            _aware(name, time)
    _one_of("order", order.by, (PROBABILITY, DATE, URGENCY))


def _aware(name: str, time: datetime) -> None:
    if time.tzinfo is None:
        raise InvalidEntryError(f"{name} has no time zone. Give a timezone-aware time, such as datetime.now(UTC).")


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InvalidEntryError(f"Unknown {what} {value!r}; expected one of {', '.join(known)}.")
