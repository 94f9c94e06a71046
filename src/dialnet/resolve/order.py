"""Who answers a lookup, and from where: the decision Go's `hostLookupOrder` makes, as a table.

`decide` walks three tables, each from the top to the first row that applies: `WHO`, which ends the matter or
says who may answer; `WHERE`, what the files say; and for each source that nsswitch.conf names, `SOURCES`.

The system's resolver is taken wherever a Python one could not know what the machine means: nsswitch.conf
names a module only the C library can load, or a file says something that is not understood here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .config.reading import is_no_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config.nsswitch import Nsswitch, Source
    from .config.resolv_conf import ResolvConf

    Answer = "Choice | str"

__all__ = ["SOURCES", "WHERE", "WHO", "Choice", "Facts", "Row", "decide"]


class Choice:
    """Whether the system's resolver answers, and if not, which sources in which order; and why."""

    __slots__ = ("reason", "sources", "system")

    def __init__(self, system: bool, sources: tuple[str, ...] = (), reason: str = "") -> None:
        self.system = system
        self.sources = sources
        self.reason = reason

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Choice):
            return NotImplemented
        return (self.system, self.sources) == (other.system, other.sources)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Choice({self})"

    def __str__(self) -> str:
        """As it is printed: `system`, or `python: files,dns`."""
        return "system" if self.system else "python: " + (",".join(self.sources) or "nothing")

    def because(self, reason: str) -> Choice:
        return Choice(self.system, self.sources, reason)


class Facts:
    """All that a decision rests on. `host` is empty for a reverse lookup.

    `platform` is `system.NAME`; `available` whether there is a system resolver; `forced` what the debug
    setting or the build says; `prefer_python` what the `Resolver` says; `environ` the environment.
    """

    __slots__ = (
        "available",
        "environ",
        "forced",
        "host",
        "hostname",
        "mdns_allow",
        "nsswitch",
        "only_python",
        "platform",
        "prefer_python",
        "resolv",
    )

    def __init__(
        self,
        host: str,
        *,
        platform: str,
        resolv: ResolvConf,
        nsswitch: Nsswitch,
        environ: Mapping[str, str],
        hostname: Callable[[], str],
        mdns_allow: Callable[[], bool],
        forced: str = "",
        prefer_python: bool | None = None,
        available: bool = True,
    ) -> None:
        self.host = host
        self.platform = platform
        self.resolv = resolv
        self.nsswitch = nsswitch
        self.environ = environ
        self.hostname = hostname
        self.mdns_allow = mdns_allow
        self.forced = forced
        self.prefer_python = prefer_python
        self.available = available
        self.only_python = False


class Row:
    """One row: its name, when it applies, what then, and the reason in words."""

    __slots__ = ("applies", "name", "outcome", "reason")

    def __init__(self, name: str, applies: Callable[..., bool], outcome: Choice | str, reason: str) -> None:
        self.name = name
        self.applies = applies
        self.outcome = outcome
        self.reason = reason


ONLY_PYTHON = "only the Python resolver may answer"
EITHER = "either may answer"
FALLBACK = "files and DNS, or the system"
SCAN = "as the sources of nsswitch.conf say"

SYSTEM = Choice(True)
FILES_DNS = Choice(False, ("files", "dns"))
DNS_FILES = Choice(False, ("dns", "files"))
FILES = Choice(False, ("files",))
DNS = Choice(False, ("dns",))

# Their own resolvers know what no file says: VPNs, per-interface servers, multicast DNS.
_SYSTEM_PREFERRED = ("windows", "plan9", "darwin", "ios", "android")
_NO_FILES = ("windows", "plan9", "ios", "android")


def _unreadable(f: Facts) -> bool:
    err = f.resolv.error
    if err is None or isinstance(err, (FileNotFoundError, PermissionError)):
        return False
    # Go asks the C library for these too. But that would wait for ever in opening a FIFO, read /dev/zero
    # until there is no memory left, and find no name at all with a folder.
    return not is_no_file(err)


def _no_sources(f: Facts) -> bool:
    error = f.nsswitch.error
    return f.nsswitch.missing or is_no_file(error) or (not error and not f.nsswitch.sources.get("hosts"))


WHO = (
    Row("unavailable", lambda f: not f.available, ONLY_PYTHON, "there is no system resolver"),
    Row("forced python", lambda f: f.forced == "python", ONLY_PYTHON, "netdns=python"),
    Row("resolver python", lambda f: f.prefer_python is True, ONLY_PYTHON, "the Resolver prefers Python"),
    Row("forced system", lambda f: f.forced == "system", SYSTEM, "netdns=system"),
    Row("resolver system", lambda f: f.prefer_python is False, SYSTEM, "the Resolver prefers the system"),
    Row("platform", lambda f: f.platform in _SYSTEM_PREFERRED, SYSTEM, "this system's own way is best"),
    Row("LOCALDOMAIN", lambda f: "LOCALDOMAIN" in f.environ, SYSTEM, "LOCALDOMAIN is set"),
    Row("RES_OPTIONS", lambda f: bool(f.environ.get("RES_OPTIONS")), SYSTEM, "RES_OPTIONS is set"),
    Row("HOSTALIASES", lambda f: bool(f.environ.get("HOSTALIASES")), SYSTEM, "HOSTALIASES is set"),
    Row(
        "ASR_CONFIG",
        lambda f: f.platform == "openbsd" and bool(f.environ.get("ASR_CONFIG")),
        SYSTEM,
        "ASR_CONFIG is set",
    ),
    Row("odd name", lambda f: "\\" in f.host or "%" in f.host, SYSTEM, "the name has a \\ or %"),
    Row("either", lambda f: True, EITHER, ""),
)

WHERE = (
    Row("no files", lambda f: f.platform in _NO_FILES, FALLBACK, "this system has no nsswitch.conf"),
    Row(
        "resolv.conf unreadable",
        lambda f: not f.only_python and _unreadable(f),
        SYSTEM,
        "resolv.conf cannot be read",
    ),
    Row(
        "resolv.conf unknown",
        lambda f: not f.only_python and f.resolv.unknown_option,
        SYSTEM,
        "resolv.conf has an unknown setting",
    ),
    Row(
        "openbsd no resolv.conf",
        lambda f: f.platform == "openbsd" and isinstance(f.resolv.error, FileNotFoundError),
        FILES,
        "there is no resolv.conf",
    ),
    Row(
        "openbsd no lookup",
        lambda f: f.platform == "openbsd" and not f.resolv.lookup,
        DNS_FILES,
        "resolv.conf has no lookup line",
    ),
    Row(
        "openbsd bind",
        lambda f: f.platform == "openbsd" and tuple(f.resolv.lookup) == ("bind",),
        DNS,
        "resolv.conf: lookup bind",
    ),
    Row(
        "openbsd bind file",
        lambda f: f.platform == "openbsd" and tuple(f.resolv.lookup) == ("bind", "file"),
        DNS_FILES,
        "resolv.conf: lookup bind file",
    ),
    Row(
        "openbsd file",
        lambda f: f.platform == "openbsd" and tuple(f.resolv.lookup) == ("file",),
        FILES,
        "resolv.conf: lookup file",
    ),
    Row(
        "openbsd file bind",
        lambda f: f.platform == "openbsd" and tuple(f.resolv.lookup) == ("file", "bind"),
        FILES_DNS,
        "resolv.conf: lookup file bind",
    ),
    Row(
        "openbsd other lookup",
        lambda f: f.platform == "openbsd",
        FALLBACK,
        "resolv.conf's lookup line is not understood",
    ),
    Row(
        "solaris no sources",
        lambda f: f.platform == "solaris" and not f.only_python and _no_sources(f),
        SYSTEM,
        "nsswitch.conf has no hosts line",
    ),
    Row("no sources", _no_sources, FILES_DNS, "nsswitch.conf has no hosts line"),
    Row(
        "nsswitch.conf bad", lambda f: f.nsswitch.error is not None, FALLBACK, "nsswitch.conf cannot be read"
    ),
    Row("nsswitch.conf", lambda f: True, SCAN, "nsswitch.conf"),
)


SKIP = "left out"
TAKE = "taken"


def _is_local_name(f: Facts, source: Source) -> bool:
    """What nss-myhostname(8) answers."""
    host = f.host.removesuffix(".").lower()
    if host in ("localhost", "localhost.localdomain", "_gateway", "_outbound"):
        return True
    if host.endswith((".localhost", ".localhost.localdomain")):
        return True
    try:
        return host == f.hostname().lower()
    except OSError:
        return True


def _multicast(f: Facts, source: Source) -> bool:
    return source.name.startswith("mdns") and f.host != ""


SOURCES = (
    Row(
        "criteria",
        lambda f, s: s.name in ("files", "dns") and not f.only_python and not s.standard_criteria(),
        SYSTEM,
        "it has criteria of its own",
    ),
    Row("known", lambda f, s: s.name in ("files", "dns"), TAKE, ""),
    Row(
        "myhostname",
        lambda f, s: s.name == "myhostname" and not f.only_python and f.host != "" and _is_local_name(f, s),
        SYSTEM,
        "it knows this name",
    ),
    Row(
        "myhostname skipped",
        lambda f, s: s.name == "myhostname" and not f.only_python and f.host != "",
        SKIP,
        "it does not know this name",
    ),
    Row(
        "mdns .local",
        lambda f, s: (
            _multicast(f, s) and not f.only_python and f.host.removesuffix(".").lower().endswith(".local")
        ),
        SYSTEM,
        "the name ends in .local",
    ),
    Row(
        "mdns.allow",
        lambda f, s: _multicast(f, s) and not f.only_python and f.mdns_allow(),
        SYSTEM,
        "there may be an /etc/mdns.allow",
    ),
    Row(
        "mdns skipped",
        lambda f, s: _multicast(f, s) and not f.only_python,
        SKIP,
        "the name does not end in .local",
    ),
    Row("foreign", lambda f, s: not f.only_python, SYSTEM, "only the C library has it"),
    # Something like `resolve` stands where DNS would, unless DNS stands there as well.
    Row(
        "instead of dns",
        lambda f, s: all(other.name != "dns" for other in f.nsswitch.sources["hosts"]),
        TAKE,
        "",
    ),
    Row("ignored", lambda f, s: True, SKIP, "the Python resolver has no such source"),
)


def _first(rows: tuple[Row, ...], *facts: object) -> Row:
    return next(row for row in rows if row.applies(*facts))


def decide(facts: Facts) -> Choice:
    """Who answers. Never fails."""
    facts.only_python = False
    who = _first(WHO, facts)
    if isinstance(who.outcome, Choice):
        return who.outcome.because(who.reason)
    facts.only_python = who.outcome == ONLY_PYTHON
    where = _first(WHERE, facts)
    if isinstance(where.outcome, Choice):
        return where.outcome.because(who.reason or where.reason)
    if where.outcome == FALLBACK:
        return (FILES_DNS if facts.only_python else SYSTEM).because(who.reason or where.reason)
    return _scan(facts, who.reason or where.reason)


def _scan(facts: Facts, reason: str) -> Choice:
    taken: list[str] = []
    for source in facts.nsswitch.sources["hosts"]:
        row = _first(SOURCES, facts, source)
        if isinstance(row.outcome, Choice):
            return row.outcome.because(f"nsswitch.conf: {source.name}: {row.reason}")
        if row.outcome == TAKE:
            name = source.name if source.name == "files" else "dns"
            if name not in taken:
                taken.append(name)
    if not taken:
        return (FILES_DNS if facts.only_python else SYSTEM).because(
            "nsswitch.conf names no source that is known here"
        )
    return Choice(False, tuple(taken), reason)
