"""The test ledger: one line for each opening of the official test split, written before the first image is scored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.records.base import write_text
from model.records.evaluation import Evaluation
from model.records.ledger import Ledger, Opening
from model.records.manifest import Manifest
from training import data, provenance

EVALUATE = "python -m training evaluate"


def open_ledger(ledger: Path, manifest: Manifest, root: Path, *, by: str = EVALUATE) -> int:
    """Add a line before the test split is read.

    Returns:
        The line's number, from 0.

    Raises:
        DatasetError: if there is no test split; nothing is written then.
    """
    lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.is_file() else []
    images = data.open_test_split(root)
    entry = Opening(
        opened=provenance.now(),
        by=by,
        model_version=manifest.model_version,
        weights_sha256=manifest.weights_sha256,
        images=len(images),
        files_sha256=hash_of_files(root),
    )
    ledger.parent.mkdir(parents=True, exist_ok=True)
    write_text(ledger, "\n".join([*lines, entry.to_line()]) + "\n")
    return len(lines)


def close_lines(ledgers: Sequence[Path], numbers: Sequence[int], seen: dict[str, Any]) -> None:
    """Add what was seen to one line of each ledger."""
    for ledger, number in zip(ledgers, numbers, strict=True):
        lines = ledger.read_text(encoding="utf-8").splitlines()
        lines[number] = Opening.model_validate_json(lines[number]).replace(**seen).to_line()
        write_text(ledger, "\n".join(lines) + "\n")


def hash_of_files(root: Path) -> str:
    """SHA-256 of the test files' names; it identifies the test split.

    Raises:
        DatasetError: if there is no test split.
    """
    names = sorted(image.path for image in data.open_test_split(root))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def ledgers_of(artifact: Path, shipped: Path, root: Path) -> list[Path]:
    """Where an evaluation is recorded: beside the artifact, and with the shipped model if it is the same test split.

    Raises:
        DatasetError: if there is no test split.
    """
    found = [artifact / Ledger.FILE]
    if artifact.resolve() != shipped.resolve():
        evaluation = Evaluation.read(shipped)
        if evaluation and evaluation.test.files_sha256 == hash_of_files(root):
            found.append(shipped / Ledger.FILE)
    return found
