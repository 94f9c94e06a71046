"""`dialnet dial`: one connection out, with stdin and stdout at its other end."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator

import click

import dialnet as net
from dialnet import system

from . import options, secure, tls_options
from .output import Output
from .peer import describe, format_seconds
from .process import ignore, tell
from .relay import Relay
from .tls_options import ClientOptions

__all__ = ["command"]

_DATAGRAM_IDLE = 1.0  # longer than any round trip on earth, and TCP's own first guess (RFC 6298)


@click.command("dial", short_help="Connect, and copy stdin and stdout.")
@options.network
@options.address
@click.option("--timeout", type=options.DURATION, help="Give up connecting after this long.")
@click.option(
    "--idle",
    type=options.DURATION,
    help="End when nothing went either way for this long. With datagrams: how long to wait for answers "
    "after the end of input (default 1s).",
)
@options.linger
@options.raw
@options.verbose
@tls_options.client
def command(
    network: str,
    address: str,
    timeout: float | None,
    idle: float | None,
    linger: float | None,
    raw: bool,
    verbose: bool,
    tls: ClientOptions,
) -> None:
    """Connect to ADDRESS, send it stdin, and write what comes back to stdout.

    The end of input ends our direction of the connection (half close); the command ends when the peer
    ends its own. Exit status: 0, 1 after an error, 2 for wrong usage, 130 after Ctrl-C.

    \b
    NETWORK is one of     ADDRESS is
      tcp, tcp4, tcp6       HOST:PORT, [IPV6]:PORT, :PORT for this machine
      tls, tls4, tls6       the same: TLS over TCP
      udp, udp4, udp6       the same
      unix, unixpacket,     a path, or @NAME in Linux's abstract namespace
      unixgram

    With TLS the name in ADDRESS and the chain of certificates are verified, against the system's trust or
    --ca. A connection that the peer cuts off without saying that it ends (close_notify) is an error.

    Durations are seconds (1.5) or have units (500ms, 2s, 1m30s).

    What a terminal is shown has control characters made visible (^[ for ESC); a pipe or file gets the
    bytes as they came.

    \b
    Examples:
      printf 'GET / HTTP/1.0\\r\\n\\r\\n' | dialnet dial tcp example.com:80
      echo hello | dialnet dial --idle 2s udp 192.0.2.1:7
      printf 'GET / HTTP/1.0\\r\\n\\r\\n' | dialnet dial tls example.com:443
      dialnet dial unix /run/app.sock
    """
    detail = tell if verbose else ignore
    datagrams = network in options.DATAGRAM_NETWORKS
    if not datagrams:
        options.require_patience(idle)
    elif idle is None:
        idle = _DATAGRAM_IDLE
    connect = _connecting(network, tls)
    with _local_addr(network) as local:
        dialer = net.Dialer(
            timeout=timeout,
            local_addr=local,
            control=lambda network, address, conn: detail(f"trying {network} {address}"),
        )
        conn = _dial(network, address, lambda: connect(dialer, address), detail)
        if network in options.TLS_NETWORKS and verbose:
            state = conn.connection_state  # type: ignore[attr-defined]
            detail(f"{secure.agreed(state)}; {secure.peer_of(state)}")
        output = Output(raw)
        Relay(conn, output.sink(), datagrams=datagrams, idle=idle, detail=detail, linger=linger).run()


def _connecting(network: str, tls: ClientOptions) -> Callable[[net.Dialer, str], net.Conn]:
    """What dials; the files that TLS needs have been read when this returns."""
    if network not in options.TLS_NETWORKS:
        tls.refuse(f"dial tls ..., not {network}.")
        return lambda dialer, address: dialer.dial(network, address)
    context, tcp = tls.context(), secure.below(network)
    secure.load()
    if tls.insecure:
        secure.warn()
    return lambda dialer, address: secure.dial(tcp, address, context, tls, dialer)


def _dial(
    network: str, address: str, connect: Callable[[], net.Conn], detail: Callable[[str], None]
) -> net.Conn:
    started = time.monotonic()
    detail(f"dialing {network} {address}")
    try:
        conn = connect()
    except net.OpError as err:
        for attempt in err.attempts:
            detail(f"tried: {attempt}")
        detail(f"gave up after {format_seconds(time.monotonic() - started)}")
        raise
    detail(f"connected in {format_seconds(time.monotonic() - started)}: {describe(conn)}")
    return conn


@contextlib.contextmanager
def _local_addr(network: str) -> Iterator[net.Addr | None]:
    """Yield the address to dial from: a Unix datagram socket needs one to be answered, no other does."""
    if network != "unixgram":
        yield None
        return
    name = f"dialnet-{os.getpid()}-{secrets.token_hex(4)}"
    if system.ABSTRACT_UNIX:
        yield net.UnixAddr(f"@{name}", "unixgram")
        return
    directory = tempfile.mkdtemp(prefix="dialnet-")
    try:
        os.chmod(directory, 0o711)  # who answers may be another user
        yield net.UnixAddr(os.path.join(directory, "dial"), "unixgram")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
