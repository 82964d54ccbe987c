"""From an identity provider's claims to what a user may do."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from model.errors import ChestXrayError

_NAMES = ("name", "preferred_username", "email", "sub")
_LONGEST_NAME = 80
_CLOCK_SKEW_S = 300


class NotAllowedError(ChestXrayError):
    """The user may not do this; the message says who may."""


@dataclass(frozen=True, kw_only=True)
class User:
    """A visitor and what they may do.

    Attributes:
        name: one line of at most 80 characters; "" without sign-in.
        role: key of `ROLES`; "" without one.
        signed_in: whether an identity provider vouched for the name.
        may_see: the pages at all.
        may_review: save cases and review them.
        may_report: take the report of one case.
        may_export: take lists and pictures away.
        may_delete: delete cases.
    """

    name: str = ""
    role: str = ""
    signed_in: bool = False
    may_see: bool = False
    may_review: bool = False
    may_report: bool = False
    may_export: bool = False
    may_delete: bool = False


_VIEWER = User(role="viewer", may_see=True)
_READER = replace(_VIEWER, role="reader", may_review=True, may_report=True)
_ADMIN = replace(_READER, role="admin", may_export=True, may_delete=True)

ROLES: dict[str, User] = {user.role: user for user in (_VIEWER, _READER, _ADMIN)}
"""What each role may do, the least first."""

ANYONE = replace(_ADMIN, role="")
"""Without sign-in, on this machine."""

NOBODY = User()
"""Not signed in where sign-in is on, or refused."""


def user_of(claims: Mapping[str, object], roles_claim: str) -> User:
    """A signed-in user, from the claims of the identity provider; `role_of` explains `roles_claim`."""
    return replace(ROLES.get(role_of(claims, roles_claim), NOBODY), name=name_of(claims), signed_in=True)


def role_of(claims: Mapping[str, object], roles_claim: str) -> str:
    """The role that may do most among those in a claim.

    Roles must be spelled as in `ROLES`: "Administrator" or "no admin" gives nothing.

    Args:
        claims: of the identity provider.
        roles_claim: claim with one role or a list of roles. A claim of exactly this name wins, since a name may be an
            address with dots; otherwise dots lead into nested claims.

    Returns:
        A key of `ROLES`, or "".
    """
    held: object = claims.get(roles_claim)
    if roles_claim not in claims:
        held = claims
        for part in roles_claim.split("."):
            held = held.get(part) if isinstance(held, Mapping) else None
    roles = [held] if isinstance(held, str) else held if isinstance(held, list | tuple) else []
    return next((role for role in reversed(ROLES) if role in roles), "")


def name_of(claims: Mapping[str, object]) -> str:
    """The first of name, user name, e-mail address and subject, as one line of at most 80 printable characters."""
    for claim in _NAMES:
        given = claims.get(claim)
        if isinstance(given, str):
            # Categories C and Z: control and format characters, such as those that reverse the text, and spaces.
            kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in given)
            if name := " ".join(kept.split()):
                return name[:_LONGEST_NAME].rstrip()
    return ""


def is_recent(claims: Mapping[str, object], *, now: float, hours: float) -> bool:
    """Whether a sign-in still holds: Streamlit keeps one for 30 days, with the roles of the first day.

    Args:
        claims: "iat" says when they were issued, seconds since 1970. The sign-in does not hold without it, or if it
            lies more than five minutes in the future.
        now: seconds since 1970.
        hours: how long a sign-in holds.
    """
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not math.isfinite(issued):
        return False
    return -_CLOCK_SKEW_S <= now - issued < hours * 3600


def require(allowed: bool, otherwise: str) -> None:
    """Ask before the deed is done: a callback runs long after its button was drawn.

    Args:
        allowed: such as `current_user().may_delete`.
        otherwise: a sentence, such as "Only administrators delete cases."

    Raises:
        NotAllowedError: unless allowed.
    """
    if not allowed:
        raise NotAllowedError(f"{otherwise} Ask your administrator for that role.")
