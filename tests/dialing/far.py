"""What runs in the servers' namespace of `network.py`: the switch, a DNS server, and listeners.

Started as `python -m tests.dialing.far FD SOCKET IP`, as `near.py`. All addresses of `cases.py` are this
machine's; one that answers has a listener, one that refuses has none, and to a dead one the switch lets
nothing through.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from collections.abc import Iterable
from multiprocessing.connection import Connection
from typing import Any

from tests.dialing.cases import BY_NAME, CASES, DNS_ROUND_TRIP, PORT, Target
from tests.dialing.tun import DNS_SERVER, NEAR_V4, NEAR_V6, before_others, configure, open_tun
from tests.resolve.answers import no_data, reply
from tests.resolve.scripted import Scripted, Step, delay

SEED = 8305
# Longer than any packet of a device of the usual MTU.
PACKET = 65536
HEARTBEAT = 0.01


class Switch:
    """Copies packets from one device to the other. How, the address of the far side says."""

    def __init__(self, near: int, far: int, links: dict[bytes, Target]) -> None:
        self._near, self._far, self._links = near, far, links
        self._random = random.Random(SEED)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(near, self._there)
        self._loop.add_reader(far, self._back)

    def _there(self) -> None:
        for packet in _packets(self._near):
            # IP's version is the first half of the first byte.
            link = self._passes(packet[24:40] if packet[0] >> 4 == 6 else packet[16:20])
            if link is not None:
                # The whole round trip is spent on the way there.
                self._loop.call_later(link.round_trip, os.write, self._far, packet)

    def _back(self) -> None:
        for packet in _packets(self._far):
            if self._passes(packet[8:24] if packet[0] >> 4 == 6 else packet[12:16]) is not None:
                os.write(self._near, packet)

    def _passes(self, address: bytes) -> Target | None:
        link = self._links.get(address)
        if link is None or link.does == "hangs" or self._random.random() < link.loss:
            return None
        return link


def _packets(fd: int) -> Iterable[bytes]:
    while True:
        try:
            yield os.read(fd, PACKET)
        except BlockingIOError:
            return


def links() -> dict[bytes, Target]:
    """What lies before each address, by its bytes."""
    found = {ip: target for case in CASES for ip, target in case.targets().items()}
    found[DNS_SERVER] = Target("answers", DNS_ROUND_TRIP)
    return {socket.inet_pton(_family(ip), ip): target for ip, target in found.items()}


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def script(query: Any, transport: str, nth: int) -> list[Step]:
    name, kind = query.question[0].name.to_text(), query.question[0].rdtype.name
    case = BY_NAME[name.partition(".")[0].lower()]
    after, ips = (case.aaaa_after, case.ips(6)) if kind == "AAAA" else (case.a_after, case.ips(4))
    answer = reply(query, *(f"{name} {kind} {ip}" for ip in ips)) if ips else no_data(query)
    return [delay(after), answer]


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the client closes."""
    try:
        await reader.read()
    except ConnectionError:
        pass  # It may do so with a reset.
    writer.close()


class Punctuality:
    """How late this process has been: when it gets no processor, neither does a packet get its time."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + HEARTBEAT
            await asyncio.sleep(HEARTBEAT)
            self.worst = max(self.worst, loop.time() - due)

    def take(self) -> float:
        worst, self.worst = self.worst, 0.0
        return worst


async def serve(conn: Connection, near: int, far: int) -> None:
    """Until the pipe ends. Whatever comes over it asks how late we have been since the last time."""
    loop = asyncio.get_running_loop()
    Switch(near, far, links())
    living = [ip for case in CASES for ip, target in case.targets().items() if target.does == "answers"]
    for ip in living:
        await asyncio.start_server(hold, ip, PORT, backlog=1024)
    punctuality, over = Punctuality(), loop.create_future()
    watching = asyncio.create_task(punctuality.watch())

    def asked() -> None:
        try:
            conn.recv()
        except EOFError:
            loop.remove_reader(conn.fileno())
            over.set_result(None)
        else:
            conn.send(punctuality.take())

    loop.add_reader(conn.fileno(), asked)
    conn.send("ready")
    await over
    watching.cancel()


def main() -> None:
    conn, sock, ip = Connection(int(sys.argv[1])), socket.socket(fileno=int(sys.argv[2])), sys.argv[3]
    before_others()
    far = open_tun()
    mine = [DNS_SERVER, *(each for case in CASES for each in case.targets())]
    prefixed = [f"{each}/{128 if ':' in each else 32}" for each in mine]
    configure(ip, prefixed, [f"{NEAR_V4}/32", f"{NEAR_V6}/128"])
    with sock:
        _, fds, _, _ = socket.recv_fds(sock, 16, 1)
    with Scripted(script, host=DNS_SERVER, port=53):
        asyncio.run(serve(conn, fds[0], far))
        # Connections still held need no farewell; the namespace ends with us.


if __name__ == "__main__":
    main()
