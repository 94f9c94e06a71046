"""UDP's datagrams as packets, and batches of them, for tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..addresses import Addr
from ..connections.datagrams import Datagrams
from ..connections.limits import DATAGRAM
from ..connections.packet import Packet
from ..poll.tasks import attempt, run_waiting

__all__ = ["SocketDatagrams"]

# So many datagrams of a batch take the loop's time of one call; see `poll.tasks.FAIR_SHARE`.
_SHARE = 4


class SocketDatagrams(Datagrams):
    """A UDP socket."""

    async def read_packet(self, n: int = DATAGRAM) -> Packet:
        """One datagram, cut at `n` bytes, and what the kernel knows of it.

        The first call has the kernel keep that in mind: of datagrams that were there before it cannot name
        the interface, and of those the time is when they were read.

        Raises `OpError` as `read_from`; `ValueError` for a negative `n`.
        """
        side = self._fd.reading
        try:
            self._want_packets(n)
            packet = attempt(side, self._receive_packet, n)
            return packet if packet is not None else await run_waiting(side, self._receive_packet, n)
        except OSError as err:
            raise self._failed("read", err, "recvmsg") from err

    async def read_batch(self, max_packets: int, n: int = DATAGRAM) -> list[Packet]:
        """All datagrams that are there, one at least and `max_packets` at most, as `read_packet` gives them,
        by one system call where there is one (recvmmsg(2)).

        Where the kernel can, it hands over as one what was sent as one (UDP_GRO, udp(7)); that is taken apart
        here, and what is too much for one call is held for the next one that reads. It does so no more once
        `file` or `syscall_conn` has been called, nor for a socket that came from elsewhere.

        Raises as `read_packet`; `ValueError` for `max_packets` below 1.
        """
        side, sizes = self._fd.reading, (max_packets, n)
        try:
            self._want_packets(n, max_packets)
            packets = attempt(side, self._receive_packets, sizes)
            if packets is None:
                packets = await run_waiting(side, self._receive_packets, sizes)
        except OSError as err:
            raise self._failed("read", err, "recvmmsg") from err
        side.spins += len(packets) // _SHARE
        return packets

    async def write_batch(self, packets: Iterable[tuple[Any, Addr | None]]) -> int:
        """Send datagrams, each to its address (on a dialed connection: None), in order; how many.

        Where there is one, one system call sends many (sendmmsg(2)), and the kernel makes the datagrams of a
        row that go to one address and are of one length, the last perhaps shorter, from one piece
        (UDP_SEGMENT, udp(7)).

        Raises as `write_msg`, and `TypeError` or `ValueError` for what are no pairs of data and address; all
        are looked at before the first is sent. `packets_written` of an `OpError` says how many had gone.
        """
        batch = self._batch(packets)
        side = self._writing
        sent = 0
        try:
            if not batch:
                side.check()
            while sent < len(batch):
                rest = batch, sent
                went = attempt(side, self._send_packets, rest)
                if went is None:
                    went = await run_waiting(side, self._send_packets, rest)
                sent += went
                side.spins += went // _SHARE
        except OSError as err:
            raise self._batch_failed(batch, sent, err) from err
        return sent
