"""TLS connections, as the commands make and describe them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

import dialnet as net

from .peer import describe, format_seconds
from .process import tell
from .tls_options import ClientOptions

if TYPE_CHECKING:
    import ssl

    from dialnet import tls

__all__ = ["Handshake", "agreed", "below", "dial", "load", "name_for", "peer_of", "warn"]

# A client that says nothing for longer has no business here.
_PATIENCE = 10.0


def below(network: str) -> str:
    """The network that is under TLS: `tcp4` for `tls4`."""
    return network.replace("tls", "tcp")


def load() -> None:
    """Load what TLS needs, where time is about to be measured."""
    import encodings.idna  # noqa: F401  or ssl does, at the first name

    import dialnet.tls  # noqa: F401


def warn() -> None:
    """Say what `--insecure` means."""
    tell("--insecure: who the peer is, is not verified")


def name_for(network: str, address: str, options: ClientOptions) -> str | None:
    """The name to ask for; None for the one that the library sees in the address."""
    if options.server_name is None and network.startswith("tcp") and address.startswith(":"):
        return "localhost"  # which is where that connects to
    return options.server_name


def dial(
    network: str, address: str, context: ssl.SSLContext, options: ClientOptions, dialer: net.Dialer
) -> tls.Conn:
    """`tls.dial`. Raises `OSError`, `click.UsageError`."""
    from dialnet import tls

    try:
        return tls.dial(
            network, address, context, server_name=name_for(network, address, options), dialer=dialer
        )
    except ValueError as err:
        if isinstance(err, OSError):
            raise
        raise click.UsageError(f"--server-name is needed, or another: {err}") from err


def agreed(state: tls.ConnectionState) -> str:
    """What the two ends have agreed upon."""
    words = [state.version, state.cipher]
    if state.alpn is not None:
        words.append(f"ALPN {state.alpn}")
    if state.resumed:
        words.append("resumed")
    return ", ".join(words)


def peer_of(state: tls.ConnectionState) -> str:
    """Who the peer is, by its own certificate."""
    if not state.peer_certificates:
        return "the peer has no certificate"
    try:
        from .certificates import subject
    except ModuleNotFoundError as err:
        if (err.name or "").partition(".")[0] != "cryptography":
            raise
        return "the peer has a certificate (to read it needs the library cryptography)"
    return f"the peer is {subject(state.peer_certificates[0])}"


class Handshake:
    """What is done with an accepted TLS connection before all else."""

    def __init__(self, idle: float | None, verbose: bool) -> None:
        self._limit = _PATIENCE if idle is None else min(idle, _PATIENCE)
        self._verbose = verbose

    def __call__(self, conn: net.Conn) -> None:
        """Raises `OSError`; a client that stalls is one that fails."""
        handshake: Callable[[], None] = conn.handshake  # type: ignore[attr-defined]
        began = time.monotonic()
        conn.set_deadline(began + self._limit)
        handshake()
        conn.set_deadline(None)
        if self._verbose:
            state: tls.ConnectionState = conn.connection_state  # type: ignore[attr-defined]
            took = format_seconds(time.monotonic() - began)
            tell(f"{describe(conn)}: {agreed(state)}, in {took}; {peer_of(state)}")
