"""An identity provider of the tests on loopback, the app behind its sign-in, and signing in with a browser."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.settings import ROOT
from tests.browser.serving import free_port, running, served

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
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for sub, claims in PEOPLE.items():
        command += ["--user-claims", json.dumps({"sub": sub, **claims})]
    metadata = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
    with running(command, metadata, log, env=dict(os.environ), cwd=ROOT):
        yield metadata


def secrets_file(folder: Path, metadata: str) -> Path:
    """A whole set-up of sign-in with a provider that describes itself at `metadata`."""
    section = {
        "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
        "cookie_secret": COOKIE_SECRET,
        "client_id": "the-tests",
        "client_secret": CLIENT_SECRET,
        "server_metadata_url": metadata,
    }
    file = folder / "secrets.toml"
    file.write_text("[auth]\n" + "".join(f'{key} = "{value}"\n' for key, value in section.items()))
    return file


@contextmanager
def guarded_app(folder: Path) -> Iterator[str]:
    """The app with sign-in, listening to other machines, without a model; yields its address."""
    with ExitStack() as stack:
        metadata = stack.enter_context(provider(folder / "provider.log"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STREAMLIT_SECRETS_FILES", str(secrets_file(folder, metadata)))
            patch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # noqa: S104 - with sign-in it may
            patch.setenv("CXR_ROLES_CLAIM", "realm.roles")
            url = stack.enter_context(served(folder / "server.log", model_dir=folder / "no-model"))
        yield url


def sign_in(page: Page, url: str, who: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=who, exact=True).click()
