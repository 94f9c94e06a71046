"""A UDP socket's datagrams as packets; several by one system call where there is one.

A kernel that may coalesce (UDP_GRO, udp(7)) hands over a train of datagrams of one length as one. It is cut
up here, and what was not asked for yet is held for the next call; every call that reads has to come by here
then.
"""

from __future__ import annotations

import socket
from collections import deque

from .. import system
from ..addresses import UDPAddr
from ..addresses.sockaddr import from_sockaddr
from ..system import control
from ..system.facts import ASKED, COALESCED
from .limits import DATAGRAM
from .packet import Meaning, Packet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Incoming"]

# Room for the control messages of one datagram.
_CONTROL = 256
# Plain numbers: `&` of the `socket` module's takes longer than all the rest.
_TRUNCATED = int(getattr(socket, "MSG_TRUNC", 0))

_new = tuple.__new__


class Incoming:
    """One socket's. Each method is one call that does not wait, and raises `BlockingIOError` if it would have
    to; nobody else may call meanwhile, except from a signal handler."""

    __slots__ = ("_held", "_meaning", "_receiver", "_sock", "_trouble", "coalesces")

    def __init__(self, sock: socket.socket, port: int) -> None:
        self._sock: Any = sock
        self._meaning = Meaning(port)
        # Whether the kernel may coalesce, or has done so.
        self.coalesces = False
        self._receiver: Any = None
        self._held: deque[_Train] = deque()
        self._trouble: OSError | None = None
        for level, option in ASKED[sock.family]:
            try:
                sock.setsockopt(level, option, 1)
            except OSError:
                continue  # The field is None, then.

    def coalesce(self, on: bool) -> None:
        """Have the kernel coalesce, if it can, or no more."""
        if COALESCED is not None and system.batches() is not None:
            try:
                self._sock.setsockopt(*COALESCED, int(on))
            except OSError:
                return  # Before Linux 5.0.
            # What has been coalesced already still comes as one.
            self.coalesces = self.coalesces or on

    def packet(self, n: int) -> Packet:
        """One datagram, cut at `n` bytes."""
        if self.coalesces:
            return self.packets((1, n))[0]
        data, items, flags, sender = self._receive_plainly(n)
        self._meaning.refresh()
        facts, timestamp, _ = self._meaning.of_items(items)
        return _new(
            Packet,
            (data, from_sockaddr(UDPAddr, sender), *facts, timestamp, flags & _TRUNCATED != 0),
        )

    def packets(self, sizes: tuple[int, int]) -> list[Packet]:
        """As many datagrams as there are, one at least and at most so many, each cut at so many bytes."""
        most, n = sizes
        packets: list[Packet] = []
        while not packets:
            if not self._held:
                received = self._receive(most)
                self._meaning.refresh()
                meaning = self._meaning.of
                for number, (data, sender, raw, flags) in enumerate(received):
                    facts, timestamp, segment = meaning(raw)
                    if 0 < segment < len(data):
                        self._held.extend(map(self._train, received[number:]))
                        break
                    truncated = flags & _TRUNCATED != 0
                    if len(data) > n:
                        data, truncated = data[:n], True
                    packets.append(
                        _new(Packet, (data, from_sockaddr(UDPAddr, sender), *facts, timestamp, truncated))
                    )
            while len(packets) < most and (train := self._first()) is not None:
                packets += train.packets(most - len(packets), n)
        return packets

    def message(self) -> tuple[bytes, list[control.Item], Any]:
        """One datagram, its control messages but the one that tells of coalescing, its sender."""
        while True:
            train = self._first()
            if train is None:
                received = self._receive(1)
                self._meaning.refresh()
                self._held.extend(map(self._train, received))
            elif packets := train.packets(1, DATAGRAM):
                items = [item for item in control.split(train.raw) if item[:2] != COALESCED]
                return packets[0].data, items, train.sender

    def _first(self) -> _Train | None:
        """The first train that has something left. A signal handler may take it in between; it comes at
        calls, of which there is none between looking and taking, here and in `_Train`."""
        held = self._held
        while held:
            if held[0].at < held[0].end:
                return held[0]
            held.popleft()
        return None

    def _train(self, received: Any) -> _Train:
        data, sender, raw, flags = received
        facts, timestamp, segment = self._meaning.of(raw)
        shared = (from_sockaddr(UDPAddr, sender), *facts, timestamp)
        return _Train(data, segment, shared, sender, raw, flags & _TRUNCATED != 0)

    def _receive(self, most: int) -> list[Any]:
        """(data, sender, control data, flags) of each."""
        batches = system.batches()
        if batches is None:
            return self._receive_one_by_one(most)
        # Taken, so that a signal handler that reads in the middle of this gets another.
        receiver, self._receiver = self._receiver, None
        if receiver is None or receiver.slots < min(most, batches.MOST_SLOTS):
            receiver = batches.Receiver(most)
        try:
            return receiver.receive(self._sock.fileno(), most)  # type: ignore[no-any-return]
        finally:
            self._receiver = receiver

    def _receive_one_by_one(self, most: int) -> list[Any]:
        received: list[Any] = []
        try:
            while len(received) < most:
                data, items, flags, sender = self._receive_plainly(DATAGRAM)
                received.append((data, sender, control.join(items), flags))
        except OSError as err:
            if not received:
                raise
            if not isinstance(err, BlockingIOError):
                # As recvmmsg(2): what has come is given out first.
                self._trouble = err
        return received

    def _receive_plainly(self, n: int) -> tuple[bytes, list[control.Item], int, Any]:
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble
        if hasattr(self._sock, "recvmsg"):
            return self._sock.recvmsg(n, _CONTROL)  # type: ignore[no-any-return]
        # Windows calls a datagram that is cut off an error, and has no recvmsg in Python.
        data, sender = self._sock.recvfrom(max(n, DATAGRAM))
        return data[:n], [], _TRUNCATED if len(data) > n else 0, sender


class _Train:
    """Datagrams that came as one: all of them are `segment` bytes long, the last perhaps less. If it is 0,
    there is but one."""

    __slots__ = ("_data", "_segment", "_shared", "_truncated", "at", "end", "raw", "sender")

    def __init__(
        self, data: bytes, segment: int, shared: tuple[Any, ...], sender: Any, raw: bytes, truncated: bool
    ) -> None:
        self._data = data
        # What all its packets have between the data and whether they are truncated.
        self._shared = shared
        self.sender = sender
        self.raw = raw
        self._truncated = truncated
        self._segment = segment or max(len(data), 1)
        self.at = 0
        # An empty datagram is one too.
        self.end = max(len(data), 1)

    def packets(self, most: int, n: int) -> list[Packet]:
        """The next ones, at most so many, each cut at so many bytes."""
        data, segment, shared = self._data, self._segment, self._shared
        length, size, step = min(segment, n), len(data), most * segment
        begin = self.at
        self.at = begin + step
        packets = [
            _new(Packet, (data[at : at + length], *shared, min(segment, size - at) > n))
            for at in range(begin, min(begin + step, self.end), segment)
        ]
        if self._truncated and packets and begin + step >= self.end:
            packets[-1] = packets[-1]._replace(truncated=True)
        return packets
