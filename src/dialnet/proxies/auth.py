"""Who we are to a proxy."""

from __future__ import annotations

__all__ = ["checked"]


def checked(auth: object) -> tuple[str, str]:
    """User name and password. Raises `TypeError` for anything else, without showing it."""
    if isinstance(auth, (tuple, list)) and len(auth) == 2:
        user, password = auth
        if isinstance(user, str) and isinstance(password, str):
            return user, password
    raise TypeError("auth is a user name and a password, both str")
