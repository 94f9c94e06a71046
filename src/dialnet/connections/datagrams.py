"""What only UDP has, in both faces: datagrams as packets, and batches of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable

from ..addresses import Addr
from ..errors import OpError
from ..poll.fd import FD
from ..sockets.opened import Opened
from ..system import control
from .ends import ConnectionEnd
from .gather import as_view
from .incoming import Incoming
from .messages import Messages, check_size
from .outgoing import Batch, Outgoing
from .packet import Packet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Datagrams"]


class Datagrams(Messages, ConnectionEnd):
    """A UDP socket."""

    _stream = _ends = False
    _incoming: Incoming | None = None
    _outgoing: Outgoing | None = None
    # The process that may have the kernel coalesce, 0 for none: whoever else reads from the same socket (of
    # a duplicate, or in a forked child) would not know what to do with several datagrams in one.
    _coalescer = 0

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self._connected = opened.remote is not None
        if not opened.shared:
            self._coalescer = os.getpid()
        # The methods of these names below take their place. As attributes they would make a cycle.
        del self._recv, self._recv_into

    # Reading.

    def _want_packets(self, n: int, most: int = 1) -> None:
        """To be called before packets are read; the first time it switches on what the kernel is to tell.

        Raises `OSError`, and `ValueError` and `TypeError` for sizes that are none.
        """
        check_size(n)
        check_size(most)
        if not most:
            raise ValueError("a batch is of one packet at least")
        if self._incoming is None:
            with self._fd.reading.lock:
                if self._fd.closed:
                    self._fd.reading.check()
                if self._incoming is None:
                    self._incoming = Incoming(self._fd.sock, self._local[1] if self._local else 0)

    def _receive_packet(self, n: int) -> Packet:
        assert self._incoming is not None
        return self._incoming.packet(n)

    def _receive_packets(self, sizes: tuple[int, int]) -> list[Packet]:
        incoming = self._incoming
        assert incoming is not None
        if self._coalescer:
            if self._coalescer == os.getpid():
                incoming.coalesce(True)
            self._coalescer = 0
        return incoming.packets(sizes)

    # A read of the socket itself gives what is coalesced as one. Whether that may be is looked at when the
    # call is made: it may have been waiting since before.

    def _recv(self, n: int) -> bytes:  # type: ignore[override]
        incoming = self._incoming
        if incoming is None or not incoming.coalesces:
            return self._fd.sock.recv(n)
        return incoming.packet(n).data

    def _recv_into(self, buffer: Any) -> int:  # type: ignore[override]
        incoming = self._incoming
        if incoming is None or not incoming.coalesces:
            return self._fd.sock.recv_into(buffer)
        data = incoming.packet(len(buffer)).data
        buffer[: len(data)] = data
        return len(data)

    def _recv_from(self, n: int) -> tuple[bytes, Any]:
        incoming = self._incoming
        if incoming is None or not incoming.coalesces:
            return self._fd.sock.recvfrom(n)
        data, _, sender = incoming.message()
        return data[:n], sender

    def _recv_from_into(self, buffer: Any) -> tuple[int, Any]:
        incoming = self._incoming
        if incoming is None or not incoming.coalesces:
            return self._fd.sock.recvfrom_into(buffer)
        data, _, sender = incoming.message()
        size = min(len(data), len(buffer))
        buffer[:size] = data[:size]
        return size, sender

    def _receive_message(self, sizes: tuple[int, int]) -> tuple[bytes, list[control.Item], int, Any]:
        incoming = self._incoming
        if incoming is None or not incoming.coalesces:
            return super()._receive_message(sizes)
        n, oob_n = sizes
        data, items, sender = incoming.message()
        flags = int(socket.MSG_TRUNC) if len(data) > n else 0
        while items and len(control.join(items)) > oob_n:
            items.pop()
            flags |= int(socket.MSG_CTRUNC)
        return data[:n], items, flags, sender

    # Whoever has the descriptor itself gets datagrams as they were sent.

    def _share(self) -> None:
        with self._fd.reading.lock:
            self._coalescer = 0
            if self._incoming is not None and self._incoming.coalesces and not self._fd.closed:
                self._incoming.coalesce(False)

    def _duplicate(self) -> socket.socket:
        self._share()
        return super()._duplicate()

    def _raw_fd(self) -> FD:
        fd = super()._raw_fd()
        self._share()
        return fd

    # Writing.

    def _batch(self, packets: Iterable[tuple[Any, Addr | None]]) -> Batch:
        """Datagrams that can be sent, all of them. Raises `OpError`, `TypeError`, `ValueError`."""
        batch = Batch()
        before: Any = batch  # none of them
        sockaddr: Any = None
        for data, addr in packets:
            if type(data) is not bytes:
                data = as_view(data)
            if addr is not before:
                sockaddr, before = self._batch_destination(addr), addr
            batch.data.append(data)
            batch.to.append(sockaddr)
            batch.addrs.append(addr)
        return batch

    def _batch_destination(self, addr: Addr | None) -> Any:
        try:
            return self._message_destination(addr)
        except OpError as err:
            err.packets_written = 0  # type: ignore[attr-defined]
            raise

    def _send_packets(self, what: tuple[Batch, int]) -> int:
        if self._outgoing is None:
            self._outgoing = Outgoing(self._fd.sock)
        return self._outgoing.send(what)

    def _batch_failed(self, batch: Batch, sent: int, err: OSError) -> OpError:
        """The error of the first datagram that did not go."""
        addr = batch.addrs[sent] if sent < len(batch) else None
        failed = self._failed("write", err, "sendmmsg")
        if addr is not None:
            failed = OpError("write", failed.net, failed.source, addr, err, syscall=failed.syscall)
        failed.packets_written = sent  # type: ignore[attr-defined]
        failed.bytes_written = sum(len(data) for data in batch.data[:sent])
        return failed
