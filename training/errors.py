"""What can go wrong in `training`."""

from __future__ import annotations

from model.errors import ChestXrayError


class DatasetError(ChestXrayError):
    """The data folder cannot be trained on; the message lists every problem with its path."""


class ConfigError(ChestXrayError):
    """A training configuration is unknown, contradictory, or not the one a run was started with."""


class ReportError(ChestXrayError):
    """A file that the technical report needs is missing, damaged, or of another model."""
