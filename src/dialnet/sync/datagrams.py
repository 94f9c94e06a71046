"""UDP's datagrams as packets, and batches of them, for threads."""

from __future__ import annotations

from collections.abc import Iterable

from ..addresses import Addr
from ..connections.datagrams import Datagrams
from ..connections.limits import DATAGRAM
from ..connections.packet import Packet
from ..poll.threads import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SocketDatagrams"]


class SocketDatagrams(Datagrams):
    """A UDP socket."""

    def read_packet(self, n: int = DATAGRAM) -> Packet:
        """One datagram, cut at `n` bytes, and what the kernel knows of it.

        The first call has the kernel keep that in mind: of datagrams that were there before it cannot name
        the interface, and of those the time is when they were read.

        Raises `OpError` as `read_from`; `ValueError` for a negative `n`.
        """
        try:
            self._want_packets(n)
            return run(self._fd.reading, self._receive_packet, n)
        except OSError as err:
            raise self._failed("read", err, "recvmsg") from err

    def read_batch(self, max_packets: int, n: int = DATAGRAM) -> list[Packet]:
        """All datagrams that are there, one at least and `max_packets` at most, as `read_packet` gives them,
        by one system call where there is one (recvmmsg(2)).

        Where the kernel can, it hands over as one what was sent as one (UDP_GRO, udp(7)); that is taken apart
        here, and what is too much for one call is held for the next one that reads. It does so no more once
        `file` or `syscall_conn` has been called, nor for a socket that came from elsewhere.

        Raises as `read_packet`; `ValueError` for `max_packets` below 1.
        """
        try:
            self._want_packets(n, max_packets)
            return run(self._fd.reading, self._receive_packets, (max_packets, n))
        except OSError as err:
            raise self._failed("read", err, "recvmmsg") from err

    def write_batch(self, packets: Iterable[tuple[Any, Addr | None]]) -> int:
        """Send datagrams, each to its address (on a dialed connection: None), in order; how many.

        Where there is one, one system call sends many (sendmmsg(2)), and the kernel makes the datagrams of a
        row that go to one address and are of one length, the last perhaps shorter, from one piece
        (UDP_SEGMENT, udp(7)).

        Raises as `write_msg`, and `TypeError` or `ValueError` for what are no pairs of data and address; all
        are looked at before the first is sent. `packets_written` of an `OpError` says how many had gone.
        """
        batch = self._batch(packets)
        sent = 0
        try:
            if not batch:
                self._writing.check()
            while sent < len(batch):
                sent += run(self._writing, self._send_packets, (batch, sent))
        except OSError as err:
            raise self._batch_failed(batch, sent, err) from err
        return sent
