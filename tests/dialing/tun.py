"""TUN devices: what the kernel sends into one is read from its descriptor, and the other way round."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess

from tests.hosts import PATIENCE

# <linux/if_tun.h>
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000

NEAR_V4, NEAR_V6 = "198.19.0.1", "2001:db8:ffff::1"
DNS_SERVER = "198.18.0.53"
NAME = "tun0"


def open_tun() -> int:
    """A new device in this network namespace, which lives as long as its descriptor does."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", NAME.encode(), _IFF_TUN | _IFF_NO_PI))
    except BaseException:
        os.close(fd)
        raise
    return fd


def configure(ip: str, addresses: list[str], routes: list[str]) -> None:
    """Loopback and the device up, with these addresses, and these networks behind it."""
    lines = ["link set lo up", f"link set {NAME} up"]
    # IPv6 would first ask whether an address is taken; there is nobody to ask.
    lines += [f"addr add {address} dev {NAME}{' nodad' if ':' in address else ''}" for address in addresses]
    lines += [f"route add {route} dev {NAME}" for route in routes]
    subprocess.run([ip, "-batch", "-"], input="\n".join(lines).encode(), check=True, timeout=PATIENCE)


def before_others() -> None:
    """Have this process run as soon as it has something to do, where that is allowed: it keeps time, or
    measures it, and the machine may be busy."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
