"""The guard before the pages, driven through Streamlit's AppTest with made users and secrets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from app.wording import access as words
from tests.app.driving import START_S, text_of

HIDDEN = "never-to-be-shown-" * 3
AUTH = {
    "redirect_uri": "https://xray.example/oauth2callback",
    "cookie_secret": HIDDEN,
    "client_id": HIDDEN,
    "client_secret": HIDDEN,
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is refused
NOW = time.time()
PAGE = "Is there pneumonia on this chest radiograph?"

Start = Callable[..., AppTest]

ASKS = """
import streamlit as st
from app.access import current_access
st.json(vars(current_access()))
"""


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    """Starts the app as a user would find it; without a model, which nothing here asks for."""
    monkeypatch.setenv("CXR_MODEL_DIR", str(tmp_path))
    for name in ("CXR_ALLOW_ANONYMOUS", "CXR_ROLES_CLAIM", "CXR_SIGN_IN_HOURS"):
        monkeypatch.delenv(name, raising=False)

    def begin(auth: object = None, user: dict[str, Any] | None = None) -> AppTest:
        page = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=START_S)
        if auth is not None:
            page.secrets = {"auth": auth}
        page.user = user or {}
        return page.run()

    return begin


@pytest.fixture
def listens_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Says where the server would listen."""
    real = st.get_option

    def say(address: str | None) -> None:
        monkeypatch.setattr(st, "get_option", lambda key: address if key == "server.address" else real(key))

    return say


def signed_in(**claims: object) -> dict[str, Any]:
    return {"is_logged_in": True, "iat": int(time.time()), **claims}


def shown(page: AppTest) -> str:
    assert not page.exception
    return unescape(text_of(page))


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_on_this_machine_nobody_is_asked(start: Start) -> None:
    page = start()
    assert PAGE in shown(page)
    assert not {words.SIGN_IN, words.SIGN_OUT} & set(labels(page))


@pytest.mark.parametrize("address", [EVERYWHERE, "192.168.1.2", "", None])
def test_elsewhere_nothing_is_shown_without_sign_in(
    start: Start, listens_on: Callable[[str | None], None], address: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    listens_on(address)
    with caplog.at_level(logging.ERROR, logger="app.access"):
        page = start().run()
    text = shown(page)
    assert PAGE not in text
    assert words.listens_to_others(address or "") in text
    assert labels(page) == []
    assert not page.file_uploader
    assert [record.name for record in caplog.records] == ["app.access.guard"], "Told once a session."


@pytest.mark.parametrize(("value", "open_"), [("1", True), ("0", False), ("maybe", False)])
def test_elsewhere_without_sign_in_only_when_told_so(
    start: Start,
    listens_on: Callable[[str | None], None],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    open_: bool,
) -> None:
    listens_on(EVERYWHERE)
    monkeypatch.setenv("CXR_ALLOW_ANONYMOUS", value)
    assert (PAGE in shown(start())) == open_


def test_a_mistake_in_another_setting_lets_nobody_else_in_and_locks_nobody_out(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_OPERATING_POINT", "nonsense")
    assert "No verdict: a setting cannot be used." in shown(start())
    assert PAGE not in shown(start(AUTH))


@pytest.mark.parametrize("anonymous", ["0", "1"])
@pytest.mark.parametrize(
    "user", [{}, {"is_logged_in": False}, {"is_logged_in": "True", "roles": "admin", "iat": NOW}, None]
)
def test_with_sign_in_a_stranger_sees_the_way_in_and_nothing_else(
    start: Start, monkeypatch: pytest.MonkeyPatch, user: dict[str, Any] | None, anonymous: str
) -> None:
    monkeypatch.setenv("CXR_ALLOW_ANONYMOUS", anonymous)
    page = start(AUTH, user)
    assert PAGE not in shown(page)
    assert labels(page) == [words.SIGN_IN]


def test_each_provider_has_a_button(start: Start) -> None:
    provider = {key: AUTH[key] for key in ("client_id", "client_secret", "server_metadata_url")}
    shared = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    assert labels(start(shared | {"clinic": provider, "school": provider})) == [
        "Sign in with Clinic",
        "Sign in with School",
    ]


@pytest.mark.parametrize("role", ["viewer", "reader", "admin"])
def test_with_a_role_the_pages_are_shown_under_the_name(start: Start, role: str) -> None:
    page = start(AUTH, signed_in(name="Rita <b>", roles=[role]))
    assert PAGE in shown(page)
    assert f"Rita <b> · {role}" in shown(page)
    assert "<b>" not in text_of(page)
    assert words.SIGN_OUT in labels(page)


def test_signing_out_closes_the_pages(start: Start) -> None:
    page = start(AUTH, signed_in(name="Rita", roles="reader"))
    page.button(key="sign-out").click().run()
    page.run()
    assert PAGE not in shown(page)
    assert labels(page) == [words.SIGN_IN]


def test_the_claim_can_be_named(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_ROLES_CLAIM", "realm_access.roles")
    assert PAGE in shown(start(AUTH, signed_in(realm_access={"roles": ["viewer"]})))
    assert PAGE not in shown(start(AUTH, signed_in(roles=["viewer"])))


def test_without_a_role_there_is_a_sentence_and_a_way_out(start: Start) -> None:
    page = start(AUTH, signed_in(name="Norma", roles=["Admin", "nurse"]))
    assert PAGE not in shown(page)
    assert words.no_role("Norma", ("viewer", "reader", "admin")) in shown(page)
    assert labels(page) == [words.SIGN_OUT]


def test_a_sign_in_that_is_too_old_is_asked_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_SIGN_IN_HOURS", "2")
    page = start(AUTH, signed_in(name="Rita", roles="admin") | {"iat": time.time() - 3 * 3600})
    assert PAGE not in shown(page)
    assert words.too_old(2) in shown(page)
    assert labels(page) == [words.SIGN_IN]


@pytest.mark.parametrize("anonymous", ["0", "1"])
def test_half_a_set_up_closes_the_pages_without_showing_a_secret(
    start: Start, monkeypatch: pytest.MonkeyPatch, anonymous: str, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CXR_ALLOW_ANONYMOUS", anonymous)
    half = {key: value for key, value in AUTH.items() if key != "client_id"}
    page = start(half, signed_in(roles="admin"))
    assert PAGE not in shown(page)
    assert words.missing_keys(["client_id"], "auth") in shown(page)
    assert HIDDEN not in shown(page) + caplog.text


@pytest.mark.parametrize(
    ("auth", "user", "may"),
    [
        (None, {}, [True, True, True, True]),
        (AUTH, {}, [False, False, False, False]),
        (AUTH, {"is_logged_in": True, "roles": "admin"}, [False, False, False, False]),
        ({"client_id": HIDDEN}, {"roles": "admin"}, [False, False, False, False]),
        (AUTH, signed_in(name="R", roles="reader"), [True, True, False, False]),
    ],
)
def test_a_page_can_ask_what_may_be_done(auth: Any, user: dict[str, Any], may: list[bool]) -> None:
    page = AppTest.from_string(ASKS, default_timeout=START_S)
    if auth is not None:
        page.secrets = {"auth": auth}
    page.user = user
    page.run()
    told = page.json[0].value
    assert not page.exception
    assert [
        f'"{name}": {str(one).lower()}' in told
        for name, one in zip(("may_see", "may_review", "may_export", "may_delete"), may, strict=True)
    ] == [True] * 4
