"""Addresses, and what the secrets must hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets

from app.auth.setup import AccessError, SignIn, checked, is_this_machine, require_this_machine, sign_in
from app.settings import ROOT
from tests.app.auth.whole import AUTH, HIDDEN, PROVIDER, SHARED


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
    with pytest.raises(AccessError, match=r"not a name of this machine, and sign-in is off"):
        require_this_machine("127.0.0.1", asked)


@pytest.mark.parametrize(
    ("section", "providers"),
    [
        (AUTH, ("",)),
        (AUTH | {"client_kwargs": {"prompt": "login"}}, ("",)),
        (AUTH | {"redirect_uri": "http://localhost:{port}/oauth2callback"}, ("",)),
        (SHARED | {"clinic": PROVIDER}, ("clinic",)),
        (SHARED | {"clinic": PROVIDER, "school": PROVIDER}, ("clinic", "school")),
        (AUTH | {"clinic": PROVIDER}, ("", "clinic")),
    ],
)
def test_a_whole_section_names_its_providers(section: dict[str, object], providers: tuple[str, ...]) -> None:
    assert checked(section) == SignIn(providers)


@pytest.mark.parametrize("key", AUTH)
@pytest.mark.parametrize("value", [None, "", "  ", 7])
def test_half_a_section_is_refused_by_the_name_of_what_lacks(key: str, value: object) -> None:
    section = {name: one for name, one in AUTH.items() if name != key} | ({key: value} if value is not None else {})
    with pytest.raises(AccessError, match=rf"\[auth\] in the secrets lacks {key}; expected") as refused:
        checked(section)
    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "lacks redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url"),
        ("on", "is not a section"),
        (AUTH | {"cookie_secret": HIDDEN[:31]}, "cookie_secret in .auth. is too short; expected at least 32"),
        (AUTH | {"redirect_uri": "https://xray.example/"}, "does not end with /oauth2callback"),
        (AUTH | {"redirect_uri": "http://xray.example/oauth2callback"}, "redirect_uri in .auth. is not safe"),
        (AUTH | {"redirect_uri": "https:///oauth2callback"}, "redirect_uri in .auth. is not safe"),
        (AUTH | {"server_metadata_url": "http://id.example/x"}, "server_metadata_url in .auth. is not safe"),
        (SHARED | {"clinic": {"client_id": HIDDEN}}, r"auth.clinic. in the secrets lacks client_secret, server_meta"),
        (AUTH | {"clinic": {}}, r"auth.clinic. in the secrets lacks client_id"),
        (SHARED | {"my_clinic": PROVIDER}, "has an underscore"),
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
    given(monkeypatch, toml(tmp_path / "s.toml", AUTH), named=True)
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
    with pytest.raises(AccessError, match="cannot be read") as refused:
        sign_in()
    assert HIDDEN not in str(refused.value)


def test_a_header_may_not_stand_in_for_the_identity_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, toml(tmp_path / "s.toml", AUTH), named=True, trusted={"X-Roles": "roles"})
    with pytest.raises(AccessError, match="trustedUserHeaders"):
        sign_in()


def test_however_it_is_started_the_server_keeps_to_this_machine_unless_told_otherwise() -> None:
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert options["server"]["address"] == "127.0.0.1"
    assert "ADDRESS ?= 127.0.0.1" in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    assert options["client"]["toolbarMode"] == "minimal"


def test_secrets_do_not_get_into_the_repository() -> None:
    assert ".streamlit/secrets.toml" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_secrets_that_the_deployment_guide_shows_are_whole() -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    shown = re.search(r"^    \[auth\]\n(?:    .+\n)+", guide, re.MULTILINE)
    assert shown
    section = tomllib.loads(shown.group().replace("    ", ""))["auth"]
    with pytest.raises(AccessError, match=r"cookie_secret in \[auth\] is too short"):
        # So that nobody serves with a secret that everybody can read.
        checked(section)
    assert checked(section | {"cookie_secret": HIDDEN}) == SignIn(("",))
