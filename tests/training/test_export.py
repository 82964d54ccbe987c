"""The note beside the learning curves says what this run did, and nothing that it did not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model.artifact import read_manifest
from model.records.history import History
from model.records.manifest import Manifest
from training.__main__ import main
from training.config import PRESETS
from training.errors import ConfigError
from training.export import INTENDED_USE, accuracy_note, read_intended_use


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
    assert "augmented images" in note


def test_an_artifact_says_for_whom_it_is_meant_and_how_it_learned(trained_artifact: Path) -> None:
    manifest = read_manifest(trained_artifact)
    assert manifest.intended_use == read_intended_use(INTENDED_USE)
    history = History.read(trained_artifact)
    history.require_model(manifest)
    assert history.chosen.monitor == min(epoch.monitor for epoch in history.epochs if epoch.monitor is not None)
    assert {"clean", "stressed", "restyled"} <= set(history.views)
    values = json.loads((trained_artifact / Manifest.FILE).read_text(encoding="utf-8"))
    assert set(values) == set(Manifest.model_fields), "every key is written"


def test_a_network_may_be_meant_for_others_and_a_file_that_does_not_say_so_is_refused(tmp_path: Path) -> None:
    shipped = read_intended_use(INTENDED_USE)
    adults = shipped.replace(population="adults", youngest_years=18, oldest_years=99)
    assert read_intended_use(adults.write(tmp_path)) == adults
    with pytest.raises(ConfigError, match="nowhere"):
        read_intended_use(tmp_path / "nowhere.json")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    assert main(["fit", "--data", str(tmp_path), "--intended-use", str(tmp_path / "other.json")]) == 1
