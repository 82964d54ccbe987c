"""Who may do what on this page; every action asks here before it is done, whatever buttons were drawn."""

from __future__ import annotations

from typing import Protocol

from app.access import current_access
from model.errors import ChestXrayError


class NotAllowedError(ChestXrayError):
    """The user may not do this; the message says who may."""


class Access(Protocol):
    """What a user may do."""

    @property
    def name(self) -> str:
        """Of the user; "" where nobody signs in and the name is typed."""

    @property
    def may_see(self) -> bool:
        """Whether cases are shown at all."""

    @property
    def may_review(self) -> bool:
        """Whether the user may save cases and judge them."""

    @property
    def may_delete(self) -> bool:
        """Whether the user may delete cases."""

    @property
    def may_export(self) -> bool:
        """Whether the user may take lists and pictures away."""


class CurrentAccess:
    """What the visitor may do, asked anew each time: a callback, and a fragment, run long after the page was drawn."""

    @property
    def name(self) -> str:
        """Of the user; "" where nobody signs in and the name is typed."""
        return current_access().name

    @property
    def may_see(self) -> bool:
        """Whether cases are shown at all."""
        return current_access().may_see

    @property
    def may_review(self) -> bool:
        """Whether the user may save cases and judge them."""
        return current_access().may_review

    @property
    def may_delete(self) -> bool:
        """Whether the user may delete cases."""
        return current_access().may_delete

    @property
    def may_export(self) -> bool:
        """Whether the user may take lists and pictures away."""
        return current_access().may_export
