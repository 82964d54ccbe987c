"""Is an address this machine's own, and may the pages be served there without sign-in?"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from app.access.errors import AccessError
from app.wording import access as words


def is_this_machine(host: str) -> bool:
    """Whether only this machine itself is reached at an address.

    Args:
        host: an IP address or a host's name, without port. Other names than localhost are not looked up: what they
            mean can change.
    """
    host = host.strip().lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host that an address names.

    Args:
        url: an address with scheme, or "//" and what a browser sends as Host.

    Returns:
        The host without port, user and brackets; "" if there is none or the address is malformed.
    """
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def require_this_machine(bound: str | None, asked: str | None) -> None:
    """Refuse to serve without sign-in what other machines can reach.

    Args:
        bound: where the server listens; None or "" for every address of the machine.
        asked: the Host that the browser asked for; None if it is not known. A page elsewhere that had its own name
            point here, and a proxy that passes the name on, are told by it.

    Raises:
        AccessError: if the server listens to other machines, or was asked for under a name of another.
    """
    if not is_this_machine(bound or ""):
        raise AccessError(words.listens_to_others(bound or ""))
    if asked is not None and not is_this_machine(host_of(f"//{asked}")):
        raise AccessError(words.asked_from_elsewhere(asked))
