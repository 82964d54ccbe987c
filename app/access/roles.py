"""From the claims of an identity provider to what somebody may do; no Streamlit here."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

VIEWER, READER, ADMIN = "viewer", "reader", "admin"
ROLES = (VIEWER, READER, ADMIN)
"""From the one that may do least to the one that may do most."""

_NAMES = ("name", "preferred_username", "email", "sub")
_LONGEST_NAME = 80
_CLOCKS_DIFFER_S = 300
"""How far the clocks of this server and of the identity provider may lie apart."""


@dataclass(frozen=True)
class Access:
    """What one visitor may do.

    Attributes:
        name: of the user, at most 80 characters in one line; "" without sign-in.
        role: one of `ROLES`; "" without one, and without sign-in.
        signed_in: whether an identity provider vouched for the name.
        may_see: the pages at all.
        may_review: write a review.
        may_export: take cases out as files.
        may_delete: delete cases.
    """

    name: str
    role: str
    signed_in: bool
    may_see: bool
    may_review: bool
    may_export: bool
    may_delete: bool

    @property
    def may_report(self) -> bool:
        """Take the report of one case in hand; a reader's daily work, and no export of the list."""
        return self.may_review


ANYONE = Access("", "", signed_in=False, may_see=True, may_review=True, may_export=True, may_delete=True)
"""Without sign-in, on this machine."""

NOBODY = Access("", "", signed_in=False, may_see=False, may_review=False, may_export=False, may_delete=False)
"""Not signed in where that is asked, or refused."""


def access_of(claims: Mapping[str, object], roles_claim: str) -> Access:
    """What a signed-in user may do.

    Args:
        claims: of the identity provider.
        roles_claim: which of them holds the roles; dots lead into nested claims.
    """
    role = role_of(claims, roles_claim)
    return Access(
        name=name_of(claims),
        role=role,
        signed_in=True,
        may_see=role in ROLES,
        may_review=role in (READER, ADMIN),
        may_export=role == ADMIN,
        may_delete=role == ADMIN,
    )


def role_of(claims: Mapping[str, object], roles_claim: str) -> str:
    """The role that may do most among those that the claim holds.

    Roles must be spelt as in `ROLES`: a likeness, such as "Administrator" or "no admin", gives nothing.

    Args:
        claims: of the identity provider.
        roles_claim: which of them holds one role or a list of them; a claim of exactly this name wins, since names
            may be addresses with dots, otherwise dots lead into nested claims.

    Returns:
        One of `ROLES`, or "" without one.
    """
    held = claims.get(roles_claim)
    if roles_claim not in claims:
        held = claims
        for part in roles_claim.split("."):
            held = held.get(part) if isinstance(held, Mapping) else None
    named = [held] if isinstance(held, str) else held if isinstance(held, list | tuple) else []
    return next((role for role in reversed(ROLES) if role in named), "")


def name_of(claims: Mapping[str, object]) -> str:
    """How to call a user: the first of name, user name, address and subject that is there.

    Args:
        claims: of the identity provider.

    Returns:
        One line of at most 80 characters, without control characters; "" if there is no name.
    """
    for claim in _NAMES:
        given = claims.get(claim)
        if isinstance(given, str):
            # Control and format characters: among them those that turn the direction of the text around.
            kept = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in given)
            if name := " ".join(kept.split()):
                return name[:_LONGEST_NAME].rstrip()
    return ""


def is_recent(claims: Mapping[str, object], *, now: float, hours: float) -> bool:
    """Whether a sign-in still holds.

    Streamlit keeps it for 30 days in a cookie, with the roles of the first day.

    Args:
        claims: of the identity provider; "iat" says when they were issued, in seconds since 1970.
        now: in seconds since 1970.
        hours: how long it holds.

    Returns:
        False also where "iat" is missing, not a number, or more than five minutes in the future.
    """
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not math.isfinite(issued):
        return False
    return -_CLOCKS_DIFFER_S <= now - issued < hours * 3600
