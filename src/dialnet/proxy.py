"""Dialing through proxies, for threads: SOCKS5 and HTTP CONNECT.

from dialnet import proxy

dialer = proxy.socks5("127.0.0.1:1080", forward=net.Dialer(timeout=5))
conn = dialer.dial("tcp", "www.example.com:80")
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from time import monotonic

from .errors import OpError
from .poll.signal import CancelToken
from .poll.thread_host import drive
from .proxies.dialers import PerHost, ProxyOptions
from .proxies.environment import named
from .proxies.handshake import Handshake, described
from .proxies.http_connect import HTTPConnect
from .proxies.socks5 import SOCKS5
from .proxies.target import target
from .sync.conn import Conn
from .sync.dial import Dialer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .proxies.dialers import Proxy

    class AnyDialer(Protocol):
        """A `Dialer`, a dialer of this module, or any other object with their `dial`."""

        def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Conn: ...


__all__ = ["ProxyDialer", "from_environment", "http_connect", "socks5"]


class ProxyDialer(ProxyOptions):
    """A dialer whose connections go through a proxy; `socks5` and `http_connect` make them."""

    __slots__ = ()

    def __init__(self, proxy: Proxy, forward: AnyDialer | None) -> None:
        super().__init__(proxy, Dialer() if forward is None else forward, Dialer, ProxyDialer)

    def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Conn:
        """Connect to `address` by way of the proxy.

        Args:
            network: `tcp`, `tcp4` or `tcp6`. Of a name the proxy chooses the address, of either family.
            address: `host:port`. A name is looked up by the proxy, not here.
            cancel: ends the dial from elsewhere, whatever it is doing.

        What is returned is what `forward` dialed, a `TCPConn` as a rule: its `remote_addr` is the socket's
        peer, that is the proxy (of a chain the first one), and not `address`. Its deadlines are unset.

        The `timeout` and the `deadline` of the `Dialer` that the connection begins with are for the whole:
        lookup, connecting, and what is said to the proxies.

        Raises `OpError` of op `dial`. What `forward` raises, on the way to the proxy, has the proxy's
        address. Everything else has `address`, and the proxy in its text or a note: `ConnectionRefusedError`,
        `PermissionError` and so on for what the proxy answers, `ConnectionAbortedError` where it gives no
        reason, an `OSError` with EPROTO where it makes no sense, `DeadlineExceededError`, `CanceledError`.
        What is wrong with the arguments comes before all: `UnknownNetworkError`, `AddrError`,
        `MissingAddressError`, `NoSuitableAddressError`, and `DNSError` for what cannot be a name.
        """
        began = monotonic()
        until = self._until(began)
        try:
            goal = drive(target(network, address, until, cancel))
        except OSError as err:
            raise OpError("dial", str(network), None, None, err) from err
        try:
            conn = self._forward.dial("tcp", self._proxy.address, cancel=cancel)
        except OSError as err:
            err.add_note(f"on the way to {goal} by {described(self._proxy)}")
            raise
        with Handshake(self._proxy, network, goal, conn, began, until, cancel) as handshake:
            step = handshake.begin()
            while step is not None:
                if isinstance(step, bytes):
                    conn.write(step)
                    step = handshake.go()
                else:
                    step = handshake.go(conn.read(step))
        return conn  # type: ignore[no-any-return]


def socks5(
    proxy_address: str, *, auth: tuple[str, str] | None = None, forward: AnyDialer | None = None
) -> ProxyDialer:
    """A dialer that goes through the SOCKS5 proxy (RFC 1928) at `proxy_address`, `host:port`.

    Args:
        proxy_address: where it listens; dialed on network `tcp`.
        auth: user name and password (RFC 1929), which go over the wire as they are; a proxy that asks for
            none is not told them.
        forward: what dials the proxy: a `Dialer`, whose options then hold, or another proxy's dialer, so that
            the two are a chain. None is `Dialer()`.

    Raises `AddrError` for an address that is none; `ValueError` for credentials that are too long.
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

    Args:
        proxy_address: where it listens; it is spoken to without TLS.
        auth: user name and password for Basic authentication (RFC 7617), which go over the wire as they are.
        headers: more header fields for the request; one that would be sent anyhow is replaced.
        forward: as for `socks5`.

    Raises `AddrError` for an address that is none; `ValueError` for what cannot be in a header.
    """
    return ProxyDialer(HTTPConnect(proxy_address, auth, headers), forward)


def from_environment(forward: AnyDialer | None = None) -> AnyDialer:
    """The dialer that the environment asks for: through the proxy in `ALL_PROXY`, except for what is in
    `NO_PROXY` (or in `all_proxy` and `no_proxy`); `forward` itself if there is none.

    `ALL_PROXY` is a URL, `socks5://user:password@host:port`; its scheme is `socks5`, `socks5h` (both leave
    names to the proxy) or `http` (also where there is none). `NO_PROXY` is a list, with commas, of hosts
    (`localhost`), suffixes (`.example.com`, `*.example.com`, each with its domain), addresses, CIDRs, any of
    the hosts and addresses with a port (`host:8080`), or `*` for everything. No name is looked up for it: an
    address in it is for dials of that address.

    Raises `ParseError` for an `ALL_PROXY` that cannot be used. The environment is read once, here.
    """
    dialer: AnyDialer = Dialer() if forward is None else forward
    found = named(os.environ)
    if found is None:
        return dialer
    proxy, exceptions = found
    through = ProxyDialer(proxy, dialer)
    return PerHost(through, dialer, exceptions) if exceptions else through
