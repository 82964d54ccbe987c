"""An identity provider of the tests on loopback, the app behind its sign-in, and signing in with a browser."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.serving import served

PAINT_MS = 20_000
COOKIE_SECRET = secrets.token_hex()
CLIENT_SECRET = secrets.token_hex()
PEOPLE: dict[str, dict[str, object]] = {
    "vera": {"name": "Vera Viewer", "realm": {"roles": ["viewer", "hospital-staff"]}},
    "rita": {"name": "Rita Reader", "realm": {"roles": "reader"}},
    "ada": {"name": "Ada ![x](http://example.invalid/x.png)", "realm": {"roles": ["viewer", "admin"]}},
    "norma": {"name": "Norma Nobody", "realm": {"roles": ["Administrator"]}, "roles": "admin"},
}


@contextmanager
def provider(log: Path) -> Iterator[str]:
    """An identity provider with `PEOPLE`, in a process of its own; yields where it describes itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for sub, claims in PEOPLE.items():
        command += ["--user-claims", json.dumps({"sub": sub, **claims})]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}/.well-known/openid-configuration"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "The identity provider ended; see its log in the test's folder."
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("The identity provider did not answer within 30 s.")


@contextmanager
def guarded_app(folder: Path) -> Iterator[str]:
    """The app with sign-in, listening to other machines, without a model; yields its address."""
    with ExitStack() as stack:
        metadata = stack.enter_context(provider(folder / "provider.log"))
        file = folder / "secrets.toml"
        section = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": COOKIE_SECRET,
            "client_id": "the-tests",
            "client_secret": CLIENT_SECRET,
            "server_metadata_url": metadata,
        }
        file.write_text("[auth]\n" + "".join(f'{key} = "{value}"\n' for key, value in section.items()))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STREAMLIT_SECRETS_FILES", str(file))
            patch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # noqa: S104 - with sign-in it may
            patch.setenv("CXR_ROLES_CLAIM", "realm.roles")
            url = stack.enter_context(served(folder / "server.log", model_dir=folder / "no-model"))
        yield url


def sign_in(page: Page, url: str, who: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Sign in").click(timeout=PAINT_MS)
    page.get_by_role("button", name=who, exact=True).click(timeout=PAINT_MS)
