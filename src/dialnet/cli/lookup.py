"""`dialnet lookup`: what the resolver finds for one name, and how."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

import dialnet as net
from dialnet import settings

from . import options
from .lookup_output import as_json, as_lines
from .output import Output
from .peer import format_seconds
from .process import tell

__all__ = ["command"]

_KINDS = ("host", "ip", "addr", "cname", "mx", "ns", "srv", "txt", "port")
_PORT_NETWORKS = ("ip", "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6")


class Question:
    """What is asked: the arguments of the resolver's method, and what the answer is called in JSON."""

    def __init__(self, kind: str, names: Sequence[str], network: str | None) -> None:
        self.kind = kind
        self.fields: dict[str, object] = {"kind": kind}
        if network is not None and kind != "ip":
            raise click.BadParameter("only lookup ip has one", param_hint="'--network'")
        name = _srv_name(names) if kind == "srv" else names[-1]
        self.args: tuple[str, ...] = (name,)
        if kind == "srv":
            self.args = ("", "", name)
        elif kind == "ip":
            network = network or "ip"
            self.args = (name, network)
        elif kind == "port":
            network, name = self.args = _service(names)
        elif len(names) > 1:
            raise click.UsageError(f"Lookup {kind} takes one name, not {len(names)}.")
        self.fields["name"] = name
        if network is not None:
            self.fields["network"] = network

    def ask(self, resolver: net.Resolver) -> Sequence[Any]:
        """The records, maybe none. Raises `OSError`, a `DNSError` maybe with some of them."""
        if self.kind == "srv":
            self.fields["cname"] = None  # an error with records does not have it
        found: Any = getattr(resolver, f"lookup_{self.kind}")(*self.args)
        if self.kind == "srv":
            self.fields["cname"], found = found
        return found if isinstance(found, list) else [found]


def _srv_name(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    if len(names) != 3:
        raise click.UsageError("Lookup srv takes _SERVICE._PROTO.NAME, or SERVICE PROTO NAME.")
    service, proto, name = names
    return f"_{service.removeprefix('_')}._{proto.removeprefix('_')}.{name}"


def _service(names: Sequence[str]) -> tuple[str, str]:
    network, slash, service = names[0].partition("/")
    if len(names) == 1 and not slash:
        network, service = "ip", names[0]
    elif len(names) == 2 and not slash:
        service = names[1]
    elif len(names) > 1:
        raise click.UsageError("Lookup port takes NETWORK SERVICE, NETWORK/SERVICE, or SERVICE.")
    if network not in _PORT_NETWORKS:
        raise click.UsageError(f"Ports are of one of {', '.join(_PORT_NETWORKS)}, not of {network!r}.")
    if not service:
        raise click.UsageError("Lookup port needs the name of a service.")
    return network, service


@click.command("lookup", short_help="Look a name up.")
@click.argument("kind", type=click.Choice(_KINDS), metavar="KIND")
@click.argument("names", nargs=-1, required=True, metavar="NAME")
@options.servers
@click.option("--timeout", type=options.DURATION, help="Give up after this long.")
@click.option("--network", type=click.Choice(["ip", "ip4", "ip6"]), help="Which addresses lookup ip wants.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
@options.resolver
@click.option(
    "--explain", is_flag=True, help="Say on stderr who answers and why, and each query with its time."
)
def command(
    kind: str,
    names: tuple[str, ...],
    servers: tuple[str, ...],
    timeout: float | None,
    network: str | None,
    as_document: bool,
    wanted: str | None,
    explain: bool,
) -> None:
    """Look NAME up as dialnet's resolver does, and print what it finds, one record a line.

    \b
    KIND is  and prints
      host     the addresses of a host, in the order to try them
      ip       the same without zones; --network ip4 or ip6 for one family
      addr     the names of an IP address
      cname    the canonical name of a host
      mx       PREFERENCE HOST of its mail exchangers, in order
      ns       its name servers
      srv      PRIORITY WEIGHT PORT TARGET of a service, in order;
               NAME is _SERVICE._PROTO.NAME, or SERVICE PROTO NAME
      txt      its texts
      port     the number of a service; NAME is NETWORK SERVICE,
               NETWORK/SERVICE, or SERVICE for any network

    The search list of resolv.conf is used as ever; a name with a final dot is looked up as it is. A host
    that the hosts file knows is not asked of --server.

    Control characters are made visible (^[ for ESC). --json has them as \\u001b, and a byte that is no UTF-8
    as \\udc80 to \\udcff.

    Exit status: 0, 1 if there is no such name or the lookup failed, 2 for wrong usage, 130 after Ctrl-C.
    Good records of an answer that has bad ones too are printed, and the status is 1.

    \b
    Examples:
      dialnet lookup host www.example.com
      dialnet lookup mx example.com --server 192.0.2.53 --explain
      dialnet lookup srv _xmpp-client._tcp.example.com
      dialnet lookup srv xmpp-client tcp example.com --json
      dialnet lookup port tcp https
    """
    question = Question(kind, names, network)
    resolver = _resolver(kind, servers, timeout, wanted)
    if explain and settings.current().level == 0:  # else the environment has asked for the same lines
        resolver.__dict__["_tell"] = tell
    importlib.import_module("dialnet.resolve.lookups")  # as the first lookup would, and be timed with it
    started = time.monotonic()
    failure: OSError | None = None
    try:
        records = question.ask(resolver)
    except OSError as err:
        failure = err
        records = getattr(err, "records", ())
    if explain:
        took = format_seconds(time.monotonic() - started)
        found = f"found {len(records)} record{'s' * (len(records) != 1)}"
        tell(f"failed after {took}" if failure and not records else f"{found} in {took}")
    if records or failure is None:
        _print(question, records, failure, as_document)
    if failure is not None:
        raise failure


def _resolver(kind: str, servers: Sequence[str], timeout: float | None, wanted: str | None) -> net.Resolver:
    if servers and kind == "port":
        raise click.UsageError("Ports are in files and not in DNS: no --server for them.")
    return options.make_resolver(servers, wanted, timeout)


def _print(question: Question, records: Sequence[Any], failure: OSError | None, as_document: bool) -> None:
    fields = question.fields if failure is None else {**question.fields, "error": str(failure)}
    text = as_json(fields, records) if as_document else as_lines(records)
    output = Output()
    # Bytes where it is no terminal: they leave nothing in a buffer, for the exit to fail over.
    output.write(text if output.visible else text.encode(_encoding(), "backslashreplace"))


def _encoding() -> str:
    return "utf-8" if sys.stdout is None else sys.stdout.encoding
