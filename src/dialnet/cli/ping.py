"""`dialnet ping`: ICMP echo requests to one host, and what comes back."""

from __future__ import annotations

import os
import sys
import time

import click

import dialnet as net
from dialnet.poll.thread_host import drive
from dialnet.sockets.echo import EchoSocket, Heard, open_echo
from dialnet.sockets.icmp import Reply

from . import options, ping_text
from .output import Output
from .ping_requests import Requests
from .process import Failed, tell
from .visible import show

__all__ = ["command"]

_SOME, _NONE, _ERROR = 0, 1, 2  # ping(8)'s exit statuses
_LARGEST = 65_507  # what fits into an IPv4 packet beside its header and ICMP's
_LEAST_INTERVAL = 0.002  # what ping(8) allows an ordinary user
_TAG = 8  # so many bytes of each request are ours alone


@click.command("ping", short_help="Send echo requests, and time the answers.")
@click.argument("host")
@click.option("-c", "--count", type=click.IntRange(min=1), help="Send so many requests; else until Ctrl-C.")
@click.option(
    "-i", "--interval", type=options.DURATION, default="1s", help="From one to the next (default 1s)."
)
@click.option(
    "--timeout", type=options.DURATION, default="1s", help="Wait so long for each answer (default 1s)."
)
@click.option(
    "-s", "--size", type=click.IntRange(0, _LARGEST), default=56, help="Bytes of data in each (default 56)."
)
@click.option("-4", "ipv4", is_flag=True, help="IPv4 only.")
@click.option("-6", "ipv6", is_flag=True, help="IPv6 only.")
def command(
    host: str, count: int | None, interval: float, timeout: float, size: int, ipv4: bool, ipv6: bool
) -> int:
    """Send ICMP echo requests to HOST, a name or an IP address, and print each answer with its time. At the
    end, or at Ctrl-C, a summary follows.

    It takes the privilege to open raw sockets, or on Linux a group that net.ipv4.ping_group_range allows.

    An answer that comes after --timeout is late, and counts as lost. One that comes twice is marked (DUP!).

    Exit status as ping(8)'s: 0 if an answer came, 1 if none did, 2 after an error.

    \b
    Examples:
      dialnet ping -c 3 192.0.2.1
      dialnet ping -6 -i 200ms www.example.com
    """
    if ipv4 and ipv6:
        raise click.UsageError("-4 or -6, not both.")
    if interval < _LEAST_INTERVAL:
        raise click.BadParameter(f"at least {_LEAST_INTERVAL * 1000:g}ms", param_hint="'--interval'")
    if timeout == 0:
        raise click.BadParameter("an answer takes more than 0 seconds", param_hint="'--timeout'")
    try:
        addr = _look_up(host, 4 if ipv4 else 6 if ipv6 else None)
        with _open(addr) as sock:
            return Pinger(sock, host, addr, count, interval, timeout, size).run()
    except (Failed, OSError) as err:
        tell(str(err))
        return _ERROR


def _look_up(host: str, version: int | None) -> net.IPAddr:
    if not host:
        raise click.BadParameter("empty", param_hint="'HOST'")
    if version is not None:
        return net.resolve_ip_addr(f"ip{version}", host)
    return net.lookup_ip_addr(host)[0]


def _open(addr: net.IPAddr) -> EchoSocket:
    assert addr.ip is not None
    try:
        return open_echo(addr.ip.version)
    except PermissionError as err:
        raise Failed(
            f"{err} (raw sockets are for root or CAP_NET_RAW; others need to be in net.ipv4.ping_group_range)"
        ) from err


class Pinger:
    """One run of the command: requests out, answers in, all in one thread."""

    def __init__(
        self,
        sock: EchoSocket,
        host: str,
        addr: net.IPAddr,
        count: int | None,
        interval: float,
        timeout: float,
        size: int,
    ) -> None:
        self._sock = sock
        self._host = host
        self._addr = addr
        self._count = count
        self._interval = interval
        self._timeout = timeout
        # Another ping may have drawn our identifier.
        self._data = (os.urandom(_TAG) + bytes(i % 256 for i in range(_TAG, size)))[:size]
        self._requests = Requests(timeout)
        self._output = Output()

    def run(self) -> int:
        """Ping until all has been sent and waited for, or Ctrl-C; the exit status."""
        self._print(ping_text.heading(self._host, str(self._addr), len(self._data)))
        began = time.monotonic()
        try:
            self._go_on(began)
        except KeyboardInterrupt:
            pass
        for line in ping_text.summary(self._host, self._requests, time.monotonic() - began):
            self._print(line)
        return _SOME if self._requests.received else _NONE

    def _go_on(self, next_at: float) -> None:
        requests = self._requests
        while True:
            now = time.monotonic()
            for number in requests.give_up(now):
                self._print(ping_text.no_answer(number, self._timeout))
            more = self._count is None or requests.sent < self._count
            end = requests.next_end()
            if more and now >= next_at:
                self._send()
                # After a stop (Ctrl-Z) go on from here: what was missed is not made up for.
                next_at = max(next_at + self._interval, now)
                continue
            if not more and end is None:
                return
            until = min(instant for instant in (end, next_at if more else None) if instant is not None)
            heard = drive(self._sock.receive(until))
            if heard is not None:
                self._take(heard)

    def _send(self) -> None:
        requests = self._requests
        number = requests.next()
        try:
            went = drive(self._sock.send(self._addr, number, self._data))
        except net.OpError as err:
            # What cannot be sent at all is an error; later on the network may be gone for a while.
            if not requests.sent:
                raise
            requests.went(time.monotonic())
            requests.failed(number)
            self._print(f"icmp_seq={number}: {err}")
        else:
            requests.went(went)

    def _take(self, heard: Heard) -> None:
        message, sender = heard.message, str(heard.sender)
        number = message.sequence
        if isinstance(message, Reply):
            if message.data != self._data:
                return  # an answer to somebody else
            found = self._requests.answered(number, heard.at)
            if found is not None:
                size = len(message.data) + 8
                self._print(ping_text.answer(size, sender, number, heard.ttl, *found))
        elif self._is_ours(message.target) and self._requests.failed(number):
            self._print(ping_text.trouble(self._sock.version, sender, number, message.type, message.code))

    def _is_ours(self, target: bytes | None) -> bool:
        assert self._addr.ip is not None
        # A request to 0.0.0.0 goes to this machine, by another address.
        return target in (None, self._addr.ip.packed) or self._addr.ip.is_unspecified

    def _print(self, line: str) -> None:
        text = show(line, keep="") + "\n"
        encoding = "utf-8" if sys.stdout is None else sys.stdout.encoding
        # Bytes where it is no terminal: they leave nothing in a buffer, and each line is there at once.
        self._output.write(text if self._output.visible else text.encode(encoding, "backslashreplace"))
