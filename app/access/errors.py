"""Why nobody is let in."""

from __future__ import annotations

from model.errors import ChestXrayError


class AccessError(ChestXrayError):
    """The server is set up in a way in which no page may be shown; the text says how to mend it, and no secret."""
