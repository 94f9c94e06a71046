"""Who is at the other end of a Unix socket."""

from __future__ import annotations

from collections import namedtuple

from .base import Deadlines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class _Credentials(NamedTuple):
        pid: int | None
        uid: int
        gid: int

else:
    _Credentials = namedtuple("Credentials", ("pid", "uid", "gid"))

__all__ = ["Credentials", "PeerCredentials"]


class Credentials(_Credentials):
    """A process, its user and its group, as numbers: `Credentials(pid, uid, gid)`.

    `pid` is None where the system does not tell it, and 0 for a process that this one cannot see (of another
    PID namespace).
    """

    __slots__ = ()


class PeerCredentials(Deadlines):
    """A Unix socket."""

    def peer_credentials(self) -> Credentials:
        """Who the peer was when it connected; on the dialing side, when it began to listen (SO_PEERCRED,
        unix(7)).

        Raises `OpError` of op `get`: `ClosedError`, ENOTCONN for a `unixgram` socket, which has no such
        peer, EOPNOTSUPP where the system does not tell.
        """
        from ..system.credentials import peer_credentials

        return Credentials(*self._control("get", "getsockopt", lambda: peer_credentials(self._fd.sock)))
