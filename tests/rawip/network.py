"""A network that only some sockets of this process are in.

A raw socket gets every packet of its protocol, so two that talk over IPv6 loopback, which has one address,
hear themselves and each other, and whoever else tries this on the machine. In a namespace there are addresses
enough, and nobody else.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from tests.hosts import PATIENCE

ONE, TWO = "fd00::1", "fd00::2"
LINK_ONE, LINK_TWO = "fe80::1", "fe80::2"  # of the zone `lo`

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _SIOCSIFADDR = 0x8914, 0x8916
_IFF_UP = 0x1


@contextlib.contextmanager
def own_network() -> Iterator[None]:
    """Put the calling thread into a new network namespace, whose loopback device has the addresses above.
    What sockets it makes meanwhile stay in there, and keep it alive."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            _call("unshare", _CLONE_NEWNET)
        except PermissionError as err:
            pytest.skip(f"no network namespace for this user: {err}")
        try:
            _bring_up()
            yield
        finally:
            _call("setns", home, _CLONE_NEWNET)
    finally:
        os.close(home)


def _call(name: str, *args: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _bring_up() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
        index = socket.if_nametoindex("lo")
        for address in (ONE, TWO, LINK_ONE, LINK_TWO):
            packed = socket.inet_pton(socket.AF_INET6, address)
            length = 64 if address.startswith("fe80") else 128
            fcntl.ioctl(sock, _SIOCSIFADDR, struct.pack("16sIi", packed, length, index))
    for one, two in ((ONE, TWO), (TWO, ONE), (LINK_ONE, LINK_TWO), (LINK_TWO, LINK_ONE)):
        _await_way((one, 0, 0, index), (two, 0, 0, index))


def _await_way(here: tuple[str, int, int, int], there: tuple[str, int, int, int]) -> None:
    """Until packets get through: the kernel puts a new address into use when it finds the time."""
    end = time.monotonic() + PATIENCE
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as two,
    ):
        two.settimeout(0.002)
        while time.monotonic() < end:
            try:
                for sock, address in ((one, here), (two, there)):
                    if not sock.getsockname()[1]:
                        sock.bind(address)
                one.sendto(b"?", two.getsockname())
                two.recv(1)
            except OSError:
                time.sleep(0.001)
            else:
                return
    raise AssertionError(f"no way from {here} to {there}")


def need_raw() -> None:
    """Skip the test where raw sockets are forbidden: there is nothing to install that would help."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 253).close()
    except PermissionError as err:
        pytest.skip(f"no raw sockets for this user: {err}")


def somewhere() -> str:
    """A loopback address that nobody else uses, so that no other test's packets come to it."""
    return f"127.{os.urandom(1)[0] % 254 + 1}.{os.urandom(1)[0]}.{os.urandom(1)[0] % 254 + 1}"
