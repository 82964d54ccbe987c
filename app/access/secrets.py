"""What Streamlit's secrets say of sign-in; half a set-up is refused, and no value is ever shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitSecretNotFoundError

from app.access.addresses import host_of, is_this_machine
from app.access.errors import AccessError
from app.wording import access as words

_SECTION = "auth"
_SHARED = ("redirect_uri", "cookie_secret")
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_OPTIONS = "client_kwargs"
_CALLBACK = "/oauth2callback"
_SHORTEST_SECRET = 32
"""Characters of the secret that signs the cookie: whoever guesses it signs in as anybody."""


@dataclass(frozen=True)
class SignIn:
    """Sign-in as it is set up.

    Attributes:
        providers: the names of the identity providers; "" is the one of the section itself.
    """

    providers: tuple[str, ...]


def sign_in() -> SignIn | None:
    """Read Streamlit's secrets.

    Returns:
        How to sign in; None where sign-in is off, which is to say where the secrets have no section "auth".

    Raises:
        AccessError: if secrets are there and cannot be read, or the section is not whole. Streamlit by itself would
            take unreadable secrets for none, and serve everybody.
    """
    try:
        secrets = st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        if error.error_id != "no-secrets-found":
            # Not the error's own text: that of the TOML reader may quote a line.
            raise AccessError(words.UNREADABLE_SECRETS) from None
        secrets = {}
    except (OSError, ValueError):
        raise AccessError(words.UNREADABLE_SECRETS) from None
    _require_named_files()
    if _SECTION not in secrets:
        return None
    found = checked(secrets[_SECTION])
    _require_libraries()
    if st.get_option("server.trustedUserHeaders"):
        raise AccessError(words.TRUSTED_HEADERS)
    return found


def checked(section: object) -> SignIn:
    """Is a section whole?

    Args:
        section: what the secrets hold under "auth".

    Returns:
        The providers it names.

    Raises:
        AccessError: if something is missing, or cannot be safe. The text names keys and never a value.
    """
    if not isinstance(section, Mapping):
        raise AccessError(words.NOT_A_SECTION)
    named = {key: one for key, one in section.items() if isinstance(one, Mapping) and key != _OPTIONS}
    own = any(key in section for key in _PROVIDER) or not named
    _require_keys(section, (*_SHARED, *(_PROVIDER if own else ())), "auth")
    if len(section["cookie_secret"]) < _SHORTEST_SECRET:
        raise AccessError(words.short_cookie_secret(_SHORTEST_SECRET))
    _require_safe(section["redirect_uri"], "redirect_uri", "auth")
    if not urlsplit(section["redirect_uri"]).path.endswith(_CALLBACK):
        raise AccessError(words.wrong_callback(_CALLBACK))
    for name, provider in {**({"": section} if own else {}), **named}.items():
        where = f"auth.{name}" if name else "auth"
        if "_" in name:
            raise AccessError(words.underscore(name))
        _require_keys(provider, _PROVIDER, where)
        _require_safe(provider["server_metadata_url"], "server_metadata_url", where)
    return SignIn((*([""] if own else []), *named))


def _require_keys(section: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
    missing = [key for key in keys if not (isinstance(given := section.get(key), str) and given.strip())]
    if missing:
        raise AccessError(words.missing_keys(missing, where))


def _require_safe(url: str, key: str, where: str) -> None:
    """Over plain HTTP anybody on the way could read the cookie or stand in for the provider."""
    host = host_of(url)
    if not (url.startswith("https://") and host) and not (url.startswith("http://") and is_this_machine(host)):
        raise AccessError(words.unsafe_url(key, where))


def _require_named_files() -> None:
    """Whoever named a secrets file meant it to be read: its absence must not switch sign-in off."""
    if config.is_manually_set("secrets.files"):
        missing = [name for name in st.get_option("secrets.files") if not Path(name).exists()]
        if missing:
            raise AccessError(words.no_such_secrets(missing))


def _require_libraries() -> None:
    try:
        # Streamlit imports both only when somebody signs in, too late to say so on the page.
        import authlib  # type: ignore[import-untyped]  # noqa: F401
        import httpx2  # noqa: F401
    except ImportError as error:
        raise AccessError(words.missing_library(error.name or "authlib")) from error
