"""The note beside the learning curves says what this run did, and nothing that it did not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model.artifact import read_manifest
from model.records.history import History
from model.records.manifest import IntendedUse, Manifest
from training.config import PRESETS
from training.export import accuracy_note
from training.provenance import ROOT


@pytest.mark.parametrize(
    ("blank", "smoothing", "distilled"), [(0.15, 0.0, False), (0.0, 0.05, False), (0.0, 0.0, True)]
)
def test_the_note_names_covers_and_softened_labels_where_there_were_some(
    blank: float, smoothing: float, distilled: bool
) -> None:
    plain = PRESETS["plain"]
    config = replace(plain, label_smoothing=smoothing, augmentation=replace(plain.augmentation, blank_lungs=blank))
    note = accuracy_note(config, distilled=distilled)
    assert ("lungs covered" in note) == (blank > 0)
    assert ("softened labels" in note) == (smoothing > 0 or distilled)
    assert note.startswith("training loss and accuracy are measured on augmented images")


def test_an_artifact_says_for_whom_it_is_meant_and_how_it_learned(trained_artifact: Path) -> None:
    manifest = read_manifest(trained_artifact)
    assert manifest.intended_use == IntendedUse.read(ROOT / "training")
    history = History.read(trained_artifact)
    assert history is not None
    history.require_model(manifest)
    assert history.chosen.monitor == min(epoch.monitor for epoch in history.epochs if epoch.monitor is not None)
    assert {"clean", "stressed", "restyled"} <= set(history.views)
    values = json.loads((trained_artifact / Manifest.FILE).read_text(encoding="utf-8"))
    assert set(values) == set(Manifest.model_fields), "every key is written"
