"""The DNS server: `python -m bench.lookups.server CORE` answers every query with one A record, for ever.

It has to cost less than any resolver it serves. So it does not read queries: all names are equally long, and
what it sends is the query's id, a header made before, the query's question, and a record made before.

With a core to itself it spins instead of sleeping, as the echo benchmark's load does and for the same reason:
waking it would cost the resolver that sends. After a while without a query it sleeps all the same, so that an
idle server leaves its core to others.

A datagram that is shorter than a query asks for the counters: the answer is `Counters` in JSON.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from dialnet.resolve.dns.message import pack_query

from ..processes import end_with_parent, pin
from . import ADDRESS, HOST, NAME

HEADER = 12
QUESTION_END = len(pack_query(0, NAME.format(0), 1, edns=False))
# A response, recursion desired and available; one question, one answer.
HEAD = struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
# The question's name, A, IN, its TTL and length.
RECORD = struct.pack("!HHHIH", 0xC000 | HEADER, 1, 1, 60, 4) + socket.inet_aton(ADDRESS)

LONGEST_QUERY = 512
RECEIVE_BUFFER = 1 << 20
CALIBRATION = 0.02
PATIENCE = 0.2


@dataclass(frozen=True)
class Counters:
    """Queries answered so far, and the CPU seconds that took; turns with nothing to do are not counted."""

    answered: int
    worked: float


class Server:
    """One socket, and what was done with it."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.sock.bind((HOST, 0))
        self.sock.setblocking(False)
        self.answered = 0
        self.empty_turns = 0
        self.empty_turn = 0.0
        self.began = 0.0

    def calibrate(self) -> None:
        """Find out what a turn costs in which nothing has come."""
        start = time.process_time()
        self.serve(time.perf_counter() + CALIBRATION)
        self.began = time.process_time()
        self.empty_turn = (self.began - start) / max(1, self.empty_turns)
        self.empty_turns = 0

    def serve(self, end: float) -> None:
        """Answer until that time of the performance counter, or longer if there is no pause."""
        receive, send, clock = self.sock.recvfrom, self.sock.sendto, time.perf_counter
        head, record, question_end = HEAD, RECORD, QUESTION_END
        empty, last = 0, clock()
        while True:
            try:
                query, peer = receive(LONGEST_QUERY)
            except BlockingIOError:
                empty += 1
                if empty & 0xFF:
                    continue
                now = clock()
                if now >= end:
                    break
                if now - last > PATIENCE:
                    select.select([self.sock], [], [], 1.0)
                continue
            if len(query) >= question_end:
                send(query[:2] + head + query[HEADER:question_end] + record, peer)
                self.answered += 1
                if not self.answered & 0xFF:
                    last = clock()
            else:
                self.empty_turns += empty
                empty = 0
                send(self.counters(), peer)
                last = clock()
        self.empty_turns += empty

    def counters(self) -> bytes:
        """Return the answer to who asks for them."""
        spun = self.empty_turns * self.empty_turn
        worked = max(0.0, time.process_time() - self.began - spun)
        return json.dumps(asdict(Counters(self.answered, worked))).encode()


def ask(port: int) -> Counters:
    """Ask a server for its counters."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5.0)
        sock.connect((HOST, port))
        sock.send(b"?")
        said: dict[str, Any] = json.loads(sock.recv(LONGEST_QUERY))
    return Counters(**said)


def main() -> NoReturn:
    """Argument: the core (-1: any). The port goes to standard output."""
    pin(int(sys.argv[1]))
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    server = Server()
    server.calibrate()
    print(server.sock.getsockname()[1], flush=True)
    while True:
        server.serve(float("inf"))


if __name__ == "__main__":
    main()
