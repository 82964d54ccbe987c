"""Who may do what on this page, until the page is rewritten: `app.auth` under the names used here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.auth.guard import current_user, user_later
from app.auth.users import NotAllowedError, User

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Access", "CurrentAccess", "NotAllowedError"]


class CurrentAccess:  # noqa: D101
    def __init__(self, ask: Callable[[], User] = current_user) -> None:  # noqa: D107
        self._ask = ask

    def __getattr__(self, name: str) -> object:  # noqa: D105
        return getattr(self._ask(), name)

    def later(self) -> CurrentAccess:  # noqa: D102
        return type(self)(user_later())


Access = CurrentAccess
