"""The echo server's side of one stream connection."""

from __future__ import annotations

from .output import CHUNK
from .peer import MESSAGE, Peer

__all__ = ["echo_stream"]


def echo_stream(peer: Peer) -> None:
    """Send back what comes until the peer ends; `Idle` when it neither ends nor does anything."""
    # Hundreds of these run at once: a stream may be read in smaller pieces, a message may not.
    size = MESSAGE if peer.conn.local_addr.network == "unixpacket" else CHUNK // 4
    while data := peer.read(size):
        peer.write(data)
    peer.end_writing()
