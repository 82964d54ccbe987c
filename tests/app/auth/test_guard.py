"""The guard before the pages, driven through Streamlit's AppTest with made users and secrets."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.auth.users import ANYONE, NOBODY, ROLES, User
from app.settings import ROOT
from tests.app.auth.whole import AUTH, HIDDEN, PROVIDER, SHARED
from tests.app.driving import START_S, press, ran, words

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is refused

Start = Callable[..., AppTest]

ASKS = """
import streamlit as st
from app.auth.guard import current_user
st.json(vars(current_user()))
"""


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    """Starts the app as a user would find it; without a model, which nothing here asks for."""
    real = st.get_option

    def begin(
        auth: object = None, user: object = None, *, listens_on: str | None = "127.0.0.1", **environment: str
    ) -> AppTest:
        for name, value in {"CXR_MODEL_DIR": str(tmp_path), **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(st, "get_option", lambda key: listens_on if key == "server.address" else real(key))
        page = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=START_S)
        return visit(page, auth, user)

    return begin


def visit(page: AppTest, auth: object, user: object) -> AppTest:
    """Run a page with a section "auth" in the secrets, and with what the identity provider said of the user."""
    if auth is not None:
        page.secrets = {"auth": auth}
    page.user = user or {}
    return ran(page)


def signed_in(**claims: object) -> dict[str, Any]:
    return {"is_logged_in": True, "iat": int(time.time()), **claims}


def shown(page: AppTest) -> str:
    return "\n".join([words(page), *(element.value for element in page.text)])


def is_open(page: AppTest) -> bool:
    """Whether the first page is shown."""
    return "Is there pneumonia" in shown(page)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


@pytest.mark.parametrize("address", [EVERYWHERE, "192.168.1.2", "", None])
def test_elsewhere_nothing_is_shown_without_sign_in(
    start: Start, address: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="app.auth"):
        page = start(listens_on=address).run()
    text = shown(page)
    assert "sign-in is off" in text
    assert (address or "every address") in text
    assert (is_open(page), labels(page), len(page.file_uploader)) == (False, [], 0)
    assert [record.name for record in caplog.records] == ["app.auth.guard"], "Told once a session."


@pytest.mark.parametrize(
    ("address", "value", "opens"),
    [("127.0.0.1", "0", True), (EVERYWHERE, "1", True), (EVERYWHERE, "0", False), (EVERYWHERE, "maybe", False)],
)
def test_nobody_is_asked_on_this_machine_or_where_told_so(start: Start, address: str, value: str, opens: bool) -> None:
    page = start(listens_on=address, CXR_ALLOW_ANONYMOUS=value)
    assert is_open(page) == opens
    assert not {"Sign in", "Sign out"} & set(labels(page))


def test_a_mistake_in_another_setting_lets_nobody_else_in_and_locks_nobody_out(start: Start) -> None:
    assert "'nonsense'" in shown(start(CXR_OPERATING_POINT="nonsense"))
    assert not is_open(start(AUTH, CXR_OPERATING_POINT="nonsense"))


OLD = {"iat": time.time() - 3 * 3600}


@pytest.mark.parametrize("anonymous", ["0", "1"])
@pytest.mark.parametrize(
    ("user", "label", "said"),
    [
        ({}, "Sign in", ""),
        ({"is_logged_in": False}, "Sign in", ""),
        ({"is_logged_in": "True", "roles": "admin", "iat": time.time()}, "Sign in", ""),
        (signed_in(name="Rita", roles="admin") | OLD, "Sign in", "2 hours"),
        (signed_in(name="Norma", roles=["Admin", "nurse"]), "Sign out", r"Norma.*viewer, reader, admin"),
    ],
)
def test_who_may_not_see_the_pages_sees_the_way_in_or_out_and_nothing_else(
    start: Start, user: dict[str, Any], label: str, said: str, anonymous: str
) -> None:
    page = start(AUTH, user, CXR_ALLOW_ANONYMOUS=anonymous, CXR_SIGN_IN_HOURS="2")
    assert (is_open(page), labels(page)) == (False, [label])
    assert re.search(said, shown(page))


def test_each_provider_has_a_button(start: Start) -> None:
    page = start(SHARED | {"clinic": PROVIDER, "school": PROVIDER})
    assert labels(page) == ["Sign in with Clinic", "Sign in with School"]


@pytest.mark.parametrize("role", ["viewer", "reader", "admin"])
def test_with_a_role_the_pages_are_shown_under_the_name_until_signing_out(start: Start, role: str) -> None:
    page = start(AUTH, signed_in(name="Rita <b>", roles=[role]))
    assert is_open(page)
    assert f"Rita <b> · {role}" in shown(page)
    press(page, "sign-out")
    assert (is_open(ran(page)), labels(page)) == (False, ["Sign in"])


def test_the_claim_can_be_named(start: Start) -> None:
    for claims, opens in (({"realm_access": {"roles": ["viewer"]}}, True), ({"roles": ["viewer"]}, False)):
        assert is_open(start(AUTH, signed_in(**claims), CXR_ROLES_CLAIM="realm_access.roles")) == opens


@pytest.mark.parametrize("anonymous", ["0", "1"])
def test_half_a_set_up_closes_the_pages_without_showing_a_secret(
    start: Start, anonymous: str, caplog: pytest.LogCaptureFixture
) -> None:
    half = {key: value for key, value in AUTH.items() if key != "client_id"}
    page = start(half, signed_in(roles="admin"), CXR_ALLOW_ANONYMOUS=anonymous)
    assert not is_open(page)
    assert "lacks client_id" in shown(page)
    assert HIDDEN not in shown(page) + caplog.text


@pytest.mark.parametrize(
    ("auth", "user", "expected"),
    [
        (None, {}, ANYONE),
        (AUTH, {}, NOBODY),
        (AUTH, {"is_logged_in": True, "roles": "admin"}, NOBODY),
        ({"client_id": HIDDEN}, {"roles": "admin"}, NOBODY),
        (AUTH, signed_in(name="R", roles="reader"), ROLES["reader"]),
    ],
)
def test_a_page_can_ask_who_reads_it(auth: object, user: dict[str, Any], expected: User) -> None:
    told = json.loads(visit(AppTest.from_string(ASKS, default_timeout=START_S), auth, user).json[0].value)
    rights = [key for key in told if key.startswith("may_")]
    assert len(rights) == 5
    assert {key: told[key] for key in rights} == {key: getattr(expected, key) for key in rights}


def test_no_folder_beside_the_entry_point_is_called_pages() -> None:
    """Streamlit would serve each file in it, guard or no guard, and tell the first visitor that no page is there."""
    assert not (ROOT / "app" / "pages").exists()
