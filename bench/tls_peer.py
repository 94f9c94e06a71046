"""The peer of `bench tls`: it has its part done before, or leaves it out, so that it holds up nobody.

What it sends in bulk was encrypted before the clock started. Of what it gets it decrypts and compares the
beginning; of the rest it looks at the heads of the records and no more.

As a process it prints its ports and all its processes, and takes a line `PORT COUNT` for so many handshakes
with a server there.
"""

from __future__ import annotations

import gc
import os
import socket
import ssl
import struct
import sys
import threading
from pathlib import Path

from .processes import pin

# What a contender asks for: b"r" or b"w" (from its own side), bytes to warm up, bytes to measure.
REQUEST = struct.Struct("!cQQ")
HANDSHAKE = b"h"
BLOCK = bytes(range(256)) * 256
# How many handshakes are under way at once.
AT_ONCE = 4
_RECORD_HEAD = 5
# RFC 8446, section 5.2: the tag of AES-GCM, and the record's real type.
_ADDED = 16 + 1
_PATIENCE = 30.0
# What is sent at a time.
_PIECE = 1 << 18


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS 1.3 only, for the heads of its records are what is counted here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "server.pem")
    return context


def client_context(folder: Path) -> ssl.SSLContext:
    """Trusts the benchmark's own authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(folder / "authority.pem")
    return context


class Bulk:
    """One connection of bulk: TLS in memory, over a socket."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def serve(self) -> None:
        """Do what is asked for, once."""
        self._fed(self.tls.do_handshake)
        self.sock.sendall(self.outgoing.read())
        what, warm_up, count = REQUEST.unpack(self._take(REQUEST.size))
        if what == HANDSHAKE:
            return
        if what == b"r":
            for sealed in [self._sealed(warm_up), self._sealed(count)]:
                for piece in sealed:
                    self.sock.sendall(piece)
                if self._take(1) != b"k":
                    raise ConnectionError("no answer")
            return
        for start in range(0, warm_up, len(BLOCK)):
            if self._take(min(len(BLOCK), warm_up - start)) != BLOCK[: warm_up - start]:
                raise ConnectionError("something else came than was sent")
        self._say(b"k")
        self._skip(count)
        self._say(b"k")

    def _fed(self, call, *arguments):  # type: ignore[no-untyped-def]
        while True:
            try:
                return call(*arguments)
            except ssl.SSLWantReadError:
                if self.outgoing.pending:
                    self.sock.sendall(self.outgoing.read())
                data = self.sock.recv(65536)
                if not data:
                    raise ConnectionError("cut off") from None
                self.incoming.write(data)

    def _take(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            data += self._fed(self.tls.read, size - len(data))
        return bytes(data)

    def _say(self, word: bytes) -> None:
        self.tls.write(word)
        self.sock.sendall(self.outgoing.read())

    def _sealed(self, size: int) -> list[bytes]:
        pieces = []
        while size > 0:
            size -= self.tls.write(memoryview(BLOCK)[:size])
            if size <= 0 or self.outgoing.pending >= _PIECE:
                pieces.append(self.outgoing.read())
        return pieces

    def _skip(self, size: int) -> None:
        """Read records of so much plaintext in all."""
        if self.tls.pending():
            raise ConnectionError("the measurement began before its answer")
        data = bytearray(1 << 20)
        view, have = memoryview(data), 0
        early = self.incoming.read()
        data[: len(early)] = early
        have = len(early)
        while True:
            at = 0
            while at + _RECORD_HEAD <= have:
                length = data[at + 3] << 8 | data[at + 4]
                if at + _RECORD_HEAD + length > have:
                    break
                at += _RECORD_HEAD + length
                size -= length - _ADDED
            if size <= 0:
                return
            data[: have - at] = data[at:have]
            have -= at
            got = self.sock.recv_into(view[have:])
            if not got:
                raise ConnectionError("cut off")
            have += got


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        sock, _ = listener.accept()
        sock.settimeout(_PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with sock:
                Bulk(sock, context).serve()
        except OSError as err:
            print(err, file=sys.stderr, flush=True)


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    """The server of handshakes: a word after each."""
    while True:
        sock, _ = listener.accept()
        sock.settimeout(_PATIENCE)
        # Tickets and word are two writes: the second would wait until the first is acknowledged.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with context.wrap_socket(sock, server_side=True) as made:
                made.sendall(b"x")
                # Until the client is done: what is unread at a close would be a reset.
                made.recv(1)
        except ssl.SSLEOFError:
            pass  # A plain close is how an SSLSocket ends.
        except OSError as err:
            print(err, file=sys.stderr, flush=True)


def _visit(port: int, context: ssl.SSLContext) -> None:
    """A client of one handshake."""
    with (
        socket.create_connection(("127.0.0.1", port), _PATIENCE) as sock,
        context.wrap_socket(sock, server_hostname="127.0.0.1") as made,
    ):
        if made.recv(1) != b"x":
            raise ConnectionError("no word came")


class Shaker:
    """A process that makes handshakes, as one of the servers at `greeting` and as a client when asked.

    Each has one of its own: threads that make them at once get in each other's way, the more the quicker the
    other side is, and that is what would be measured.
    """

    def __init__(self, greeting: socket.socket, server: ssl.SSLContext, client: ssl.SSLContext) -> None:
        self.here, there = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            # With the parent's end closed here, its end is seen.
            self.here.close()
            try:
                threading.Thread(target=_greet, args=(greeting, server), daemon=True).start()
                with there, there.makefile("rw") as asked:
                    for line in asked:
                        port, count = map(int, line.split())
                        for _ in range(count):
                            _visit(port, client)
                        print("done", file=asked, flush=True)
            finally:
                os._exit(0)
        there.close()
        self.words = self.here.makefile("rw")

    def ask(self, port: int, count: int) -> None:
        """Have so many handshakes made there."""
        print(port, count, file=self.words, flush=True)

    def done(self) -> None:
        """Wait for them."""
        if self.words.readline() != "done\n":
            raise ConnectionError("a client has failed")


def main() -> None:
    """Arguments: the core (-1: any), the folder of certificates."""
    pin(int(sys.argv[1]))
    folder = Path(sys.argv[2])
    gc.disable()
    bulk, greeting = (socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(2))
    server, client = server_context(folder), client_context(folder)
    # Before there is a thread.
    shakers: list[Shaker] = []
    for _ in range(AT_ONCE):
        shakers.append(Shaker(greeting, server, client))
    threading.Thread(target=_serve, args=(bulk, server), daemon=True).start()
    pids = [os.getpid(), *(shaker.pid for shaker in shakers)]
    print(bulk.getsockname()[1], greeting.getsockname()[1], *pids, flush=True)
    for line in sys.stdin:
        port, count = map(int, line.split())
        for number, shaker in enumerate(shakers):
            shaker.ask(port, (count + number) // AT_ONCE)
        for shaker in shakers:
            shaker.done()
        print("done", flush=True)


if __name__ == "__main__":
    main()
