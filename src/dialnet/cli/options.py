"""Arguments and options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

import dialnet as net

from .visible import show

__all__ = [
    "DATAGRAM_NETWORKS",
    "DURATION",
    "NETWORK",
    "TLS_NETWORKS",
    "address",
    "linger",
    "make_resolver",
    "network",
    "parse_duration",
    "raw",
    "require_patience",
    "resolver",
    "servers",
    "verbose",
]

DATAGRAM_NETWORKS = ("udp", "udp4", "udp6", "unixgram")
TLS_NETWORKS = ("tls", "tls4", "tls6")
NETWORK = click.Choice(
    ["tcp", "tcp4", "tcp6", *TLS_NETWORKS, "udp", "udp4", "udp6", "unix", "unixgram", "unixpacket"]
)

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_PART = re.compile(rf"({_NUMBER})(us|ms|s|m|h)")
_PARTS = re.compile(rf"(?:{_NUMBER}(?:us|ms|s|m|h))+")
_PLAIN = re.compile(_NUMBER)
_LONGEST = 10 * 365 * 86400.0


if TYPE_CHECKING:
    _Floats = click.ParamType[float]
    _Texts = click.ParamType[str]
else:
    _Floats = _Texts = click.ParamType  # generic from click 8.2 on


class Duration(_Floats):
    """Seconds as a number, or numbers with units: `1.5`, `500ms`, `2s`, `1m30s`, `1h`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value)
        seconds = parse_duration(text)
        if seconds is None:
            self.fail(f"{text!r} is not a duration; try 2, 1.5, 500ms, 2s or 1m", param, ctx)
        if seconds > _LONGEST:
            self.fail(f"{text!r} is too long", param, ctx)
        return seconds


class Server(_Texts):
    """A DNS server: an IP address, maybe with a port."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        try:
            net.Resolver(servers=[text])
        except ValueError as err:
            self.fail(show(str(err), keep=""), param, ctx)
        return text


def parse_duration(text: str) -> float | None:
    """Return the seconds `text` stands for, `None` when it is no duration."""
    if _PLAIN.fullmatch(text):
        return float(text)
    if not _PARTS.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


DURATION = Duration()

network = click.argument("network", type=NETWORK, metavar="NETWORK")
address = click.argument("address")
linger = click.option(
    "--linger",
    type=DURATION,
    help="After the peer has ended, go on sending until the input pauses for this long "
    "(default 0.5s; at a terminal 0; a file is sent to its end).",
)
raw = click.option(
    "--raw", is_flag=True, help="Give a terminal the peer's bytes as they are, control characters and all."
)
verbose = click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is tried and done.")
servers = click.option(
    "--server",
    "servers",
    type=Server(),
    multiple=True,
    help="Ask this DNS server, an IP address with or without :PORT; may be given several times.",
)
resolver = click.option(
    "--resolver",
    "wanted",
    type=click.Choice(["python", "system"]),
    help="Who answers; without it the machine's configuration decides.",
)


def make_resolver(servers: Sequence[str], wanted: str | None, timeout: float | None = None) -> net.Resolver:
    """The resolver that `--server` and `--resolver` describe."""
    if servers and wanted == "system":
        raise click.UsageError("The system's resolver asks the servers it knows: no --server for it.")
    prefer_python = None if wanted is None else wanted == "python"
    return net.Resolver(prefer_python=prefer_python, servers=servers or None, timeout=timeout)


def require_patience(idle: float | None) -> None:
    """Refuse `--idle 0` for a stream, which would end it before it began."""
    if idle == 0:
        raise click.BadParameter("a stream needs more than 0 seconds", param_hint="'--idle'")
