"""The guard before the pages, driven through Streamlit's AppTest with made users and secrets."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.auth.users import ANYONE, NOBODY, ROLES
from app.settings import ROOT
from tests.app.auth.whole import AUTH, HIDDEN, PROVIDER, SHARED
from tests.app.driving import START_S

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is refused
NOW = time.time()
PAGE = "Is there pneumonia on this chest radiograph?"

Start = Callable[..., AppTest]

ASKS = """
import streamlit as st
from app.auth.guard import current_user
st.json(vars(current_user()))
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
    own = [element.body for element in page.html if "<style" not in element.body]
    elements = [*page.title, *page.header, *page.subheader, *page.caption, *page.text, *page.markdown, *page.error]
    return "\n".join(own + [element.value for element in elements])


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_on_this_machine_nobody_is_asked(start: Start) -> None:
    page = start()
    assert PAGE in shown(page)
    assert not {"Sign in", "Sign out"} & set(labels(page))


@pytest.mark.parametrize("address", [EVERYWHERE, "192.168.1.2", "", None])
def test_elsewhere_nothing_is_shown_without_sign_in(
    start: Start, listens_on: Callable[[str | None], None], address: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    listens_on(address)
    with caplog.at_level(logging.ERROR, logger="app.auth"):
        page = start().run()
    text = shown(page)
    assert PAGE not in text
    assert "sign-in is off" in text
    assert (address or "every address") in text
    assert labels(page) == []
    assert not page.file_uploader
    assert [record.name for record in caplog.records] == ["app.auth.guard"], "Told once a session."


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
    assert "'nonsense'" in shown(start())
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
    assert labels(page) == ["Sign in"]


def test_each_provider_has_a_button(start: Start) -> None:
    assert labels(start(SHARED | {"clinic": PROVIDER, "school": PROVIDER})) == [
        "Sign in with Clinic",
        "Sign in with School",
    ]


@pytest.mark.parametrize("role", ["viewer", "reader", "admin"])
def test_with_a_role_the_pages_are_shown_under_the_name(start: Start, role: str) -> None:
    page = start(AUTH, signed_in(name="Rita <b>", roles=[role]))
    assert PAGE in shown(page)
    assert f"Rita <b> · {role}" in shown(page)
    assert "Sign out" in labels(page)


def test_signing_out_closes_the_pages(start: Start) -> None:
    page = start(AUTH, signed_in(name="Rita", roles="reader"))
    page.button(key="sign-out").click().run()
    page.run()
    assert PAGE not in shown(page)
    assert labels(page) == ["Sign in"]


def test_the_claim_can_be_named(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_ROLES_CLAIM", "realm_access.roles")
    assert PAGE in shown(start(AUTH, signed_in(realm_access={"roles": ["viewer"]})))
    assert PAGE not in shown(start(AUTH, signed_in(roles=["viewer"])))


def test_without_a_role_users_see_a_message_and_a_sign_out_button(start: Start) -> None:
    page = start(AUTH, signed_in(name="Norma", roles=["Admin", "nurse"]))
    assert PAGE not in shown(page)
    assert "Norma" in shown(page)
    assert "viewer, reader, admin" in shown(page)
    assert labels(page) == ["Sign out"]


def test_a_sign_in_that_is_too_old_is_asked_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_SIGN_IN_HOURS", "2")
    page = start(AUTH, signed_in(name="Rita", roles="admin") | {"iat": time.time() - 3 * 3600})
    assert PAGE not in shown(page)
    assert "older than 2 hours" in shown(page)
    assert labels(page) == ["Sign in"]


@pytest.mark.parametrize("anonymous", ["0", "1"])
def test_half_a_set_up_closes_the_pages_without_showing_a_secret(
    start: Start, monkeypatch: pytest.MonkeyPatch, anonymous: str, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CXR_ALLOW_ANONYMOUS", anonymous)
    half = {key: value for key, value in AUTH.items() if key != "client_id"}
    page = start(half, signed_in(roles="admin"))
    assert PAGE not in shown(page)
    assert "lacks client_id" in shown(page)
    assert HIDDEN not in shown(page) + caplog.text


@pytest.mark.parametrize(
    ("auth", "user", "role"),
    [
        (None, {}, "anyone"),
        (AUTH, {}, ""),
        (AUTH, {"is_logged_in": True, "roles": "admin"}, ""),
        ({"client_id": HIDDEN}, {"roles": "admin"}, ""),
        (AUTH, signed_in(name="R", roles="reader"), "reader"),
    ],
)
def test_a_page_can_ask_who_reads_it(auth: Any, user: dict[str, Any], role: str) -> None:
    page = AppTest.from_string(ASKS, default_timeout=START_S)
    if auth is not None:
        page.secrets = {"auth": auth}
    page.user = user
    page.run()
    assert not page.exception
    expected = ANYONE if role == "anyone" else ROLES.get(role, NOBODY)
    told = json.loads(page.json[0].value)
    assert {key: told[key] for key in told if key.startswith("may_")} == {
        key: value for key, value in vars(expected).items() if key.startswith("may_")
    }


def test_no_folder_beside_the_entry_point_is_called_pages() -> None:
    """Streamlit would serve each file in it, guard or no guard, and tell the first visitor that no page is there."""
    assert not (ROOT / "app" / "pages").exists()
