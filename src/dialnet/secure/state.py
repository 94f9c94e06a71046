"""What a TLS connection has agreed upon: `connection_state`."""

from __future__ import annotations

from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from .engine import Engine

__all__ = ["ConnectionState", "state_of"]


class ConnectionState(Record):
    """What the two ends of a TLS connection have agreed upon.

    Args:
        version: `TLSv1.3`, `TLSv1.2`; `""` before the handshake is over.
        handshake_complete: whether it is. Until then nothing else here is certain.
        cipher: the cipher suite's name, as OpenSSL has it.
        alpn: the protocol chosen by ALPN (RFC 7301), or None.
        server_name: the name the client asked for (RFC 6066), or the address that was verified; `""` for
            none.
        peer_certificates: the chain as the peer sent it, its own certificate first, each in DER (`bytes`).
            Where an earlier session was gone on with, its own at least; empty if it has never shown one.
        resumed: whether an earlier session was gone on with, for which no certificates are sent: the peer is
            who it was in that one.
    """

    version: str = ""
    handshake_complete: bool = False
    cipher: str = ""
    alpn: str | None = None
    server_name: str = ""
    peer_certificates: tuple[bytes, ...] = ()
    resumed: bool = False
    _fields: ClassVar[tuple[str, ...]] = (
        "version",
        "handshake_complete",
        "cipher",
        "alpn",
        "server_name",
        "peer_certificates",
        "resumed",
    )

    def __init__(
        self,
        version: str = "",
        handshake_complete: bool = False,
        cipher: str = "",
        alpn: str | None = None,
        server_name: str = "",
        peer_certificates: tuple[bytes, ...] = (),
        resumed: bool = False,
    ) -> None:
        self._set(locals())


def state_of(engine: Engine) -> ConnectionState:
    """With the connection's lock held."""
    if not engine.ready:
        return ConnectionState(server_name=engine.server_name)
    made = engine.object
    cipher = made.cipher()
    return ConnectionState(
        version=made.version() or "",
        handshake_complete=True,
        cipher="" if cipher is None else cipher[0],
        alpn=made.selected_alpn_protocol(),
        server_name=engine.server_name,
        peer_certificates=_chain(made),
        resumed=bool(made.session_reused),
    )


def _chain(made: Any) -> tuple[bytes, ...]:
    leaf = made.getpeercert(True)
    if leaf is None:
        # Python has a server take the missing one for a part of the chain.
        return ()
    # A session holds the peer's own certificate, and nothing of the rest.
    return _sent(made) or (leaf,)


def _sent(made: Any) -> tuple[bytes, ...]:
    public = getattr(made, "get_unverified_chain", None)
    if public is not None:  # Python 3.13
        return tuple(public())
    inner: Any = getattr(made, "_sslobj", None)
    try:
        found = inner.get_unverified_chain()
        import _ssl

        return tuple(one.public_bytes(_ssl.ENCODING_DER) for one in found or ())  # type: ignore[attr-defined]
    except AttributeError:
        # Python has no way to it.
        return ()
