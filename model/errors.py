"""Errors of `model`; every message says what happened, what was expected and how to fix it."""

from __future__ import annotations


class ChestXrayError(Exception):
    """Base of every error this project raises on purpose; users may see its text."""


class RadiographError(ChestXrayError):
    """A file is not a radiograph that can be scored, for example because it is not an image or unreadable."""


class UnusableRadiographError(RadiographError):
    """A readable image that cannot be scored: too large, too small, blank, or with several frames."""


class ArtifactError(ChestXrayError):
    """The trained model's folder is missing, incomplete or contradicts itself; nothing may be scored."""


class InputRangeError(ChestXrayError, ValueError):
    """An array handed to the model is outside the shape or range that the model declares."""
