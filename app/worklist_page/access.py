"""Who may do what on this page; every action asks here before it is done, whatever buttons were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True)
class Everything:
    """What holds without sign-in: all is allowed, and the name is free text.

    Attributes:
        name: of the user; "" to let it be typed.
        may_see: whether cases are shown at all.
        may_review: whether cases may be saved and judged.
        may_delete: whether cases may be deleted.
        may_export: whether lists and pictures may be taken away.
    """

    name: str = ""
    may_see: bool = True
    may_review: bool = True
    may_delete: bool = True
    may_export: bool = True
