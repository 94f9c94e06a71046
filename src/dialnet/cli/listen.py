"""`dialnet listen`: wait for a connection, or for all of them, or for datagrams."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import click

import dialnet as net

from . import options, secure, tls_options
from .accept import accept, serve_all
from .datagrams import DatagramServer
from .echo import echo_stream
from .output import Output
from .peer import Idle, Peer
from .process import ignore, line, tell
from .relay import Relay
from .tls_options import ServerOptions

__all__ = ["command"]


@click.command("listen", short_help="Accept, and copy stdin and stdout, or echo.")
@options.network
@options.address
@click.option("--keep-open", is_flag=True, help="Accept again and again, and serve all at once.")
@click.option("--echo", is_flag=True, help="Send back what comes; stdin and stdout are left alone.")
@click.option(
    "--idle", type=options.DURATION, help="End a connection when nothing went either way for this long."
)
@options.linger
@options.raw
@options.verbose
@tls_options.server
def command(
    network: str,
    address: str,
    keep_open: bool,
    echo: bool,
    idle: float | None,
    linger: float | None,
    raw: bool,
    verbose: bool,
    tls: ServerOptions,
) -> None:
    """Listen on ADDRESS, accept one connection, and do with it what `dial` does: stdin goes to the peer,
    what it sends to stdout. The bound address is told on stderr, so port 0 (any free one) is of use:
    "listening on tcp [::]:40123".

    With --keep-open connections are accepted until Ctrl-C or SIGTERM, and served all at once. What any of
    them sends goes to stdout, each piece whole; stdin is not read, since it cannot be one of many peers'.
    Nothing is sent then; each connection lasts until its peer ends.

    Datagrams (udp, udp4, udp6, unixgram) know no connections: whatever comes from anywhere goes to
    stdout, and stdin to the sender of the last one, until Ctrl-C, or until --idle seconds after
    the first have passed in silence. --keep-open changes only that --idle then is ignored.

    With tls, tls4 and tls6 (TLS over TCP) a certificate is needed. A client has 10 seconds, or --idle, for
    its handshake.

    \b
    Examples:
      dialnet listen tcp :8080
      dialnet listen --echo tls :8443 --cert server.pem --key server.key
      dialnet listen --echo --keep-open tcp 127.0.0.1:0
      dialnet listen unixgram log.sock >>log
    """
    detail = tell if verbose else ignore
    if network in options.DATAGRAM_NETWORKS:
        tls.refuse(f"listen tls ..., not {network}.")
        with _packet_conn(network, address) as conn:
            patience = None if keep_open else idle
            DatagramServer(conn, Output(raw).sink(), echo=echo, idle=patience, detail=detail).run()
        return
    options.require_patience(idle)
    prepare = secure.Handshake(idle, verbose) if network in options.TLS_NETWORKS else None
    with _listen(network, address, tls) as listener:
        _announce(network, listener.addr)
        if keep_open:
            answer = echo_stream if echo else None
            serve_all(listener, Output(raw), echo=answer, idle=idle, detail=detail, prepare=prepare)
            return
        stream = accept(listener, detail)
    # The listener is closed: a second peer is refused at once, not left in the queue.
    if prepare is not None:
        _prepare(stream, prepare)
    if echo:
        _echo_one(Peer(stream, idle), detail)
    else:
        Relay(stream, Output(raw).sink(), datagrams=False, idle=idle, detail=detail, linger=linger).run()


def _listen(network: str, address: str, tls: ServerOptions) -> net.Listener:
    if network not in options.TLS_NETWORKS:
        tls.refuse(f"listen tls ..., not {network}.")
        return net.listen(network, address)
    context = tls.context()
    from dialnet.tls import listen

    return listen(secure.below(network), address, context)


def _prepare(conn: net.Conn, prepare: secure.Handshake) -> None:
    try:
        prepare(conn)
    except BaseException:
        conn.close()
        raise


def _announce(network: str, addr: net.Addr) -> None:
    line(f"listening on {'tls' if network in options.TLS_NETWORKS else addr.network} {addr}")


def _echo_one(peer: Peer, detail: Callable[[str], None]) -> None:
    try:
        echo_stream(peer)
        detail("the peer ended")
    except Idle:
        detail("ended: nothing went either way for a while")
    finally:
        peer.conn.close()
        detail(peer.summary())


@contextlib.contextmanager
def _packet_conn(network: str, address: str) -> Iterator[net.PacketConn]:
    """A bound datagram socket. Its file goes with it, which the library leaves to the caller."""
    with net.listen_packet(network, address) as conn:
        path = address if network == "unixgram" and address and not address.startswith("@") else None
        mine = _identity(path)
        try:
            _announce(network, conn.local_addr)
            yield conn
        finally:
            # Unless somebody has put another socket in its place.
            if path is not None and mine is not None and _identity(path) == mine:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _identity(path: str | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
