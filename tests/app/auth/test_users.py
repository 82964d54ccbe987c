"""Roles from claims, and what each may do."""

from __future__ import annotations

import pytest

from app.auth.users import ANYONE, NOBODY, ROLES, NotAllowedError, is_recent, name_of, require, role_of, user_of

MAY = ("see", "review", "report", "export", "delete")


@pytest.mark.parametrize(
    ("claims", "claim", "role"),
    [
        ({"roles": "reader"}, "roles", "reader"),
        ({"roles": ["other", "viewer"]}, "roles", "viewer"),
        ({"roles": ["viewer", "admin", "reader"]}, "roles", "admin"),
        ({"roles": ("reader",)}, "roles", "reader"),
        ({"realm_access": {"roles": ["reader"]}}, "realm_access.roles", "reader"),
        ({"https://xray.example/roles": ["admin"]}, "https://xray.example/roles", "admin"),
        ({"a.b": "viewer", "a": {"b": "admin"}}, "a.b", "viewer"),
        ({}, "roles", ""),
        *(({"roles": one}, "roles", "") for one in ("Admin", "no admin", "viewer,admin", "administrator", None, True)),
        *(({"roles": one}, "roles", "") for one in ([], [1, None, {"admin": True}, ["admin"]], {"admin": True})),
        *(({"realm_access": one}, "realm_access.roles", "") for one in ("admin", ["admin"])),
        ({"roles": "admin"}, "groups", ""),
    ],
)
def test_a_role_is_given_by_its_own_name_alone(claims: dict[str, object], claim: str, role: str) -> None:
    assert role_of(claims, claim) == role


@pytest.mark.parametrize(("role", "may"), [("viewer", MAY[:1]), ("reader", MAY[:3]), ("admin", MAY), ("nurse", ())])
def test_what_each_role_may_do(role: str, may: tuple[str, ...]) -> None:
    user = user_of({"roles": role, "name": "A"}, "roles")
    assert tuple(one for one in MAY if getattr(user, f"may_{one}")) == may
    assert (user.name, user.signed_in, user.role) == ("A", True, role if role in ROLES else "")


def test_without_sign_in_everything_is_allowed_and_without_a_right_nothing() -> None:
    assert all(getattr(ANYONE, f"may_{one}") for one in MAY)
    assert not any(getattr(NOBODY, f"may_{one}") for one in MAY)
    require(ANYONE.may_delete, "why")
    with pytest.raises(NotAllowedError, match="why"):
        require(NOBODY.may_delete, "why")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Rita", "email": "r@x"}, "Rita"),
        ({"name": " \n ", "preferred_username": "rita", "sub": "7"}, "rita"),
        ({"name": 7, "email": "r@x"}, "r@x"),
        ({"sub": "7"}, "7"),
        ({"name": "A\nB\t\u202eC"}, "A B C"),
        ({"name": "x" * 100}, "x" * 80),
        ({}, ""),
    ],
)
def test_a_name_is_one_short_line(claims: dict[str, object], name: str) -> None:
    assert name_of(claims) == name


NOW, HOUR = 1_000_000, 3600


@pytest.mark.parametrize(
    ("issued", "recent"),
    [
        *[(one, True) for one in (NOW, NOW + 0.5, NOW - 2 * HOUR + 1, NOW + 200)],
        *[(one, False) for one in (NOW - 2 * HOUR, NOW + 400, None, str(NOW), True, float("nan"))],
    ],
)
def test_a_sign_in_holds_for_some_hours(issued: object, recent: bool) -> None:
    assert is_recent({"iat": issued}, now=NOW, hours=2) == recent
    assert not is_recent({}, now=NOW, hours=2)
