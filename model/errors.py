"""What can go wrong in `model`; every message says what happened, what was expected and how to mend it."""

from __future__ import annotations


class ChestXrayError(Exception):
    """Base of every error this project raises on purpose; its text may be shown to the user as it is."""


class RadiographError(ChestXrayError):
    """A file is not a radiograph that can be scored: not an image, unreadable, or as the subclass says."""


class UnusableRadiographError(RadiographError):
    """A sound image, but not a radiograph to be scored: too large, too small, blank, several frames."""


class ArtifactError(ChestXrayError):
    """The trained model's folder is missing, incomplete or contradicts itself; nothing may be scored."""


class InputRangeError(ChestXrayError, ValueError):
    """An array handed to the model is outside the shape or range that the model declares."""
