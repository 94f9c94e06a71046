"""`dialnet interfaces`: the network interfaces as a table, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

import dialnet as net
from dialnet.netif.source import address_table

from .output import Output
from .process import Failed
from .visible import show

__all__ = ["command"]

# More than any table needs: a narrow terminal breaks the lines, and nothing of an address is lost.
_WIDTH = 1000


@click.command("interfaces", short_help="Show the network interfaces.")
@click.argument("name", required=False)
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def command(name: str | None, as_document: bool) -> None:
    """Show the network interfaces and their addresses; with NAME only that one, and the multicast groups it
    hears. NAME may be an index.

    Exit status: 0, 1 if there is no such interface or the system does not tell, 2 for wrong usage.

    \b
    Examples:
      dialnet interfaces
      dialnet interfaces eth0 --json
    """
    try:
        found = net.interfaces() if name is None else [_one(name)]
        table = address_table()
    except ModuleNotFoundError as err:
        raise Failed(str(err)) from err
    addresses = [[str(addr) for index, addr in table if index == (each.index or each.name)] for each in found]
    groups = None if name is None else [str(group) for group in found[0].multicast_addrs()]
    output = Output()
    if as_document:
        documents = [_document(each, addrs) for each, addrs in zip(found, addresses)]
        document: object = documents if groups is None else {**documents[0], "multicast_addrs": groups}
        output.write(json.dumps(document) + "\n")
    else:
        output.write(_table(found, addresses, groups))


def _one(name: str) -> net.Interface:
    try:
        return net.interface_by_name(name)
    except OSError:
        # No interface is named by a number where others go by their index.
        if name.isascii() and name.isdigit() and len(name) <= 10:
            return net.interface_by_index(int(name))
        raise


def _document(each: net.Interface, addrs: Sequence[str]) -> dict[str, object]:
    return {
        "index": each.index,
        "name": each.name,
        "flags": [] if not each.flags.value else str(each.flags).split("|"),
        "mtu": each.mtu,
        "hardware_addr": str(each.hardware_addr) or None,
        "addrs": list(addrs),
    }


def _table(
    found: Sequence[net.Interface],
    addresses: Sequence[Sequence[str]],
    groups: Sequence[str] | None,
) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("index", justify="right")
    table.add_column("name")
    table.add_column("flags")
    table.add_column("mtu", justify="right")
    table.add_column("hardware address")
    table.add_column("addresses")
    if groups is not None:
        table.add_column("multicast groups")
    for each, addrs in zip(found, addresses):
        cells = [
            str(each.index),
            show(each.name, keep=""),
            str(each.flags),
            str(each.mtu),
            str(each.hardware_addr),
            "\n".join(addrs),
        ]
        if groups is not None:
            cells.append("\n".join(groups))
        table.add_row(*(Text(cell) for cell in cells))
    console = Console(width=_WIDTH, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())
