"""Roles from claims, addresses, and what the secrets must hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets

from app.access import ROLES
from app.access.addresses import is_this_machine, require_this_machine
from app.access.errors import AccessError
from app.access.roles import access_of, is_recent, name_of, role_of
from app.access.secrets import SignIn, checked, sign_in
from app.settings import ROOT, AccessSettings, SettingsError

HIDDEN = "never-to-be-shown-" * 3
WHOLE: dict[str, object] = {
    "redirect_uri": "https://xray.example/oauth2callback",
    "cookie_secret": HIDDEN,
    "client_id": HIDDEN,
    "client_secret": HIDDEN,
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
PROVIDER = {key: WHOLE[key] for key in ("client_id", "client_secret", "server_metadata_url")}
SHARED = {key: WHOLE[key] for key in ("redirect_uri", "cookie_secret")}


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
        ({"roles": None}, "roles", ""),
        ({"roles": []}, "roles", ""),
        ({"roles": [1, None, {"admin": True}, ["admin"]]}, "roles", ""),
        ({"roles": {"admin": True}}, "roles", ""),
        ({"roles": True}, "roles", ""),
        ({"roles": "Admin"}, "roles", ""),
        ({"roles": "no admin"}, "roles", ""),
        ({"roles": "viewer,admin"}, "roles", ""),
        ({"roles": "administrator"}, "roles", ""),
        ({"realm_access": "admin"}, "realm_access.roles", ""),
        ({"realm_access": ["admin"]}, "realm_access.roles", ""),
        ({"roles": "admin"}, "groups", ""),
    ],
)
def test_a_role_is_given_by_its_own_name_alone(claims: dict[str, object], claim: str, role: str) -> None:
    assert role_of(claims, claim) == role


@pytest.mark.parametrize(
    ("role", "see", "review", "export", "delete"),
    [
        ("viewer", True, False, False, False),
        ("reader", True, True, False, False),
        ("admin", True, True, True, True),
        ("nurse", False, False, False, False),
    ],
)
def test_what_each_role_may_do(role: str, see: bool, review: bool, export: bool, delete: bool) -> None:
    access = access_of({"roles": role, "name": "A"}, "roles")
    assert (access.may_see, access.may_review, access.may_export, access.may_delete) == (see, review, export, delete)
    assert access.signed_in
    assert access.role == (role if role in ROLES else "")


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


@pytest.mark.parametrize(
    ("issued", "recent"),
    [
        (1_000_000, True),
        (1_000_000.5, True),
        (1_000_000 - 2 * 3600 + 1, True),
        (1_000_000 - 2 * 3600, False),
        (1_000_200, True),
        (1_000_400, False),
        (None, False),
        ("1000000", False),
        (True, False),
        (float("nan"), False),
    ],
)
def test_a_sign_in_holds_for_some_hours(issued: object, recent: bool) -> None:
    assert is_recent({"iat": issued}, now=1_000_000, hours=2) == recent
    assert not is_recent({}, now=1_000_000, hours=2)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST.", "::1", "[::1]", "a.localhost"])
def test_this_machine(host: str) -> None:
    assert is_this_machine(host)
    require_this_machine(host, None)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "192.168.1.2", "xray.example", "localhost.example", "127.0.0.1.example", "unix:///s"],  # noqa: S104
)
def test_not_this_machine_alone(host: str) -> None:
    assert not is_this_machine(host)
    with pytest.raises(AccessError, match=r"sign-in is off.*CXR_ALLOW_ANONYMOUS=1.*--server.address 127\.0\.0\.1"):
        require_this_machine(host, "localhost:8501")


def test_no_address_means_all_of_them() -> None:
    with pytest.raises(AccessError, match="on every address of this machine"):
        require_this_machine(None, None)


@pytest.mark.parametrize("asked", ["localhost:8501", "127.0.0.1:1", "[::1]:8501", "localhost"])
def test_asked_for_by_its_own_name(asked: str) -> None:
    require_this_machine("127.0.0.1", asked)


@pytest.mark.parametrize(
    "asked", ["xray.example", "xray.example:8501", "localhost@xray.example", "", "[", "10.0.0.1:80"]
)
def test_asked_for_by_anothers_name(asked: str) -> None:
    with pytest.raises(AccessError, match="which is not this machine’s own name, and sign-in is off"):
        require_this_machine("127.0.0.1", asked)


@pytest.mark.parametrize(
    ("section", "providers"),
    [
        (WHOLE, ("",)),
        (WHOLE | {"client_kwargs": {"prompt": "login"}}, ("",)),
        (WHOLE | {"redirect_uri": "http://localhost:{port}/oauth2callback"}, ("",)),
        (SHARED | {"clinic": PROVIDER}, ("clinic",)),
        (SHARED | {"clinic": PROVIDER, "school": PROVIDER}, ("clinic", "school")),
        (WHOLE | {"clinic": PROVIDER}, ("", "clinic")),
    ],
)
def test_a_whole_section_names_its_providers(section: dict[str, object], providers: tuple[str, ...]) -> None:
    assert checked(section) == SignIn(providers)


@pytest.mark.parametrize("key", WHOLE)
@pytest.mark.parametrize("value", [None, "", "  ", 7])
def test_half_a_section_is_refused_by_the_name_of_what_lacks(key: str, value: object) -> None:
    section = {name: one for name, one in WHOLE.items() if name != key} | ({key: value} if value is not None else {})
    with pytest.raises(AccessError, match=rf"\[auth\] in the secrets lacks {key}; expected") as refused:
        checked(section)
    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "lacks redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url"),
        ("on", "is not a section"),
        (WHOLE | {"cookie_secret": HIDDEN[:31]}, "cookie_secret in .auth. is too short; expected at least 32"),
        (WHOLE | {"redirect_uri": "https://xray.example/"}, "does not end with /oauth2callback"),
        (WHOLE | {"redirect_uri": "http://xray.example/oauth2callback"}, "redirect_uri in .auth. is not safe"),
        (WHOLE | {"redirect_uri": "https:///oauth2callback"}, "redirect_uri in .auth. is not safe"),
        (WHOLE | {"server_metadata_url": "http://id.example/x"}, "server_metadata_url in .auth. is not safe"),
        (SHARED | {"clinic": {"client_id": HIDDEN}}, r"auth.clinic. in the secrets lacks client_secret, server_meta"),
        (WHOLE | {"clinic": {}}, r"auth.clinic. in the secrets lacks client_id"),
        (SHARED | {"my_clinic": PROVIDER}, "has an underscore in its name"),
        (SHARED | {"client_id": HIDDEN, "clinic": PROVIDER}, "lacks client_secret, server_metadata_url"),
    ],
)
def test_what_cannot_be_safe_is_refused_without_showing_it(section: object, said: str) -> None:
    with pytest.raises(AccessError, match=said) as refused:
        checked(section)
    assert HIDDEN[:31] not in str(refused.value)


def given(monkeypatch: pytest.MonkeyPatch, file: Path, *, named: bool, trusted: dict[str, str] | None = None) -> None:
    """Make Streamlit's own options, without a server, lead to a file of secrets; `named` by whoever starts it."""
    options = {"secrets.files": [str(file)], "server.trustedUserHeaders": trusted or {}}
    for module in (config, st):
        monkeypatch.setattr(module, "get_option", lambda key: options[key])
    monkeypatch.setattr(config, "is_manually_set", lambda key: named and key == "secrets.files")
    monkeypatch.setattr(Secrets, "_maybe_install_file_watchers", lambda _: None)
    monkeypatch.setattr(st, "secrets", Secrets())


def toml(path: Path, section: dict[str, object]) -> Path:
    path.write_text("[auth]\n" + "".join(f'{key} = "{value}"\n' for key, value in section.items()), encoding="utf-8")
    return path


def test_sign_in_is_read_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, toml(tmp_path / "s.toml", WHOLE), named=True)
    assert sign_in() == SignIn(("",))


def test_sign_in_is_off_without_secrets_or_without_their_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, tmp_path / "none.toml", named=False)
    assert sign_in() is None
    other = tmp_path / "other.toml"
    other.write_text("[database]\nuser = 'a'\n", encoding="utf-8")
    given(monkeypatch, other, named=True)
    assert sign_in() is None


def test_a_named_file_that_is_not_there_does_not_switch_sign_in_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, tmp_path / "none.toml", named=True)
    with pytest.raises(AccessError, match=r"told to read its secrets from .*none\.toml"):
        sign_in()


@pytest.mark.parametrize("content", [f'[auth\ncookie_secret = "{HIDDEN}"'.encode(), b"a = '\xff'"])
def test_secrets_that_cannot_be_read_do_not_switch_sign_in_off(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_bytes(content)
    given(monkeypatch, file, named=False)
    with pytest.raises(AccessError, match="is there and cannot be read") as refused:
        sign_in()
    assert HIDDEN not in str(refused.value)


def test_a_header_may_not_stand_in_for_the_identity_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, toml(tmp_path / "s.toml", WHOLE), named=True, trusted={"X-Roles": "roles"})
    with pytest.raises(AccessError, match="trustedUserHeaders"):
        sign_in()


def test_settings_of_access() -> None:
    assert AccessSettings.from_environment({}) == AccessSettings("roles", 12.0, allow_anonymous=False)
    given = {"CXR_ROLES_CLAIM": " groups ", "CXR_SIGN_IN_HOURS": "1.5", "CXR_ALLOW_ANONYMOUS": "1"}
    assert AccessSettings.from_environment(given) == AccessSettings("groups", 1.5, allow_anonymous=True)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "a day"])
def test_hours_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"CXR_SIGN_IN_HOURS is '.*'; expected a number of hours above 0"):
        AccessSettings.from_environment({"CXR_SIGN_IN_HOURS": text})


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(SettingsError, match="CXR_ALLOW_ANONYMOUS is 'perhaps'"):
        AccessSettings.from_environment({"CXR_ALLOW_ANONYMOUS": "perhaps"})


def test_however_it_is_started_the_server_keeps_to_this_machine_unless_told_otherwise() -> None:
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert options["server"]["address"] == "127.0.0.1"
    assert "ADDRESS ?= 127.0.0.1" in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    assert options["client"]["toolbarMode"] == "minimal"


def test_secrets_do_not_get_into_the_repository() -> None:
    assert ".streamlit/secrets.toml" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_secrets_that_readme_shows_are_whole() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^    \[auth\]\n(?:    .+\n)+", readme, re.MULTILINE)
    assert shown
    section = tomllib.loads(shown.group().replace("    ", ""))["auth"]
    with pytest.raises(AccessError, match=r"cookie_secret in \[auth\] is too short"):
        # So that nobody serves with a secret that everybody can read.
        checked(section)
    assert checked(section | {"cookie_secret": HIDDEN}) == SignIn(("",))
