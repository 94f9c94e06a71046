"""TLS, for tasks: connections and listeners with the same interface.

::

    from dialnet.aio import tls

    async with tls.dial("tcp", "www.example.com:443", timeout=10) as conn:
        await conn.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
        print(await conn.read())

See `dialnet.tls`.
"""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import Any, Protocol

from ..poll.signal import CancelToken
from ..poll.tasks import current_poller
from ..secure.checks import check_conn, check_dialed, check_listener
from ..secure.context import check_listening, check_server_context, client_context
from ..secure.dialing import Dialing
from ..secure.end import client_engine, server_engine
from ..secure.errors import BrokenRecordError, RecordHeaderError, UnexpectedEOFError
from ..secure.sessions import SessionCache
from ..secure.state import ConnectionState
from .conn import Conn as AnyConn
from .dial import Dialer
from .listen import ListenConfig
from .listener import Listener as AnyListener
from .opening import Opening
from .secure import SecureConn as Conn
from .secure import SecureListener as Listener

__all__ = [
    "BrokenRecordError",
    "Conn",
    "ConnectionState",
    "Listener",
    "RecordHeaderError",
    "SessionCache",
    "UnexpectedEOFError",
    "client",
    "dial",
    "listen",
    "new_listener",
    "server",
]


class AnyDialer(Protocol):
    """A `Dialer`, a dialer of `dialnet.aio.proxy`, or any other object with their `dial`."""

    def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Any: ...


def dial(
    network: str,
    address: str,
    context: ssl.SSLContext | None = None,
    *,
    server_name: str | None = None,
    timeout: float | timedelta | None = None,
    dialer: AnyDialer | None = None,
    sessions: SessionCache | None = None,
    cancel: CancelToken | None = None,
) -> Opening[Conn]:
    """Connect to `address`, complete the handshake, and have the peer verified.

    Args:
        network: `tcp`, `tcp4`, `tcp6` or `unix`.
        address: as `Dialer.dial` takes it.
        context: what to ask for and what to verify; None verifies the name and the chain against the system's
            trust.
        server_name: the name that is asked for (SNI) and verified; None is the host in `address`. An IP
            address is verified as one, and not asked for.
        timeout: seconds (or a `timedelta`) for all of it: lookup, connecting, handshake.
        dialer: what connects, with its own options, time limits and trace among them.
        sessions: where sessions are kept, so that a later handshake is shorter. One is used up only by a
            handshake that has begun.
        cancel: ends it from elsewhere.

    Raises `OpError` of op `dial` as `Dialer.dial` does and for a `server_name` that is no name (`DNSError`),
    of op `handshake` as `Conn.handshake`; `ValueError` where there is no name to verify, or for a context of
    a server's; `TypeError` for what is no context or no cache, and where `dialer` gives no connection of
    bytes.
    """

    async def work() -> Conn:
        chosen = client_context(context)
        plan = Dialing(
            network,
            address,
            chosen,
            server_name,
            timeout,
            dialer or Dialer(),
            sessions,
            Dialer,
            current_poller(),
        )
        below = await plan.dialer.dial(network, address, cancel=cancel)
        check_dialed(below, AnyConn)
        with plan.handshake(below, cancel) as shaking:
            conn = Conn(below, plan.engine, sessions)
            shaking.begin(conn)
            await conn.handshake()
        return conn

    return Opening(work())


def listen(
    network: str, address: str, context: ssl.SSLContext, *, config: ListenConfig | None = None
) -> Opening[Listener]:
    """Listen on `address`, as `config.listen` does, for TLS connections; see `new_listener`.

    Raises `OpError` as `ListenConfig.listen`; `ValueError` and `TypeError` as `new_listener`.
    """

    async def work() -> Listener:
        check_listening(network, context)
        return Listener(await (config or ListenConfig()).listen(network, address), context)

    return Opening(work())


def client(
    conn: AnyConn,
    context: ssl.SSLContext | None = None,
    server_name: str | None = None,
    *,
    sessions: SessionCache | None = None,
) -> Conn:
    """The client's end of a TLS connection over `conn`, which may have been used before (STARTTLS). It owns
    `conn` from now on. Never waits: the handshake is made by the first call that needs it.

    Args:
        context: as for `dial`.
        server_name: the name that is asked for and verified.
        sessions: as for `dial`.

    Raises `ValueError` where there is no name to verify, or for a context of a server's; `DNSError` for a
    name that cannot be one; `TypeError` for what is no context, no cache or no connection of bytes, and for
    one of the other face. `conn` is the caller's then, as it was.
    """
    check_conn(conn, AnyConn)
    engine = client_engine(client_context(context), server_name, conn, sessions)
    return Conn(conn, engine, sessions)


def server(conn: AnyConn, context: ssl.SSLContext) -> Conn:
    """The server's end of a TLS connection over `conn`, as `client` is the client's.

    Raises `ValueError` for a context of a client's; `TypeError` as `client`.
    """
    check_conn(conn, AnyConn)
    return Conn(conn, server_engine(check_server_context(context)))


def new_listener(listener: AnyListener, context: ssl.SSLContext) -> Listener:
    """A listener whose connections are TLS over those of `listener`, which it owns.

    `accept` returns as soon as there is a connection; its handshake is made by the first call that needs it,
    so a peer that stalls in it holds up nobody else.

    Raises `ValueError` for a context of a client's; `TypeError` for what is none, and for what is no listener
    or one of the other face.
    """
    check_listener(listener, AnyListener)
    return Listener(listener, check_server_context(context))
