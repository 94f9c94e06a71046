"""A served stand-in for Plan 9's `/net/cs` and `/net/dns`, as ndb(8) describes them.

Each file is a Unix SOCK_SEQPACKET socket of that path, and each packet one operation on the open file: a
write or a read with its offset, as in 9P. `Tree.open` makes of a connection the file that a client expects.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator

NOT_THERE = "name does not exist"
NO_RECORD = "resource does not exist; negrcode 0"
FAILURE = "dns failure"
TYPES = {"ip", "ipv6", "cname", "mx", "ns", "ptr", "soa", "srv", "txt"}


class Refusal(Exception):
    """What the server says instead of taking a question."""


class Tree:
    """`records` is what DNS knows: (name, type) to the data of the records (bytes: whole records), or to an
    error. `local` is what the network's own database knows, `services` (network, name) to the port as the
    server writes it. `refusals` are questions to `cs` that are refused, and how."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.records: dict[tuple[str, str], list[str | bytes] | str] = {}
        self.local: dict[str, list[str]] = {}
        self.services: dict[tuple[str, str], str] = {("tcp", "1"): "1"}
        self.refusals: dict[str, str] = {}
        self.questions: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.opened: list[str] = []
        self.closed: list[str] = []
        # Clear, questions are taken but not answered.
        self.answering = threading.Event()
        self.answering.set()
        os.mkdir(root + "/net")
        self._listeners = {name: self._listen(name) for name in ("cs", "dns")}
        self._threads = [self._start(self._accept, name) for name in self._listeners]

    def _listen(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(f"{self.root}/net/{name}")
        listener.listen()
        return listener

    def _start(self, work: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self.answering.set()
        for listener in self._listeners.values():
            listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        for listener in self._listeners.values():
            listener.close()
        assert sorted(self.opened) == sorted(self.closed)

    # The client's side.

    def open(self, path: str) -> File:
        conn = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            conn.connect(path)
        except OSError:
            conn.close()
            raise
        return File(conn)

    # The server's side.

    def _accept(self, name: str) -> None:
        while True:
            try:
                conn, _ = self._listeners[name].accept()
            except OSError:
                return
            self.opened.append(name)
            self._threads.append(self._start(self._serve, name, conn))

    def _serve(self, name: str, conn: socket.socket) -> None:
        answer: list[bytes] = []
        with conn:
            while packet := conn.recv(1 << 16):
                operation, offset = struct.unpack_from("=cQ", packet)
                rest = packet[9:]
                if operation == b"r":
                    conn.sendall(b"d" + piece(answer, offset, struct.unpack("=I", rest)[0]))
                    continue
                try:
                    if offset:
                        raise Refusal("writing at non-zero offset")
                    if len(rest) >= {"cs": 128, "dns": 1024}[name]:
                        raise Refusal("request too long")
                    question = rest.decode().removesuffix("\n")
                    self.questions.append((name, question))
                    self.answering.wait()
                    answer = (self._ask_cs if name == "cs" else self._ask_dns)(question)
                    reply = b"c" + struct.pack("=I", len(rest))
                except Refusal as refusal:
                    text = str(refusal)[:63] if name == "cs" else str(refusal)
                    reply = f"e{name}: {text}".encode()
                with contextlib.suppress(BrokenPipeError):
                    conn.sendall(reply)
        self.closed.append(name)

    def _ask_dns(self, question: str) -> list[bytes]:
        if question.startswith("target "):
            self.commands.append(question)
            return []
        name, space, kind = question.partition(" ")
        if not space:
            raise Refusal(f"illegal request {name}")
        if kind not in TYPES:
            raise Refusal(f"unknown type {kind}")
        name = name.removesuffix(".").lower()
        found = self.records.get((name, kind))
        if found is None:
            known = any(owner == name for owner, _ in self.records)
            raise Refusal(NO_RECORD if known else NOT_THERE)
        if isinstance(found, str):
            raise Refusal(found)
        return [
            data if isinstance(data, bytes) else f"{name} {kind}\t{data}".encode(errors="surrogateescape")
            for data in found
        ]

    def _ask_cs(self, question: str) -> list[bytes]:
        if question in self.refusals:
            raise Refusal(self.refusals[question])
        parts = question.split("!")
        if len(parts) != 3:
            raise Refusal("can't translate address")
        network, host, service = parts
        network = "tcp" if network == "net" else network
        port = self.services.get((network, service))
        if port is None:
            raise Refusal("can't translate service")
        return [f"/net/{network}/clone {address}!{port}".encode() for address in self._addresses(host)]

    def _addresses(self, host: str) -> list[str]:
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        found: list[str] = list(self.local.get(host, []))
        why = "can't translate address"
        for kind in ("ip", "ipv6") if not found else ():
            try:
                found += [record.decode().partition("\t")[2] for record in self._ask_dns(f"{host} {kind}")]
            except Refusal as refusal:
                why = f"can't translate address: dns: {refusal}"
                if str(refusal) == FAILURE:
                    why = f"temporary problem: dns: {refusal}"
        if not found:
            raise Refusal(why)
        return found


class File:
    """An open file of the tree."""

    def __init__(self, conn: socket.socket) -> None:
        self._conn = conn
        self._offset = 0

    def write(self, data: bytes) -> int:
        self._conn.sendall(struct.pack("=cQ", b"w", self._offset) + data)
        count: int = struct.unpack("=I", self._reply())[0]
        self._offset += count
        return count

    def seek(self, offset: int) -> None:
        self._offset = offset

    def read(self, size: int) -> bytes:
        self._conn.sendall(struct.pack("=cQI", b"r", self._offset, size))
        data = self._reply()
        self._offset += len(data)
        return data

    def _reply(self) -> bytes:
        reply = self._conn.recv(1 << 16)
        if reply[:1] == b"e":
            # What the C library there makes of a text that stands for no errno.
            raise OSError(errno.EIO, reply[1:].decode())
        return reply[1:]

    def close(self) -> None:
        self._conn.close()


def piece(answer: list[bytes], offset: int, size: int) -> bytes:
    """What a read gives: one record, from wherever in it the offset is."""
    for record in answer:
        if offset < len(record):
            return record[offset : offset + size]
        offset -= len(record)
    return b""


@contextlib.contextmanager
def served() -> Iterator[Tree]:
    # A socket's path has 107 bytes, which pytest's own directories may be too long for.
    with tempfile.TemporaryDirectory(prefix="plan9-") as root:
        tree = Tree(root)
        try:
            yield tree
        finally:
            tree.close()
