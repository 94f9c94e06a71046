"""What the environment and the build say: `DIALNETDEBUG`, and the default a distributor has fixed.

`DIALNETDEBUG` is a list of settings separated by commas, as Go's GODEBUG:

`netdns=python|system`  which resolver answers (`go` and `cgo` mean the same two); a number prints each
                        decision to stderr; `python+1` or `1+python` does both
`netedns0=0`            DNS queries go without EDNS0
`multipathtcp=0|1|2|3`  see Go: off, on, on for listeners only, on for dialers only

The last of several settings of one name counts. It is read anew whenever it has changed.
"""

from __future__ import annotations

import functools
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Settings", "current", "variable"]

_MODES = {"python": "python", "go": "python", "system": "system", "cgo": "system", "": ""}


class Settings:
    """`netdns` is `python`, `system` or empty; `unknown` a mode nobody knows; `level` what to print."""

    __slots__ = ("edns0", "level", "multipath_tcp", "netdns", "unknown")

    def __init__(self, text: str, built_in: str = "") -> None:
        given = {}
        for part in text.split(","):
            name, _, value = part.strip().partition("=")
            given[name] = value
        self.edns0 = given.get("netedns0") != "0"
        self.multipath_tcp = given.get("multipathtcp", "")
        self.level = 0
        self.netdns = self.unknown = ""
        for word in given.get("netdns", "").split("+", 1):
            if word.isascii() and word.isdigit():
                self.level = int(word[:9])
            elif word in _MODES:
                self.netdns = _MODES[word] or self.netdns
            else:
                self.unknown = word
        self.netdns = self.netdns or built_in


def _built_in() -> str:
    """What the build has fixed (see hatch_build.py): `python`, `system` or nothing."""
    try:
        from ._build import NETDNS  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return ""
    return _MODES.get(NETDNS, "")


_as_kept: Any = functools.cache(os.environ.encodekey)


def variable(name: str) -> str | None:
    """An environment variable's value, as `os.environ.get` has it.

    For a variable that is not set that one raises and catches two exceptions, which takes as long as to send
    a question does; the mapping behind it does not.
    """
    kept: dict[Any, Any] | None = getattr(os.environ, "_data", None)
    if kept is None:
        return os.environ.get(name)
    value = kept.get(_as_kept(name))
    return None if value is None else os.environ.decodevalue(value)


_kept: tuple[str | None, Settings] | None = None


def current() -> Settings:
    global _kept
    text = variable("DIALNETDEBUG")
    kept = _kept
    if kept is None or kept[0] != text:
        settings = Settings(text or "", _built_in())
        kept = _kept = (text, settings)
        if settings.unknown and settings.level > 0:
            said = f"dialnet: DIALNETDEBUG: netdns={settings.unknown!a} is not known and left out"
            print(said, file=sys.stderr, flush=True)
    return kept[1]
