"""Which `ssl.SSLContext` holds, and by which name the peer is verified."""

from __future__ import annotations

import functools
import ipaddress
import os
import ssl
import threading

from .. import system
from ..addresses import split_host_port
from ..errors import DNSError, MissingAddressError, OpError, UnknownNetworkError
from ..resolve.names import ascii_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "NETWORKS",
    "check_listening",
    "check_server_context",
    "client_context",
    "name_to_verify",
    "server_name_of",
    "system_context",
]

# Those of bytes.
NETWORKS = ("tcp", "tcp4", "tcp6", "unix")

_lock = threading.Lock()
_default: ssl.SSLContext | None = None


def client_context(context: Any) -> ssl.SSLContext:
    """The context given; for None the one that verifies names and chains against the system's trust, made
    once; see `system_context`.

    Raises `TypeError` for what is none, `ValueError` for one of a server's.
    """
    if context is None:
        return _default_context()
    _check(context)
    if context.protocol is ssl.PROTOCOL_TLS_SERVER:
        raise ValueError("this context is for servers: a client's has PROTOCOL_TLS_CLIENT")
    return context  # type: ignore[no-any-return]


def check_server_context(context: Any) -> ssl.SSLContext:
    """Raises `TypeError` for what is no context, `ValueError` for one of a client's."""
    _check(context)
    if context.protocol is ssl.PROTOCOL_TLS_CLIENT:
        raise ValueError("this context is for clients: a server's has PROTOCOL_TLS_SERVER")
    return context  # type: ignore[no-any-return]


def check_listening(network: str, context: Any) -> None:
    """What `tls.listen` is given. Raises `OpError` of op `listen` for a network without streams of bytes."""
    check_server_context(context)
    if network not in NETWORKS:
        err = UnknownNetworkError(network)
        raise OpError("listen", str(network), None, None, err) from err


def _check(context: Any) -> None:
    # What is there by this name may have been replaced since the context was made (`truststore` does that).
    if not isinstance(context, (ssl.SSLContext, ssl._SSLContext)):  # type: ignore[attr-defined]
        raise TypeError(f"a context is an ssl.SSLContext, not {type(context).__name__}")


def _default_context() -> ssl.SSLContext:
    global _default
    with _lock:
        if _default is None:
            _default = system_context()
        return _default


def system_context() -> ssl.SSLContext:
    """A new context that verifies names and chains against the system's trust: the caller's to change.

    That is the `truststore` library's, where it is installed and of use, else the standard library's.
    """
    if _is_for_truststore():
        try:
            import truststore
        except ImportError:
            pass
        else:
            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context()


def _is_for_truststore() -> bool:
    """macOS and Windows give verdicts of their own. Elsewhere it has OpenSSL verify as the standard library
    does, but reads the authorities for every connection anew, which takes 50 ms; all it adds is that it knows
    more places where they may be."""
    if system.NAME in ("darwin", "windows"):
        return True
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return False
    try:
        return paths.capath is None or not any(map(_is_hashed, os.listdir(paths.capath)))
    except OSError:
        return True


def _is_hashed(name: str) -> bool:
    """Whether OpenSSL finds a file of this name in a directory of authorities: `5ed36f99.0`."""
    digest, dot, number = name.partition(".")
    return len(digest) == 8 and bool(dot) and number.isdecimal() and not digest.strip("0123456789abcdef")


def name_to_verify(context: ssl.SSLContext, server_name: str | None) -> str | None:
    """The name as TLS has it: A-labels, no dot at the end, no zone; an address is verified as one.

    Raises `ValueError` if there is none and the context verifies names, `DNSError` for what cannot be one.
    """
    if server_name is not None and not isinstance(server_name, str):
        raise TypeError(f"server_name is a str or None, not {type(server_name).__name__}")
    name = (server_name or "").strip("[]")
    if not name:
        if context.check_hostname:
            raise ValueError("server_name is needed: the context verifies that the peer is who it should be")
        return None
    return _verifiable(name) if len(name) <= _LONGEST_KEPT else _verifiable.__wrapped__(name)


# No name of DNS is longer as text, nor one of its labels (RFC 1035, section 2.3.4).
_LONGEST, _LONGEST_LABEL = 253, 63
# What is longer is not worth keeping.
_LONGEST_KEPT = _LONGEST + 2


@functools.lru_cache(256)  # a client mostly has few peers
def _verifiable(name: str) -> str:
    if "\0" not in name:
        try:
            return str(ipaddress.ip_address(name.partition("%")[0]))
        except ValueError:
            found = ascii_name(name).removesuffix(".")
        # To the `ssl` module these are wrong values, or no error before the handshake.
        if len(found) <= _LONGEST and all(0 < len(label) <= _LONGEST_LABEL for label in found.split(".")):
            return found
    raise DNSError("no such host", name, is_not_found=True)


def server_name_of(network: str, address: str) -> str | None:
    """What `dial(network, address)` asks for; None where the address says nothing of a name.

    Raises `AddrError` and `MissingAddressError`.
    """
    if not network.startswith("tcp"):
        return None
    if not address:
        raise MissingAddressError
    return split_host_port(address)[0] or None
