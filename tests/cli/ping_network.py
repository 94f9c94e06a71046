"""A network namespace with a scripted network in it, and a program run there.

Started as `unshare --net python -m tests.cli.ping_network WAY ARGUMENT...`, it becomes `dialnet ARGUMENT...`,
so signals and standard streams are that one's. WAY is `raw`, `unprivileged` (no raw sockets, but the kernel's
ICMP ones) or `forbidden` (neither).

All addresses of 198.18.0.0/24 and 2001:db8::/64 are behind a TUN device; how an echo request is answered goes
by the last byte of its address, see `_MANNERS`.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable

V4, V6 = "198.18.0.{}", "2001:db8::{:x}"
MINE = {4: V4.format(1), 6: V6.format(1)}
ROUTER = {4: V4.format(254), 6: V6.format(254)}
ANSWERS, TWICE, NEVER, UNREACHABLE, EXPIRED, ODD, SLOW, NOISY, BREAKS = range(10, 19)
HOPS = 55
DELAY = 0.3  # seconds that `SLOW` takes

_DEVICE = "tun0"
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_PR_SET_PDEATHSIG = 1


def address(version: int, manner: int) -> str:
    return (V4 if version == 4 else V6).format(manner)


# Packets.


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def packed(version: int, source: str, message: bytes) -> bytes:
    """A whole packet with this ICMP message, whose checksum is filled in."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, MINE[version])
    pseudo = b"" if version == 4 else ends + struct.pack("!II", len(message), 58)
    total = checksum(pseudo + message[:2] + b"\0\0" + message[4:])
    message = message[:2] + total.to_bytes(2, "big") + message[4:]
    if version == 6:
        return struct.pack("!IHBB", 6 << 28, len(message), 58, HOPS) + ends + message
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, HOPS, 1, 0) + ends
    return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + message


class Request:
    """An echo request, and the ways to answer it."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.version = packet[0] >> 4
        at = (packet[0] & 15) * 4 if self.version == 4 else 40
        self.message = packet[at:]
        self.target = packet[16:20] if self.version == 4 else packet[24:40]
        protocol = packet[9] if self.version == 4 else packet[6]
        pseudo = b"" if self.version == 4 else packet[8:40] + struct.pack("!II", len(self.message), 58)
        self.is_one = (
            protocol == (1 if self.version == 4 else 58)
            and self.message[:2] == bytes([8 if self.version == 4 else 128, 0])
            and checksum(pseudo + self.message) == 0
        )
        self.number = int.from_bytes(self.message[6:8], "big")

    def answer(self, message: bytes | None = None) -> bytes:
        message = self.message if message is None else message
        family = socket.AF_INET if self.version == 4 else socket.AF_INET6
        kind = 0 if self.version == 4 else 129
        return packed(self.version, socket.inet_ntop(family, self.target), bytes([kind]) + message[1:])

    def trouble(self, kind: int, code: int) -> bytes:
        """From the router, quoting no more than it must (RFC 792): the header and 8 bytes."""
        quoted = self.packet[:28] if self.version == 4 else self.packet
        return packed(self.version, ROUTER[self.version], bytes([kind, code]) + bytes(6) + quoted)


def _noisy(request: Request) -> list[bytes]:
    """Answers that are none of ours, and one that is."""
    message = request.message
    other_identifier = message[:4] + bytes([message[4] ^ 255]) + message[5:]
    other_data = message[:-1] + bytes([message[-1] ^ 255])
    cut = message[:-1]
    nonsense = bytes([3 if request.version == 4 else 1, 1]) + os.urandom(40)
    return [
        *(request.answer(m) for m in (other_identifier, other_data, cut)),
        packed(request.version, ROUTER[request.version], nonsense),
        request.answer(),
    ]


_MANNERS: dict[int, Callable[[Request], list[bytes]]] = {
    ANSWERS: lambda request: [request.answer()],
    TWICE: lambda request: [request.answer()] * 2,
    NEVER: lambda request: [],
    UNREACHABLE: lambda request: [request.trouble(*((3, 1) if request.version == 4 else (1, 3)))],
    EXPIRED: lambda request: [request.trouble(*((11, 0) if request.version == 4 else (3, 0)))],
    ODD: lambda request: [request.answer()] if request.number % 2 else [],
    SLOW: lambda request: [request.answer()],
    NOISY: _noisy,
    BREAKS: lambda request: [request.answer()],
}


def serve(tun: int) -> None:
    """Answer what comes, until killed."""
    while True:
        request = Request(os.read(tun, 70_000))
        if not request.is_one:
            continue
        manner = request.target[-1]
        answers = _MANNERS.get(manner, lambda _: [])(request)
        if manner == SLOW:
            for packet in answers:
                threading.Timer(DELAY, os.write, (tun, packet)).start()
            continue
        for packet in answers:
            os.write(tun, packet)
        if manner == BREAKS:
            subprocess.run(["ip", "link", "set", _DEVICE, "down"], check=True)


# The machine.


def open_tun() -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    commands = f"""
link set lo up
link set {_DEVICE} up
addr add {MINE[4]}/24 dev {_DEVICE}
addr add {MINE[6]}/64 dev {_DEVICE} nodad
"""
    subprocess.run(["ip", "-batch", "-"], input=commands.encode(), check=True)
    return tun


def main() -> None:
    way, *arguments = sys.argv[1:]
    tun = open_tun()
    with open("/proc/sys/net/ipv4/ping_group_range", "w") as file:
        # Of no group, or of ours: in a user namespace there may be no other.
        file.write("0 0" if way == "unprivileged" else "1 0")
    if os.fork() == 0:
        # It ends with the program, whatever ends that.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in range(3):
            os.close(number)
        serve(tun)
    before = [] if way == "raw" else ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
    argv = [*before, sys.executable, "-W", "error", "-m", "dialnet", *arguments]
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
