"""Who may see and do what: sign-in through an OpenID Connect provider, roles, and refusal where neither holds.

`app.main` calls `guard` before any page. A page asks `current_access` what its reader may do, and asks again where the
deed is done: a callback and a fragment run without `app.main`. What runs outside any session, such as a download made
when it is clicked, asks by `access_later`.
"""

from __future__ import annotations

from app.access.guard import access_later, current_access, guard
from app.access.roles import ANYONE, NOBODY, ROLES, Access

__all__ = ["ANYONE", "NOBODY", "ROLES", "Access", "access_later", "current_access", "guard"]
