"""The test ledger: one line each time the official test split was opened, written before the first look."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from model import artifact as artifacts
from model.artifact import Manifest
from training import data, provenance


def open_ledger(ledger: Path, manifest: Manifest, root: Path) -> int:
    """Add a line before test is read.

    Args:
        ledger: the file; made if it is not there.
        manifest: of the network that will be tested.
        root: the data folder.

    Returns:
        The line's number, from 0.

    Raises:
        DatasetError: if there is no test split; nothing is written then.
    """
    lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.is_file() else []
    names = sorted(image.path for image in data.open_test_split(root))
    entry = {
        "opened": provenance.now(),
        "by": "python -m training evaluate",
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "images": len(names),
        "files_sha256": hashlib.sha256("\n".join(names).encode()).hexdigest(),
    }
    ledger.parent.mkdir(parents=True, exist_ok=True)
    artifacts.write_text(ledger, "\n".join([*lines, json.dumps(entry)]) + "\n")
    return len(lines)


def close_ledger(ledger: Path, line: int, result: dict[str, Any]) -> None:
    """Add to a line what was seen.

    Args:
        ledger: the file.
        line: number of the line that `open_ledger` wrote.
        result: content of `evaluation.json`.
    """
    lines = ledger.read_text(encoding="utf-8").splitlines()
    seen = {
        "threshold": result["operating_point"]["threshold"],
        "auroc": round(result["test"]["metrics"]["auroc"]["value"], 4),
        "confusion_matrix": result["test"]["confusion_matrix"]["counts"],
    }
    lines[line] = json.dumps(json.loads(lines[line]) | seen)
    artifacts.write_text(ledger, "\n".join(lines) + "\n")
