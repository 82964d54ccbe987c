"""Who may do what on this page; every action asks here before it is done, whatever buttons were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from app.access import access_later, current_access
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.access import Access as Rights


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
    def may_report(self) -> bool:
        """Whether the user may take the report of one case."""

    @property
    def may_delete(self) -> bool:
        """Whether the user may delete cases."""

    @property
    def may_export(self) -> bool:
        """Whether the user may take lists and pictures away."""

    def later(self) -> Self:
        """The same user, for what runs in a thread outside the session, such as a download made when it is clicked."""


class CurrentAccess:
    """What the visitor may do, asked anew each time: a callback, and a fragment, run long after the page was drawn."""

    def __init__(self, ask: Callable[[], Rights] = current_access) -> None:
        """Prepare.

        Args:
            ask: what the visitor may do.
        """
        self._ask = ask

    @property
    def name(self) -> str:
        """Of the user; "" where nobody signs in and the name is typed."""
        return self._ask().name

    @property
    def may_see(self) -> bool:
        """Whether cases are shown at all."""
        return self._ask().may_see

    @property
    def may_review(self) -> bool:
        """Whether the user may save cases and judge them."""
        return self._ask().may_review

    @property
    def may_report(self) -> bool:
        """Whether the user may take the report of one case."""
        return self._ask().may_report

    @property
    def may_delete(self) -> bool:
        """Whether the user may delete cases."""
        return self._ask().may_delete

    @property
    def may_export(self) -> bool:
        """Whether the user may take lists and pictures away."""
        return self._ask().may_export

    def later(self) -> Self:
        """The same visitor, for a thread that knows neither the session's cookie nor its headers."""
        return type(self)(access_later())
