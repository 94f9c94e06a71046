"""Telling what a lookup does: to stderr, if DIALNETDEBUG has a number, and to who asks for it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..settings import Settings
    from .order import Choice

__all__ = ["TYPE_NAMES", "Observer"]

TYPE_NAMES = {1: "A", 2: "NS", 5: "CNAME", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV"}


class Observer:
    """`listens` is whether anybody does; only then is a line worth making."""

    __slots__ = ("listens", "settings", "tell")

    def __init__(self, settings: Settings, tell: Callable[[str], object] | None = None) -> None:
        self.settings = settings
        self.tell = tell
        self.listens = tell is not None or settings.level > 0

    def decided(self, what: str, choice: Choice | str) -> None:
        """Who answers, and why."""
        reason = "" if isinstance(choice, str) or not choice.reason else f" ({choice.reason})"
        self._say(f"{what}: {choice}{reason}")

    def asked(
        self, network: str, server: str, name: str, qtype: int, started: float, ended: float, said: str
    ) -> None:
        """One question to one server; the instants are the host's clock's."""
        kind = TYPE_NAMES.get(qtype, f"TYPE{qtype}")
        self._say(f"{name} {kind}: {server} over {network}: {said} ({(ended - started) * 1000:.1f} ms)")

    def _say(self, line: str) -> None:
        # What a server or a name holds must not get at the terminal.
        line = line.encode("ascii", "backslashreplace").decode("ascii")
        line = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)
        if self.settings.level > 0:
            print(f"dialnet: {line}", file=sys.stderr, flush=True)
        if self.tell is not None:
            self.tell(line)
