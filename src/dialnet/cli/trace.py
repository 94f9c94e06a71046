"""`dialnet trace`: one dial, and a picture of what happened in it and when."""

from __future__ import annotations

import shutil
import sys
import time

import click
from rich.console import Console

import dialnet as net
from dialnet.resolve import flights, lookups  # noqa: F401  or the lookup's time would have their loading in it

from . import options, secure, tls_options
from .files import write_file
from .output import Output
from .process import tell
from .tls_options import ClientOptions
from .trace_events import Events
from .trace_model import Waterfall, as_json
from .trace_svg import as_svg
from .trace_text import draw

__all__ = ["command"]


class Delay(options.Duration):
    """A duration, or `none` for attempts that wait for one another."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        return -1.0 if value in ("none", -1.0) else super().convert(value, param, ctx)


@click.command("trace", short_help="Connect, and draw what happened when.")
@click.option("--network", type=options.NETWORK, default="tcp", help="Which network; tcp without it.")
@options.address
@click.option("--timeout", type=options.DURATION, help="Give up connecting after this long.")
@click.option(
    "--fallback-delay",
    type=Delay(),
    metavar="DURATION|none",
    help="When the next address is tried while the one before has not answered (default 250ms, at least "
    "10ms); none: not before that one has failed.",
)
@options.servers
@options.resolver
@click.option("--tls", "wants_tls", is_flag=True, help="Make a TLS handshake too; as --network tls.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document instead of the picture.")
@click.option("--svg", "file", metavar="FILE", help="Write the picture to FILE; - for stdout, and only it.")
@tls_options.client
def command(
    network: str,
    address: str,
    timeout: float | None,
    fallback_delay: float | None,
    servers: tuple[str, ...],
    wanted: str | None,
    wants_tls: bool,
    as_document: bool,
    file: str | None,
    tls: ClientOptions,
) -> None:
    """Connect to ADDRESS, close the connection, and draw the waterfall of the dial: the lookup, each attempt
    to connect, and with --tls the handshake, on one axis of milliseconds. Of each it says when it began, how
    long it took, and how it ended: with addresses, as the winner, given up because another won, refused,
    timed out, ...

    ADDRESS is HOST:PORT, [IPV6]:PORT, :PORT for this machine, or a path where the network is a Unix one.

    --json has seconds, counted from the beginning of the dial.

    Exit status: 0, 1 if there was no connection (what happened is drawn all the same), 2 for wrong usage,
    130 after Ctrl-C.

    \b
    Examples:
      dialnet trace www.example.com:443
      dialnet trace --server 192.0.2.53 --fallback-delay none www.example.com:443
      dialnet trace --tls --alpn h2 www.example.com:443
      dialnet trace --svg dial.svg www.example.com:443
    """
    if as_document and file == "-":
        raise click.UsageError("Stdout has room for one: --json or --svg -.")
    if network in options.TLS_NETWORKS:
        network, wants_tls = secure.below(network), True
    context = None
    if wants_tls:
        if network not in ("tcp", "tcp4", "tcp6", "unix"):
            raise click.UsageError(f"TLS needs a network of bytes, not {network}.")
        context = tls.context()
        secure.load()
        if tls.insecure:
            secure.warn()
    else:
        tls.refuse("--tls, or --network tls.")
    resolver = options.make_resolver(servers, wanted)
    events = Events()
    dialer = net.Dialer(
        timeout=timeout, fallback_delay=fallback_delay, resolver=resolver, trace=events.trace()
    )
    winner: net.Addr | None = None
    failure: OSError | KeyboardInterrupt | None = None
    events.began = time.monotonic()
    try:
        if context is None:
            conn = dialer.dial(network, address)
        else:
            conn = secure.dial(network, address, context, tls, dialer)
    except (OSError, KeyboardInterrupt) as err:  # Ctrl-C too: why it hangs is what one wants to see
        ended, failure = time.monotonic(), err
        if isinstance(err, net.OpError) and err.op == "handshake" and isinstance(err.addr, net.Addr):
            winner = err.addr
    else:
        ended = time.monotonic()
        winner = conn.remote_addr
        conn.close()
    waterfall = events.waterfall(network, address, ended, winner, failure, wants_tls)
    try:
        _show(waterfall, as_document, file)
    except Exception:
        if isinstance(failure, OSError):
            tell(str(failure))
        raise
    if failure is not None:
        raise failure


def _show(waterfall: Waterfall, as_document: bool, file: str | None) -> None:
    output = Output()
    if as_document:
        _print(output, as_json(waterfall))
    elif file == "-":
        _print(output, as_svg(waterfall), "utf-8")
    elif waterfall.steps:
        _print(output, _picture(waterfall))
    if file not in (None, "-"):
        write_file(file, as_svg(waterfall).encode())


def _picture(waterfall: Waterfall) -> str:
    lines = draw(waterfall, shutil.get_terminal_size().columns, _encoding())
    console = Console(highlight=False)
    if console.legacy_windows:  # coloured by calls, and not by what is printed
        return "".join(f"{line.plain}\n" for line in lines)
    with console.capture() as captured:
        for line in lines:
            console.print(line, soft_wrap=True)
    return captured.get()


def _print(output: Output, text: str, encoding: str | None = None) -> None:
    # Bytes where it is no terminal: they leave nothing in a buffer, for the exit to fail over.
    data = text.encode(encoding or _encoding(), "backslashreplace")
    output.write(text if output.visible else data)


def _encoding() -> str:
    return "utf-8" if sys.stdout is None else sys.stdout.encoding
