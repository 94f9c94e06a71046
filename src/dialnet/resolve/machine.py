"""What this machine says about names: its files, its environment, and the way its system resolves.

The files are read when they are first needed and looked at again as Go does; `config/` says how. One object
is shared by all resolvers.
"""

from __future__ import annotations

import itertools
import os
import socket

from .. import settings, system
from .config.hosts import hosts_file
from .config.nsswitch import nsswitch_conf
from .config.resolv_conf import resolv_conf
from .config.services import Services
from .order import Choice, Facts, decide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from .config.hosts import Hosts
    from .config.nsswitch import Nsswitch
    from .config.resolv_conf import ResolvConf

    Environment = tuple[str | None, ...]

__all__ = ["Machine", "machine"]

# The C library's own multicast DNS module reads it, to know which names are its.
_MDNS_ALLOW = "/etc/mdns.allow"
# Whose own resolver also answers for MX and the like.
_WHOLE_WAYS = ("windows", "plan9")
# What a choice looks at in the environment, and on OpenBSD.
_VARIABLES = ("LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES")
_OPENBSD_VARIABLES = (*_VARIABLES, "ASR_CONFIG")


class Machine:
    """`etc` is the folder of the files, `platform` the system's name."""

    def __init__(self, etc: str = "/etc", platform: str = system.NAME) -> None:
        self.platform = platform
        self._resolv = resolv_conf(os.path.join(etc, "resolv.conf"))
        self._nsswitch = nsswitch_conf(os.path.join(etc, "nsswitch.conf"))
        self._hosts = hosts_file(os.path.join(etc, "hosts"))
        self.hosts: Callable[..., Hosts] = self._hosts.get
        self._mdns_allow = os.path.join(etc, os.path.basename(_MDNS_ALLOW))
        self.services = Services(os.path.join(etc, "services"))
        # Whose turn it is among the servers (`options rotate`).
        self.turns = itertools.count()
        self._system_way: Any = None
        self._variables = _OPENBSD_VARIABLES if platform == "openbsd" else _VARIABLES
        # By `prefer_python`, the last choice in which the name had no say, and what it was made from.
        self._choices: dict[bool | None, tuple[ResolvConf, Nsswitch, str, Environment, Choice]] = {}

    def resolv(self, now: float) -> ResolvConf:
        return self._resolv.get(now)

    def hosts_ready(self) -> Coroutine[Any, Any, bool]:
        """Wait until `hosts` takes no time; whether there was a wait."""
        return self._hosts.ready()

    @property
    def has_hosts(self) -> bool:
        """Whether `hosts_ready` is sure to have nothing to wait for."""
        return self._hosts.known

    def choose(self, host: str, now: float, prefer_python: bool | None, forced: str | None = None) -> Choice:
        """Who answers for this name; for a reverse lookup it is empty. Never fails.

        `forced` is what the settings say, where the caller knows that already.
        """
        if forced is None:
            forced = settings.current().netdns
        resolv, nsswitch = self._resolv.get(now), self._nsswitch.get(now)
        only_python = forced == "python" or prefer_python is True
        # Where only Python may answer, neither the name nor the environment has a say.
        environment = () if only_python else tuple(map(settings.variable, self._variables))
        if only_python or not _is_odd(host):
            # To walk the tables takes longer than to send a question.
            kept = self._choices.get(prefer_python)
            if (
                kept is not None
                and kept[0] is resolv
                and kept[1] is nsswitch
                and kept[2] == forced
                and kept[3] == environment
            ):
                return kept[4]
        choice = decide(
            Facts(
                host,
                platform=self.platform,
                resolv=resolv,
                nsswitch=nsswitch,
                environ=os.environ,
                hostname=socket.gethostname,
                mdns_allow=self._has_mdns_allow,
                forced=forced,
                prefer_python=prefer_python,
            )
        )
        if only_python or not (_is_odd(host) or _has_own_names(nsswitch)):
            self._choices[prefer_python] = (resolv, nsswitch, forced, environment, choice)
        return choice

    def _has_mdns_allow(self) -> bool:
        try:
            os.stat(self._mdns_allow)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # There may be one.
        return True

    def services_are_files(self, now: float) -> bool:
        """Whether ports have no other source than the file that is read here as well."""
        sources = self._nsswitch.get(now).sources.get("services", ())
        return all(source.name in ("files", "db") for source in sources)

    @property
    def whole_way(self) -> bool:
        """Whether the system's way answers every kind of question, not addresses and ports alone."""
        return self.platform in _WHOLE_WAYS

    def system_way(self) -> Any:
        """The way of this system."""
        way = self._system_way
        if way is None:
            if self.platform == "windows":
                from .ways.windows import WindowsWay

                way = WindowsWay()
            elif self.platform == "plan9":
                from .ways.plan9 import Plan9Way

                way = Plan9Way()
            else:
                from .ways.system import SystemWay

                way = SystemWay()
            self._system_way = way
        return way


def _is_odd(host: str) -> bool:
    """Whether the name itself says who answers."""
    return "\\" in host or "%" in host


def _has_own_names(nsswitch: Nsswitch) -> bool:
    """Whether there are sources that have the say about some names, as `myhostname` and `mdns` may."""
    return any(source.name not in ("files", "dns") for source in nsswitch.sources.get("hosts", ()))


machine = Machine()
