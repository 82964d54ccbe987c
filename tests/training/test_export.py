"""The note beside the learning curves says what this run did, and nothing that it did not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from training.config import PRESETS
from training.export import accuracy_note


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
