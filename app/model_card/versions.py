"""Which versions were measured on test, and what the files tell of how they came about."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app import wording
from app.measured import LEDGER
from app.measured.files import MeasuredError, or_nan, read_if_there
from app.model_card.content import Table

if TYPE_CHECKING:
    from pathlib import Path

    from model.records.manifest import Manifest

UNKNOWN = "not recorded"


@dataclass(frozen=True)
class Version:
    """A version of the model that opened the test split.

    Attributes:
        model_version: its name.
        first: when it opened test first.
        openings: how often.
        auroc: on test, at the last opening that recorded it; NaN where none did.
        counts: confusion matrix at that opening, rows true, columns predicted; None where none recorded it.
        files_sha256: of the test files' names; "" where not recorded.
    """

    model_version: str
    first: datetime
    openings: int
    auroc: float
    counts: tuple[tuple[int, int], tuple[int, int]] | None
    files_sha256: str = ""


def read_versions(folder: Path) -> tuple[Version, ...]:
    """Read each version that opened test from `test_ledger.jsonl`.

    Args:
        folder: the artifact.

    Returns:
        The versions, oldest first; none where there is no ledger.

    Raises:
        MeasuredError: if the ledger is damaged.
    """
    return read_if_there(folder / LEDGER, _versions) or ()


def _versions(text: str) -> tuple[Version, ...]:
    entries = [json.loads(line) for line in text.splitlines() if line.strip()]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if "note" not in entry:
            by_name.setdefault(str(entry["model_version"]), []).append(entry)
    return tuple(sorted((_version(name, found) for name, found in by_name.items()), key=lambda one: one.first))


def _version(name: str, entries: list[dict[str, Any]]) -> Version:
    told: dict[str, Any] = next((one for one in reversed(entries) if "confusion_matrix" in one), {})
    files = next((str(one["files_sha256"]) for one in reversed(entries) if one.get("files_sha256")), "")
    return Version(
        model_version=name,
        first=min(datetime.fromisoformat(one["opened"]) for one in entries),
        openings=len(entries),
        auroc=or_nan(told.get("auroc")),
        counts=_counts(told["confusion_matrix"]) if told else None,
        files_sha256=files,
    )


def _counts(rows: list[list[int]]) -> tuple[tuple[int, int], tuple[int, int]]:
    (tn, fp), (fn, tp) = rows
    found = (int(tn), int(fp)), (int(fn), int(tp))
    if min(map(min, found)) < 0:
        raise MeasuredError(f"{LEDGER} holds a confusion matrix of {rows}; counts cannot be below 0. Restore it.")
    return found


def version_table(versions: tuple[Version, ...], manifest: Manifest, *, files_sha256: str = "") -> Table:
    """The version history as a table, oldest first, this model marked.

    Args:
        versions: that opened test.
        manifest: of this model, which has a row even if it never opened test.
        files_sha256: of the test split that is meant; versions measured on another are left out. All stay if "".

    Returns:
        The table.
    """
    known = {"", files_sha256}
    kept = [one for one in versions if not files_sha256 or one.files_sha256 in known]
    rows = [_row(one, manifest) for one in kept]
    if all(one.model_version != manifest.model_version for one in kept):
        never = ("never recorded", UNKNOWN, UNKNOWN, UNKNOWN)
        rows.append((_name(manifest.model_version, manifest), *never, _came_about(manifest)))
    head = (
        "Version",
        "Test first opened (UTC)",
        "Opened",
        "AUROC on test",
        "Right and wrong on test",
        "What the files tell",
    )
    return Table(
        "Versions that were measured on the test split, oldest first, at the threshold that each was measured with. "
        "How an earlier version came about stands in its own manifest, which does not ship.",
        head,
        tuple(rows),
    )


def _row(version: Version, manifest: Manifest) -> tuple[str, ...]:
    return (
        _name(version.model_version, manifest),
        f"{version.first.astimezone(UTC):%Y-%m-%d %H:%M}",
        "once" if version.openings == 1 else f"{version.openings:,} times",
        UNKNOWN if math.isnan(version.auroc) else wording.figure(version.auroc),
        _right_and_wrong(version.counts),
        _came_about(manifest) if version.model_version == manifest.model_version else _part(version, manifest),
    )


def _name(model_version: str, manifest: Manifest) -> str:
    return f"{model_version} (this model)" if model_version == manifest.model_version else model_version


def _right_and_wrong(counts: tuple[tuple[int, int], tuple[int, int]] | None) -> str:
    if counts is None:
        return UNKNOWN
    (tn, fp), (fn, tp) = counts
    return f"pneumonia: {tp:,} found, {fn:,} missed; normal: {tn:,} called Normal, {fp:,} false alarms"


def _part(version: Version, manifest: Manifest) -> str:
    """What an earlier version has to do with this one, as far as this one's manifest says."""
    if manifest.training.get("started_from") == version.model_version:
        return "This model’s training went on from it."
    if version.model_version in manifest.training.get("averaged", ()):
        return "Its weights are part of this model’s average."
    return UNKNOWN


def _came_about(manifest: Manifest) -> str:
    """How this model was made, from its manifest."""
    training = manifest.training
    made = [f"Made {manifest.created[:10]}" if manifest.created else "When it was made was not recorded"]
    if manifest.git_revision:
        made.append(f"by the code of revision {manifest.git_revision[:12]}")
    told = [f"{' '.join(made)}."]
    if start := training.get("started_from"):
        told.append(f"Training went on from {start}.")
    if parts := training.get("averaged"):
        told.append(f"Its weights are the average of {wording.joined(list(parts))}.")
    if teachers := training.get("teachers"):
        told.append(f"It learned from {wording.joined(list(teachers))} as well.")
    return " ".join(told)
