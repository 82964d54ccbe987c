"""Read the learning curves, the test ledger and what was measured of the input gate."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.measured.files import MeasuredError, or_nan, read_if_there
from app.measured.records import Epoch, GateMeasured, History, Impostor, Ledger, Opening
from model.records.gate import FOLDER, GateSettings

if TYPE_CHECKING:
    from model.records.manifest import Manifest

HISTORY = "history.json"
LEDGER = "test_ledger.jsonl"
GATE = f"{FOLDER}/{GateSettings.FILE}"


def read_history(folder: Path, manifest: Manifest) -> History | None:
    """Read `history.json` and hold it against the manifest.

    Args:
        folder: the artifact.
        manifest: of the weights whose curves are wanted.

    Returns:
        The learning curves, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged, or tells of other weights.
    """
    return read_if_there(folder / HISTORY, lambda text: _history(json.loads(text), manifest))


def read_ledger(folder: Path) -> Ledger | None:
    """Read `test_ledger.jsonl`.

    Args:
        folder: the artifact.

    Returns:
        The ledger, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    return read_if_there(
        folder / LEDGER, lambda text: _ledger([json.loads(line) for line in text.splitlines() if line.strip()])
    )


def read_gate(folder: Path) -> GateMeasured | None:
    """Read what was measured of the input gate.

    Args:
        folder: the artifact.

    Returns:
        The measurements, or None where the artifact has no gate.

    Raises:
        MeasuredError: if the gate's settings are damaged or tell of no measurement.
    """
    return read_if_there(folder / GATE, _gate_text)


def _history(values: dict[str, Any], manifest: Manifest) -> History:
    if values["weights_sha256"] != manifest.weights_sha256:
        raise MeasuredError(
            f"{HISTORY} tells how other weights were trained than those in this folder. Restore both from one version."
        )
    return read_epochs(values)


def read_epochs(values: dict[str, Any]) -> History:
    """Learning curves as stored, of whatever network.

    Args:
        values: `epochs`, `chosen_epoch` and what else there is of `history.json`.

    Returns:
        The curves.

    Raises:
        KeyError: if something is missing; likewise IndexError, TypeError, ValueError.
    """
    epochs = tuple(
        Epoch(
            number=int(one["epoch"]),
            loss=float(one["loss"]),
            accuracy=float(one["accuracy"]),
            val_loss=float(one["val_loss"]),
            val_accuracy=float(one["val_accuracy"]),
            stressed_loss=one.get("stressed_loss"),
            stressed_accuracy=one.get("stressed_accuracy"),
            restyled_loss=one.get("restyled_loss"),
            restyled_accuracy=one.get("restyled_accuracy"),
            monitor=one.get("monitor"),
        )
        for one in values["epochs"]
    )
    views = values.get("views", {})
    chosen = [epoch for epoch in epochs if epoch.number == values["chosen_epoch"]]
    return History(
        epochs=epochs,
        chosen=chosen[0],
        chosen_by=str(values.get("chosen_by", "")),
        accuracy_note=str(values.get("accuracy_note", "")),
        lungs_covered_auroc=views.get("lungs_covered", {}).get("auroc"),
        clean_auroc=views.get("clean", {}).get("auroc"),
        restyled_auroc=views.get("restyled", {}).get("auroc"),
    )


def _ledger(entries: list[dict[str, Any]]) -> Ledger:
    openings = tuple(
        Opening(
            opened=datetime.fromisoformat(one["opened"]),
            by=str(one.get("by", "")),
            model_version=str(one.get("model_version", "")),
            files_sha256=str(one.get("files_sha256", "")),
        )
        for one in entries
        if "note" not in one
    )
    return Ledger(openings=openings, notes=tuple(str(one["note"]) for one in entries if "note" in one))


def _gate_text(text: str) -> GateMeasured:
    GateSettings.from_text(text)
    return _gate(json.loads(text)["measured"])


def _gate(values: dict[str, Any]) -> GateMeasured:
    low, high = values["validation_refused_interval"]
    return GateMeasured(
        measured=datetime.fromisoformat(values["measured"]),
        scans=int(values["validation_scans"]),
        refused=int(values["validation_refused"]),
        low=float(low),
        high=float(high),
        impostors=tuple(
            Impostor(
                str(one["kind"]), int(one["pictures"]), int(one["refused"]), or_nan(one["auroc"]), bool(one["taught"])
            )
            for one in values["impostors"]
        ),
    )
