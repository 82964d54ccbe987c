"""Everything that was measured of a model, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import measured
from app.services.files import Fingerprint, attempt, fingerprint
from model.artifact import read_manifest
from model.records.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class Performance:
    """All that is known of how good the model is; None where a file is missing.

    Attributes:
        manifest: of the model.
        evaluation: figures on test and validation.
        history: learning curves.
        ledger: how often test was opened.
        gate: what the input gate was measured to do.
        robustness: what it does on scans that were changed.
        explanations: how far its heatmaps can be trusted.
        test_scans: the score of every test scan; None without an evaluation that it agrees with.
        problems: what could not be read, in sentences for the user.
    """

    manifest: Manifest
    evaluation: measured.Evaluation | None
    history: measured.History | None
    ledger: measured.Ledger | None
    gate: measured.GateMeasured | None
    robustness: measured.Robustness | None
    explanations: measured.Explanations | None
    test_scans: measured.ScoredScans | None
    problems: tuple[str, ...]


def performance(folder: Path) -> Performance:
    """Everything that was measured of the model in a folder; needs no TensorFlow.

    Args:
        folder: the artifact.

    Returns:
        What was found; a file that is missing or broken leaves its part None.

    Raises:
        ArtifactError: if there is no usable manifest.
    """
    names = (
        Manifest.FILE,
        measured.EVALUATION,
        measured.HISTORY,
        measured.LEDGER,
        measured.GATE,
        measured.ROBUSTNESS,
        measured.EXPLANATIONS,
        measured.PREDICTIONS,
    )
    return _performance(folder, fingerprint(folder, names))


@st.cache_data(max_entries=16, show_spinner=False)  # the model in use, and those that it is compared with
def _performance(folder: Path, files: Fingerprint) -> Performance:  # noqa: ARG001 - the cache's key
    manifest = read_manifest(folder)
    problems: list[str] = []

    evaluation = attempt(lambda: measured.read_evaluation(folder, manifest), problems)
    return Performance(
        manifest=manifest,
        evaluation=evaluation,
        history=attempt(lambda: measured.read_history(folder, manifest), problems),
        ledger=attempt(lambda: measured.read_ledger(folder), problems),
        gate=attempt(lambda: measured.read_gate(folder), problems),
        robustness=attempt(lambda: measured.read_robustness(folder, manifest), problems),
        explanations=attempt(lambda: measured.read_explanations(folder, manifest), problems),
        test_scans=attempt(lambda: measured.read_test_scans(folder, evaluation), problems) if evaluation else None,
        problems=tuple(problems),
    )
