"""Sign-in in a real Chromium, with an identity provider of the tests on loopback; and refusal without sign-in."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from app.settings import ASSETS
from tests.browser.serving import served
from tests.browser.signing_in import CLIENT_SECRET, COOKIE_SECRET, guarded_app, sign_in
from tests.browser.walking import chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ELSEWHERE = "elsewhere.example"
"""A name that the tests' browser takes for this machine's, as when somebody's own name was made to point here."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for which `ELSEWHERE` is this machine."""
    with chromium(f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1") as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that nobody signed in from yet, which notes errors and requests to other hosts."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: set[str] = set()
    # The tests' identity provider asks for a style sheet from elsewhere; the app asks for nothing.
    context.route(re.compile("/pico.min.css$"), lambda route: route.abort())
    page.on("request", lambda request: asked.add(request.url))
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.endswith("/pico.min.css")}
    assert hosts - {None} <= {"127.0.0.1", "localhost", ELSEWHERE}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers of this file write."""
    return tmp_path_factory.mktemp("sign-in")


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[str]:
    """The app with sign-in, listening to other machines, without a model: who sees which page is all that is asked."""
    with guarded_app(folder) as url:
        yield url


def shows_no_page(page: Page) -> None:
    expect(page.get_by_role("link", name="Performance")).to_have_count(0)
    expect(page.locator("input[type=file]")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/performance", "/predict", "/no-such-page"])
def test_a_stranger_reaches_no_page_by_any_address(page: Page, guarded: str, path: str) -> None:
    page.goto(guarded + path)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(1)
    shows_no_page(page)


@pytest.mark.parametrize(("who", "shown"), [("vera", "Vera Viewer · viewer"), ("rita", "Rita Reader · reader")])
def test_who_has_a_role_sees_the_pages_until_signing_out(page: Page, guarded: str, who: str, shown: str) -> None:
    sign_in(page, guarded, who)
    expect(page.get_by_text(shown)).to_be_visible()
    expect(page.get_by_role("link", name="Performance")).to_be_visible()
    page.goto(f"{guarded}/performance")
    expect(page).to_have_title(re.compile("^Performance"))
    expect(page.get_by_text(shown)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    # The provider ends its own sign-in, too.
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{guarded}/performance")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    shows_no_page(page)


def test_a_name_is_text_and_nothing_else(page: Page, guarded: str) -> None:
    sign_in(page, guarded, "ada")
    expect(page.get_by_text("Ada ![x](http://example.invalid/x.png) · admin")).to_be_visible()


def test_users_without_a_role_see_a_message_and_a_sign_out_button(page: Page, guarded: str) -> None:
    sign_in(page, guarded, "norma")
    expect(page.get_by_text(re.compile("Norma Nobody.*none of the roles"))).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    for path in ("/performance", "/worklist"):
        shows_no_page(page)
        page.goto(guarded + path)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    shows_no_page(page)


def test_there_is_no_chrome_of_streamlit_and_the_icon_is_ours(page: Page, guarded: str) -> None:
    sign_in(page, guarded, "vera")
    expect(page.get_by_text("Vera Viewer · viewer")).to_be_visible()
    for chrome in ("stAppDeployButton", "stMainMenu", "stStatusWidget"):
        expect(page.get_by_test_id(chrome)).to_have_count(0)
    icon = page.locator("link[rel='shortcut icon']").get_attribute("href")
    assert base64.b64decode(str(icon).removeprefix("data:image/svg+xml;base64,")) == (ASSETS / "mark.svg").read_bytes()


def test_a_cookie_that_was_not_signed_here_opens_nothing(page: Page, guarded: str) -> None:
    page.context.add_cookies(
        [{"name": "_streamlit_user", "value": json.dumps({"is_logged_in": True, "realm": "x"}), "url": guarded}]
    )
    page.goto(guarded)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    shows_no_page(page)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/media/0123456789abcdef0123456789abcdef.png", 404),
        ("PUT", "/_stcore/upload_file/0123/4567", 403),
        ("POST", "/_stcore/agent/interact", 403),
    ],
)
def test_the_servers_own_endpoints_give_a_stranger_nothing(guarded: str, method: str, path: str, status: int) -> None:
    with closing(http.client.HTTPConnection(urlsplit(guarded).netloc, timeout=10)) as connection:
        connection.request(method, path, body=b"{}" if method != "GET" else None)
        assert connection.getresponse().status == status


def test_the_log_holds_no_name_claim_or_secret(page: Page, guarded: str, folder: Path) -> None:
    sign_in(page, guarded, "rita")
    expect(page.get_by_text("Rita Reader · reader")).to_be_visible()
    log = (folder / "server.log").read_text(encoding="utf-8")
    for hidden in ("Rita", "Vera", "Norma", "realm", "hospital-staff", COOKIE_SECRET, CLIENT_SECRET, "eyJ"):
        assert hidden not in log


@pytest.mark.parametrize("path", ["/", "/performance"])
def test_without_sign_in_nothing_is_shown_to_other_machines(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # noqa: S104 - that is what is refused
    monkeypatch.delenv("CXR_ALLOW_ANONYMOUS", raising=False)
    with served(tmp_path / "server.log", model_dir=tmp_path) as url:
        page.goto(url + path)
        expect(page.get_by_text("The server listens on 0.0.0.0")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        shows_no_page(page)
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert log.count("No page is shown.") == 1
    assert "external" not in log.lower(), "Streamlit asked a host outside for this machine's address."


def test_without_sign_in_nothing_is_shown_under_another_machines_name(page: Page, tmp_path: Path) -> None:
    with served(tmp_path / "server.log", model_dir=tmp_path) as url:
        page.goto(url)
        expect(page.get_by_role("link", name="Performance")).to_be_visible()
        page.goto(url.replace("127.0.0.1", ELSEWHERE))
        expect(page.get_by_text(f"The browser asked for {ELSEWHERE}")).to_be_visible()
        shows_no_page(page)
