"""Dialing through proxies, for tasks: SOCKS5 and HTTP CONNECT.

from dialnet.aio import proxy

dialer = proxy.socks5("127.0.0.1:1080", forward=net.Dialer(timeout=5))
conn = await dialer.dial("tcp", "www.example.com:80")
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast

from ..errors import OpError
from ..poll.signal import CancelToken
from ..poll.task_host import drive
from ..proxies.dialers import PerHost, ProxyOptions
from ..proxies.environment import named
from ..proxies.handshake import Handshake, described
from ..proxies.http_connect import HTTPConnect
from ..proxies.socks5 import SOCKS5
from ..proxies.target import target
from .conn import Conn
from .dial import Dialer
from .opening import Opening

if TYPE_CHECKING:
    from ..proxies.dialers import Proxy

__all__ = ["ProxyDialer", "from_environment", "http_connect", "socks5"]


class AnyDialer(Protocol):
    """A `Dialer`, a dialer of this module, or any other object with their `dial`."""

    def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Awaitable[Conn]: ...


class ProxyDialer(ProxyOptions):
    """A dialer whose connections go through a proxy; `socks5` and `http_connect` make them."""

    __slots__ = ()

    def __init__(self, proxy: Proxy, forward: AnyDialer | None) -> None:
        super().__init__(proxy, Dialer() if forward is None else forward, Dialer, ProxyDialer)

    def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Opening[Conn]:
        """Connect to `address` by way of the proxy.

        Args:
            network: `tcp`, `tcp4` or `tcp6`. Of a name the proxy chooses the address, of either family.
            address: `host:port`. A name is looked up by the proxy, not here.
            cancel: ends the dial from elsewhere, whatever it is doing.

        What is returned is what `forward` dialed, a `TCPConn` as a rule: its `remote_addr` is the socket's
        peer, that is the proxy (of a chain the first one), and not `address`. Its deadlines are unset.

        The `timeout` and the `deadline` of the `Dialer` that the connection begins with are for the whole:
        lookup, connecting, and what is said to the proxies. A cancelled dial leaves nothing open.

        Raises `OpError` of op `dial`, as in `dialnet.proxy`.
        """
        return Opening(self._dial(network, address, cancel))

    async def _dial(self, network: str, address: str, cancel: CancelToken | None) -> Conn:
        began = monotonic()
        until = self._until(began)
        try:
            goal = await drive(target(network, address, until, cancel))
        except OSError as err:
            raise OpError("dial", str(network), None, None, err) from err
        try:
            conn: Conn = await self._forward.dial("tcp", self._proxy.address, cancel=cancel)
        except OSError as err:
            err.add_note(f"on the way to {goal} by {described(self._proxy)}")
            raise
        with Handshake(self._proxy, network, goal, conn, began, until, cancel) as handshake:
            step = handshake.begin()
            while step is not None:
                if isinstance(step, bytes):
                    await conn.write(step)
                    step = handshake.go()
                else:
                    step = handshake.go(await conn.read(step))
        return conn


def socks5(
    proxy_address: str, *, auth: tuple[str, str] | None = None, forward: AnyDialer | None = None
) -> ProxyDialer:
    """A dialer that goes through the SOCKS5 proxy (RFC 1928) at `proxy_address`, `host:port`.

    Arguments and errors as in `dialnet.proxy`; `forward` is a dialer for tasks.
    """
    return ProxyDialer(SOCKS5(proxy_address, auth), forward)


def http_connect(
    proxy_address: str,
    *,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    forward: AnyDialer | None = None,
) -> ProxyDialer:
    """A dialer that goes through the HTTP proxy at `proxy_address` by its CONNECT method.

    Arguments and errors as in `dialnet.proxy`; `forward` is a dialer for tasks.
    """
    return ProxyDialer(HTTPConnect(proxy_address, auth, headers), forward)


def from_environment(forward: AnyDialer | None = None) -> ProxyDialer | Dialer:
    """The dialer that the environment asks for: through the proxy in `ALL_PROXY`, except for what is in
    `NO_PROXY` (or in `all_proxy` and `no_proxy`); `forward` itself if there is none.

    See `dialnet.proxy.from_environment`.
    """
    dialer = Dialer() if forward is None else forward
    found = named(os.environ)
    if found is None:
        return cast(Dialer, dialer)
    proxy, exceptions = found
    through = ProxyDialer(proxy, dialer)
    # All of these have the same `dial`.
    return cast(ProxyDialer, PerHost(through, dialer, exceptions)) if exceptions else through
