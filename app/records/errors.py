"""What can go wrong in the review database; every message may be shown to the user, and none holds a password."""

from __future__ import annotations

from model.errors import ChestXrayError


class RecordsError(ChestXrayError):
    """The review database cannot be opened, read or written."""


class SchemaTooNewError(RecordsError):
    """The database was made by a newer version of this program, which alone may change it."""


class CaseNotFoundError(RecordsError):
    """There is no such case, or no longer."""


class InvalidEntryError(RecordsError):
    """What was to be stored contradicts itself, or is too long, empty or outside its range."""


class StaleReviewError(RecordsError):
    """Somebody else changed the case since the reader opened it; nothing was written."""
