"""Addresses, and what the secrets must hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets

from app.auth.setup import AccessError, SignIn, checked, require_this_machine, sign_in
from app.settings import ROOT
from tests.app.auth.whole import AUTH, HIDDEN, PROVIDER, SHARED


def test_this_machine_needs_no_sign_in_under_its_own_name() -> None:
    for host in ("127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST.", "::1", "[::1]", "a.localhost"):
        require_this_machine(host, None)
    for asked in ("localhost:8501", "127.0.0.1:1", "[::1]:8501", "localhost"):
        require_this_machine("127.0.0.1", asked)


ELSEWHERE = ("0.0.0.0", "::", "192.168.1.2", "xray.example", "localhost.example", "127.0.0.1.example", "unix:///s")  # noqa: S104
OTHERS = ("xray.example", "xray.example:8501", "localhost@xray.example", "", "[", "10.0.0.1:80")


@pytest.mark.parametrize(
    ("bound", "asked", "said"),
    [
        *((host, "localhost:8501", rf"on {re.escape(host)}.*--server.address 127\.0\.0\.1") for host in ELSEWHERE),
        *((host, "localhost:8501", "on every address") for host in (None, "")),
        *(("127.0.0.1", asked, "browser") for asked in OTHERS),
    ],
)
def test_another_machine_may_not_ask_without_sign_in(bound: str | None, asked: str, said: str) -> None:
    with pytest.raises(AccessError, match=said) as refused:
        require_this_machine(bound, asked)
    assert "CXR_ALLOW_ANONYMOUS=1" in str(refused.value)


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
    with pytest.raises(AccessError, match=rf"\[auth\].* lacks {key};") as refused:
        checked(section)
    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "lacks redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url"),
        ("on", "is not a section"),
        (AUTH | {"cookie_secret": HIDDEN[:31]}, "cookie_secret in .auth. .*at least 32"),
        (AUTH | {"redirect_uri": "https://xray.example/"}, "redirect_uri in .auth. .*end with /oauth2callback"),
        (AUTH | {"redirect_uri": "http://xray.example/oauth2callback"}, "redirect_uri in .auth. .*safe"),
        (AUTH | {"redirect_uri": "https:///oauth2callback"}, "redirect_uri in .auth. .*safe"),
        (AUTH | {"server_metadata_url": "http://id.example/x"}, "server_metadata_url in .auth. .*safe"),
        (SHARED | {"clinic": {"client_id": HIDDEN}}, "auth.clinic. .*lacks client_secret, server_meta"),
        (AUTH | {"clinic": {}}, "auth.clinic. .*lacks client_id"),
        (SHARED | {"my_clinic": PROVIDER}, "has an underscore"),
        (SHARED | {"client_id": HIDDEN, "clinic": PROVIDER}, "lacks client_secret, server_metadata_url"),
    ],
)
def test_what_cannot_be_safe_is_refused_without_showing_it(section: object, said: str) -> None:
    with pytest.raises(AccessError, match=said) as refused:
        checked(section)
    assert HIDDEN[:31] not in str(refused.value)


AUTH_FILE = "[auth]\n" + "".join(f'{key} = "{value}"\n' for key, value in AUTH.items())

Read = Callable[..., SignIn | None]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a file of secrets, or none, by Streamlit's own options, without a server; `named` by whoever starts it."""

    def from_file(
        content: bytes | None, *, named: bool = False, trusted: dict[str, str] | None = None
    ) -> SignIn | None:
        file = tmp_path / "secrets.toml"
        if content is not None:
            file.write_bytes(content)
        options = {"secrets.files": [str(file)], "server.trustedUserHeaders": trusted or {}}
        for module in (config, st):
            monkeypatch.setattr(module, "get_option", lambda key: options[key])
        monkeypatch.setattr(config, "is_manually_set", lambda key: named and key == "secrets.files")
        monkeypatch.setattr(Secrets, "_maybe_install_file_watchers", lambda _: None)
        monkeypatch.setattr(st, "secrets", Secrets())
        return sign_in()

    return from_file


@pytest.mark.parametrize(
    ("content", "named", "expected"),
    [(AUTH_FILE.encode(), True, SignIn(("",))), (None, False, None), (b"[database]\nuser = 'a'\n", True, None)],
    ids=["their section", "no secrets", "without their section"],
)
def test_sign_in_is_on_where_the_secrets_have_their_section(
    read: Read, content: bytes | None, named: bool, expected: SignIn | None
) -> None:
    assert read(content, named=named) == expected


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, {"named": True}, r"told to read .*secrets\.toml"),
        (f'[auth\ncookie_secret = "{HIDDEN}"'.encode(), {}, "cannot be read"),
        (b"a = '\xff'", {}, "cannot be read"),
        # A header could stand in for the identity provider.
        (AUTH_FILE.encode(), {"named": True, "trusted": {"X-Roles": "roles"}}, "trustedUserHeaders"),
    ],
)
def test_secrets_that_cannot_be_read_or_are_not_safe_do_not_switch_sign_in_off(
    read: Read, content: bytes | None, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(AccessError, match=said) as refused:
        read(content, **options)
    assert HIDDEN not in str(refused.value)


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
    with pytest.raises(AccessError, match=r"cookie_secret .*short"):
        # So that nobody serves with a secret that everybody can read.
        checked(section)
    assert checked(section | {"cookie_secret": HIDDEN}) == SignIn(("",))
