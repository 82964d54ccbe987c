"""What was measured on the way to a model: trials, folds, doubtful labels. Read only where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.measured.ablation import ABLATION, Trial, read_ablation
from app.measured.crossed import CROSS_VALIDATION, CrossValidation, read_cross_validation
from app.measured.labelling import LABEL_REPORT, LabelReport, read_label_report
from app.services.files import Fingerprint, attempt, fingerprint
from model.artifact import read_manifest
from model.records.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Background:
    """What stands beside a model; None where a file is missing or broken.

    Attributes:
        trials: what was tried, judged on validation.
        crossed: the cross-validation.
        labels: labels that look wrong.
        problems: what could not be read, in sentences for the user.
    """

    trials: tuple[Trial, ...] | None
    crossed: CrossValidation | None
    labels: LabelReport | None
    problems: tuple[str, ...]


def background(folder: Path) -> Background:
    """What stands beside a model; needs no TensorFlow.

    Args:
        folder: the artifact.

    Raises:
        ArtifactError: if there is no usable manifest.
    """
    return _background(folder, fingerprint(folder, (Manifest.FILE, ABLATION, CROSS_VALIDATION, LABEL_REPORT)))


@st.cache_data(max_entries=4, show_spinner=False)
def _background(folder: Path, files: Fingerprint) -> Background:  # noqa: ARG001 - the cache's key
    manifest = read_manifest(folder)
    problems: list[str] = []

    return Background(
        trials=attempt(lambda: read_ablation(folder), problems),
        crossed=attempt(lambda: read_cross_validation(folder, manifest), problems),
        labels=attempt(lambda: read_label_report(folder, manifest), problems),
        problems=tuple(problems),
    )
