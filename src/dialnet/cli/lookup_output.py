"""What a lookup has found, as lines for people and as JSON for programs.

Both are safe to print anywhere. In a line whatever does not print is made visible, a newline too, also where
it goes to a pipe: a line is a record, and a record is a line. JSON has every character, in ASCII.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import dialnet as net

from .visible import show

__all__ = ["as_json", "as_lines"]


def as_lines(records: Sequence[Any]) -> str:
    """One line for each record."""
    return "".join(show(_line(record), keep="") + "\n" for record in records)


def _line(record: Any) -> str:
    # The fields in the order of a zone file.
    match record:
        case net.MX(host=host, pref=pref):
            return f"{pref} {host}"
        case net.NS(host=host):
            return str(host)
        case net.SRV(target=target, port=port, priority=priority, weight=weight):
            return f"{priority} {weight} {port} {target}"
    return str(record)


def as_json(fields: dict[str, object], records: Sequence[Any]) -> str:
    """One document on one line: an object with `fields`, and `records` as a list."""
    document = {**fields, "records": [_value(record) for record in records]}
    return json.dumps(document) + "\n"


def _value(record: Any) -> object:
    if isinstance(record, (net.MX, net.NS, net.SRV)):
        return dataclasses.asdict(record)  # type: ignore[call-overload, unused-ignore]
    return record if isinstance(record, int) else str(record)
