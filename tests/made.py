"""Made radiographs and data folders, which show nobody; `training.demo_data` makes them, for the notebook too."""

from __future__ import annotations

from training.demo_data import made_lungs, made_radiograph, write_dataset

__all__ = ["made_lungs", "made_radiograph", "write_dataset"]
