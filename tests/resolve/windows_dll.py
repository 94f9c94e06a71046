"""Stand-ins for dnsapi.dll and ws2_32.dll: functions with C's calling convention that build real structures.

The layout is written down here once more, with `struct` and from Microsoft's headers, so that two mistakes
would have to agree. What is given out is counted until it is given back; then it is overwritten, so that who
still looks at it sees that.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

QUESTION, ANSWER, AUTHORITY, ADDITIONAL = range(4)
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV = 1, 2, 5, 6, 12, 15, 16, 28, 33
AF_INET, AF_INET6, AF_NETBIOS = 2, 23, 17
NULL = None


class Memory:
    """What a library has given out, by the address of its first block."""

    def __init__(self) -> None:
        self.given: dict[int, list[Any]] = {}
        self.taken_back: list[list[Any]] = []
        self.mistakes: list[str] = []
        self._blocks: list[Any] = []

    def block(self, data: bytes) -> int:
        # c_uint64, for the alignment.
        made = (ctypes.c_uint64 * (len(data) // 8 + 1))()
        ctypes.memmove(made, data, len(data))
        self._blocks.append(made)
        return ctypes.addressof(made)

    def wide(self, text: str | None) -> int:
        """A string, or a null pointer."""
        if text is None:
            return 0
        return self.block(text.encode("utf-16-le", "surrogatepass") + b"\0\0")

    def give(self, head: int) -> int:
        """All blocks made since the last call go with this one."""
        if head:
            self.given[head] = self._blocks
        self._blocks = []
        return head

    def take_back(self, head: int | None) -> None:
        blocks = self.given.pop(head or 0, None)
        if blocks is None:
            self.mistakes.append(f"{head} was given back, and had not been given out")
            return
        for made in blocks:
            ctypes.memset(made, 0xEE, ctypes.sizeof(made))
        # Kept, so that nothing else comes to lie there.
        self.taken_back.append(blocks)


class Rec:
    """A record of an answer. An owner or a name in `data` that is None is a null pointer."""

    def __init__(self, name: str | None, kind: int, *data: Any, section: int = ANSWER) -> None:
        self.name, self.kind, self.data, self.section = name, kind, data, section

    def pack(self, memory: Memory) -> bytes:
        data = self.data
        if self.kind in (NS, CNAME, PTR):
            return struct.pack("@P", memory.wide(data[0]))
        if self.kind == MX:
            return struct.pack("@PHH", memory.wide(data[1]), data[0], 0)
        if self.kind == SRV:
            return struct.pack("@PHHHH", memory.wide(data[3]), *data[:3], 0)
        if self.kind == TXT:
            return struct.pack(f"@I0P{len(data)}P", len(data), *map(memory.wide, data))
        return bytes(data[0])


class ManyTexts(Rec):
    """A TXT record that says it has `count` strings, of which `there` are."""

    def __init__(self, name: str, count: int, there: int) -> None:
        super().__init__(name, TXT, count, there)

    def pack(self, memory: Memory) -> bytes:
        count, there = self.data
        return struct.pack(f"@I0P{there}P", count, *[memory.wide("x")] * there)


class Addr:
    """A result of GetAddrInfoW. `length` is what it says of its address' size, if that is not the truth."""

    def __init__(
        self, ip: str | None, port: int = 0, scope: int = 0, family: int = 0, length: int | None = None
    ) -> None:
        self.ip, self.port, self.scope, self.length = ip, port, scope, length
        self.family = family or (AF_INET6 if ip is not None and ":" in ip else AF_INET)

    def sockaddr(self) -> bytes:
        if self.ip is None:
            return b""
        if self.family == AF_INET6:
            packed = socket.inet_pton(socket.AF_INET6, self.ip)
            return (
                struct.pack("@H", self.family)
                + struct.pack(">H", self.port)
                + struct.pack("@I16sI", 0xDEADBEEF, packed, self.scope)
            )
        packed = socket.inet_aton(self.ip)
        return struct.pack("@H", self.family) + struct.pack(">H4s8x", self.port, packed)


class DLL:
    """Both libraries. `answers` is (name, type) to a status and records, and `addresses` (host, service) to a
    status and results, or to a list of such, one for each call. What is not there does not exist."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.answers: dict[tuple[str, int], tuple[int, list[Rec]]] = {}
        self.addresses: dict[tuple[str | None, str | None], Any] = {}
        self.asked: list[Any] = []
        self.circular = False
        self._building = threading.Lock()
        self.calling = threading.Event()
        # Clear, calls do not return.
        self.returning = threading.Event()
        self.returning.set()
        pointer, out = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
        word, dword = ctypes.c_uint16, ctypes.c_uint32
        self.DnsQuery_W = ctypes.CFUNCTYPE(dword, pointer, word, dword, pointer, out, pointer)(self._query)
        self.DnsRecordListFree = ctypes.CFUNCTYPE(None, pointer, ctypes.c_int)(self._free_records)
        self.GetAddrInfoW = ctypes.CFUNCTYPE(ctypes.c_int, pointer, pointer, pointer, out)(self._get)
        self.FreeAddrInfoW = ctypes.CFUNCTYPE(None, pointer)(self.memory.take_back)

    def _query(self, name: int, kind: int, options: int, extra: Any, results: Any, reserved: Any) -> int:
        asked = read_wide(name)
        self.asked.append((asked, kind))
        self._enter()
        if options or extra or reserved:
            self.memory.mistakes.append("DnsQuery_W: reserved arguments")
        with self._building:
            status, records = self.answers.get((asked.removesuffix("."), kind), (9003, []))
            head = self._records(records)
        if head:
            results[0] = head
        return status

    def _records(self, records: list[Rec]) -> int:
        following = last = 0
        for record in reversed(records):
            data = record.pack(self.memory)
            # Above the section are bits that say something else.
            flags = record.section | 0x2008
            head = struct.pack(
                "@PPHHIII",
                following,
                self.memory.wide(record.name),
                record.kind,
                len(data) & 0xFFFF,
                flags,
                60,
                0,
            )
            following = self.memory.block(head + data)
            last = last or following
        if self.circular:
            ctypes.c_void_p.from_address(last).value = following
        return self.memory.give(following)

    def _free_records(self, head: int | None, how: int) -> None:
        if how != 1:
            self.memory.mistakes.append(f"DnsRecordListFree: {how}")
        self.memory.take_back(head)

    def _get(self, host: int | None, service: int | None, hints: int, results: Any) -> int:
        names = (read_wide(host) if host else None, read_wide(service) if service else None)
        flags, family, socktype, protocol, *rest = struct.unpack("@4iN3P", ctypes.string_at(hints, 48))
        self.asked.append((*names, family, socktype, protocol))
        self._enter()
        if flags or any(rest):
            self.memory.mistakes.append("GetAddrInfoW: hints that must be zero")
        with self._building:
            answer = self.addresses.get(names, (11001, []))
            if isinstance(answer, list):
                answer = answer.pop(0)
            status, found = answer
            head = self._results(found, socktype, protocol)
        if head:
            results[0] = head
        return status

    def _results(self, found: list[Addr], socktype: int, protocol: int) -> int:
        following = last = 0
        for addr in reversed(found):
            data = addr.sockaddr()
            length = len(data) if addr.length is None else addr.length
            at = self.memory.block(data) if data else 0
            name = self.memory.wide("canonical.example")
            following = self.memory.block(
                struct.pack("@4iN3P", 0, addr.family, socktype, protocol, length, name, at, following)
            )
            last = last or following
        if self.circular:
            ctypes.c_void_p.from_address(last + 40).value = following
        return self.memory.give(following)

    def _enter(self) -> None:
        self.calling.set()
        self.returning.wait()


def read_wide(address: int) -> str:
    length = 0
    while ctypes.string_at(address + length, 2) != b"\0\0":
        length += 2
    return ctypes.string_at(address, length).decode("utf-16-le")


@contextlib.contextmanager
def loaded() -> Iterator[DLL]:
    dll = DLL()
    yield dll
    dll.returning.set()
    assert dll.memory.mistakes == []
    # A call that was left behind gives back what it got when it returns.
    for _ in range(5000):
        if not dll.memory.given:
            break
        threading.Event().wait(0.002)
    assert dll.memory.given == {}, "not given back"
