"""Is the server set up so that it may show anything? Half a set-up is refused, and no secret is ever shown."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitSecretNotFoundError

from model.errors import ChestXrayError

_SHARED = ("redirect_uri", "cookie_secret")
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_CALLBACK = "/oauth2callback"
_SHORTEST_SECRET = 32
"""Characters: a secret that can be guessed lets an attacker sign in as anyone."""

_HALF = "Sign-in is not fully set up:"
_RESTART = "Correct it, then restart the server."
_GUIDE = "The deployment guide, section “Sign-in”, explains how."
_OPEN = (
    "Set up sign-in (see the deployment guide); or set CXR_ALLOW_ANONYMOUS=1 if everybody who can reach the server may "
    "see and delete everything."
)
_UNREADABLE = (
    "The secrets file exists but cannot be read, so it is not known whether sign-in is on. Expected a TOML file that "
    "the server may read. Correct or remove it, then restart the server."
)


class AccessError(ChestXrayError):
    """The server may show no page as it is set up; the message says how to mend it, and no secret."""


@dataclass(frozen=True)
class SignIn:
    """Names of the identity providers; "" is the one of the section itself."""

    providers: tuple[str, ...]


def sign_in() -> SignIn | None:
    """How to sign in, from Streamlit's secrets; None where they have no section "auth": sign-in is off.

    Raises:
        AccessError: if the secrets cannot be read or the section is not complete. Streamlit by itself would take
            unreadable secrets for none, and serve everybody.
    """
    try:
        secrets = st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        if error.error_id != "no-secrets-found":
            # Without the error's own text: the TOML reader may quote a line.
            raise AccessError(_UNREADABLE) from None
        secrets = {}
    except (OSError, ValueError):
        raise AccessError(_UNREADABLE) from None
    _require_named_files()
    if "auth" not in secrets:
        return None
    found = checked(secrets["auth"])
    _require_libraries()
    if st.get_option("server.trustedUserHeaders"):
        raise AccessError(
            "server.trustedUserHeaders is set together with sign-in: anybody could send such a header in place of what "
            "the identity provider vouched for. Unset one of them, then restart the server."
        )
    return found


def checked(section: object) -> SignIn:
    """Check the section "auth" of the secrets.

    Raises:
        AccessError: if something is missing or not safe. The message names keys and never a value.
    """
    if not isinstance(section, Mapping):
        raise AccessError(f"“auth” in the secrets is not a section; expected [auth] with its keys below it. {_GUIDE}")
    named = {key: part for key, part in section.items() if isinstance(part, Mapping) and key != "client_kwargs"}
    own = any(key in section for key in _PROVIDER) or not named
    _require_keys(section, (*_SHARED, *(_PROVIDER if own else ())), "auth")
    if len(section["cookie_secret"]) < _SHORTEST_SECRET:
        raise AccessError(
            f"{_HALF} cookie_secret in [auth] is too short; expected at least {_SHORTEST_SECRET} random characters. "
            "Make one with `python -c 'import secrets; print(secrets.token_hex())'`, then restart the server."
        )
    _require_safe(section["redirect_uri"], "redirect_uri", "auth")
    if not urlsplit(section["redirect_uri"]).path.endswith(_CALLBACK):
        raise AccessError(
            f"{_HALF} redirect_uri in [auth] does not end with {_CALLBACK}; expected this page's address followed by "
            "it. Correct it here and at the identity provider, then restart the server."
        )
    for name, provider in {**({"": section} if own else {}), **named}.items():
        where = f"auth.{name}" if name else "auth"
        if "_" in name:
            raise AccessError(f"{_HALF} the name of [{where}] has an underscore; expected one without. {_RESTART}")
        _require_keys(provider, _PROVIDER, where)
        _require_safe(provider["server_metadata_url"], "server_metadata_url", where)
    return SignIn((*([""] if own else []), *named))


def _require_keys(section: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
    missing = [key for key in keys if not (isinstance(given := section.get(key), str) and given.strip())]
    if missing:
        raise AccessError(
            f"{_HALF} [{where}] in the secrets lacks {', '.join(missing)}; expected a text for each. Add what is "
            f"missing or remove [auth], then restart the server. {_GUIDE}"
        )


def _require_safe(url: str, key: str, where: str) -> None:
    """Over plain HTTP, anybody on the way could read the cookie or stand in for the provider."""
    host = host_of(url)
    if not (url.startswith("https://") and host) and not (url.startswith("http://") and is_this_machine(host)):
        raise AccessError(
            f"{_HALF} {key} in [{where}] is not safe; expected an address that begins with https://, or with http:// "
            f"on this machine. {_RESTART}"
        )


def _require_named_files() -> None:
    """Whoever named a secrets file meant it to be read: its absence must not turn sign-in off."""
    if config.is_manually_set("secrets.files"):
        missing = [name for name in st.get_option("secrets.files") if not Path(name).exists()]
        if missing:
            raise AccessError(
                f"The server was told to read its secrets from {', '.join(missing)}; expected a file or folder there. "
                "Put it there or drop the option, then restart the server."
            )


def _require_libraries() -> None:
    try:
        # Streamlit imports both only when somebody signs in: too late to say so on the page.
        import authlib  # type: ignore[import-untyped]  # noqa: F401
        import httpx2  # noqa: F401
    except ImportError as error:
        raise AccessError(
            f"Sign-in is set up, but the package {error.name or 'authlib'} is missing. Install requirements.txt, then "
            "restart the server."
        ) from error


def require_this_machine(bound: str | None, asked: str | None) -> None:
    """Refuse to serve other machines without sign-in.

    Args:
        bound: address that the server listens on; None or "" for every address of the machine.
        asked: Host that the browser asked for, None if unknown. It reveals a proxy that passes the name on, and
            another site whose name was made to point here.

    Raises:
        AccessError: if other machines can reach the server, or it was asked for under another machine's name.
    """
    if not is_this_machine(bound or ""):
        where = f"on {bound}" if bound else "on every address of this machine"
        raise AccessError(
            f"The server listens {where}, where other machines can reach it, and sign-in is off. {_OPEN} To keep it to "
            "this machine, start it with `make run` or `--server.address 127.0.0.1`."
        )
    if asked is not None and not is_this_machine(host_of(f"//{asked}")):
        raise AccessError(
            f"The browser asked for {asked[:100]}, which is not a name of this machine, and sign-in is off. {_OPEN} On "
            "this machine, open http://localhost with the server's port."
        )


def is_this_machine(host: str) -> bool:
    """Whether an IP address or host name, without port, reaches this machine only.

    Names other than localhost are not looked up: their meaning can change.
    """
    host = host.strip().lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host of an address, without port, user and brackets; "" if there is none or the address is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
