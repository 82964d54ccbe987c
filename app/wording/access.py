"""What is said to those who are not let in, and to whoever has to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOSED = "The pages are closed"
CLOSED_WHY = "The server is set up in a way in which it may show nothing."
TO_MEND = "What is wrong, and how to mend it"
HOW_TO = "README, section “Sign-in”, says how."

SIGN_IN = "Sign in"
SIGN_IN_WHY = "The pages are open to those whose account has a role here."
SIGN_IN_HELP = "Leads to the sign-in page of your organisation and back here."
SIGN_OUT = "Sign out"
SIGN_OUT_HELP = "Ends your sign-in in this browser. Close other tabs of this page, too."

NO_ROLE = "No access"

UNREADABLE_SECRETS = (
    "The file of secrets is there and cannot be read, so whether sign-in is on is not known. Expected: a TOML file "
    "that the server may read. Mend or remove it, and start the server again."
)
NOT_A_SECTION = (
    "“auth” in the secrets is not a section; expected [auth] with its keys below it. Mend it, and start the server "
    f"again. {HOW_TO}"
)
TRUSTED_HEADERS = (
    "The option server.trustedUserHeaders is set together with sign-in: a header that anybody can send would take the "
    "place of what the identity provider vouched for. Unset one of them, and start the server again."
)


def sign_in_with(provider: str) -> str:
    """The label of the button that leads to a provider; "" is the only one there is."""
    return f"{SIGN_IN} with {provider.capitalize()}" if provider else SIGN_IN


def signed_in_as(name: str, role: str) -> str:
    """Who is signed in, such as "Dr Amsel · reader"."""
    return f"{name or 'Signed in'} · {role}"


def no_role(name: str, roles: Sequence[str]) -> str:
    """Why somebody who is signed in sees nothing."""
    who = f"You are signed in as {name}, but this" if name else "You are signed in, but your"
    return (
        f"{who} account has none of the roles {', '.join(roles)}. Ask whoever looks after this server for one, then "
        "sign out and in again."
    )


def too_old(hours: float) -> str:
    """Why somebody has to sign in again."""
    return f"A sign-in holds for {hours:g} hour{'' if hours == 1 else 's'}, and yours is older. Sign in again."


def listens_to_others(address: str) -> str:
    """Why nothing is served on an address; "" for all of the machine."""
    where = f"on {address}" if address else "on every address of this machine"
    return (
        f"The server listens {where}, where other machines can reach it, and sign-in is off. {_mend_open_server()} "
        "To keep it to this machine, start it with `make run`, or with `--server.address 127.0.0.1`."
    )


def asked_from_elsewhere(host: str) -> str:
    """Why nothing is served under a name."""
    return (
        f"The browser asked for {host[:100]}, which is not this machine’s own name, and sign-in is off. "
        f"{_mend_open_server()} On the machine itself, open http://localhost with the server’s port."
    )


def _mend_open_server() -> str:
    return (
        f"Set up sign-in ({HOW_TO[:-1]}), or, if everybody who can reach the server may see and delete everything, "
        "start it with CXR_ALLOW_ANONYMOUS=1."
    )


def missing_keys(keys: Sequence[str], section: str) -> str:
    """What a section of the secrets lacks."""
    return (
        f"Sign-in is half set up: [{section}] in the secrets lacks {', '.join(keys)}; expected a text for each. Add "
        f"what is missing, or remove [auth], and start the server again. {HOW_TO}"
    )


def short_cookie_secret(shortest: int) -> str:
    """The secret that signs the cookie could be guessed."""
    return (
        f"Sign-in is half set up: cookie_secret in [auth] is too short; expected at least {shortest} random "
        "characters. Make one with `python -c 'import secrets; print(secrets.token_hex())'`, and start the server "
        "again."
    )


def wrong_callback(path: str) -> str:
    """The provider would send people back to where nobody waits for them."""
    return (
        f"Sign-in is half set up: redirect_uri in [auth] does not end with {path}; expected the address of this page "
        f"followed by it. Mend it, there and at the identity provider, and start the server again."
    )


def unsafe_url(key: str, section: str) -> str:
    """An address that would be used without encryption."""
    return (
        f"Sign-in is half set up: {key} in [{section}] is not safe; expected an address that begins with https://, or "
        "with http:// on this machine. Mend it, and start the server again."
    )


def underscore(provider: str) -> str:
    """A name that Streamlit cannot use."""
    return (
        f"Sign-in is half set up: [auth.{provider}] in the secrets has an underscore in its name; expected a name "
        "without. Rename it, and start the server again."
    )


def no_such_secrets(files: Sequence[str]) -> str:
    """Files that were named and are not there."""
    return (
        f"The server was told to read its secrets from {', '.join(files)}; expected a file or folder there. Put it "
        "there, or no longer name it, and start the server again."
    )


def missing_library(name: str) -> str:
    """A package that sign-in needs."""
    return (
        f"Sign-in is set up, but the package {name} is missing. Install requirements.txt, and start the server again."
    )
