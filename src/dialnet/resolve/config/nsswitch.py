"""nsswitch.conf(5): which sources are asked for a kind of name, in which order, and when the search ends.

Read as Go reads it: one mistake makes the whole file an error (the sources before it are kept), and only
spaces stand between sources, so that two with a tab between them are one unknown source.
"""

from __future__ import annotations

from collections import namedtuple

from .fields import text
from .watched import Watched

__all__ = ["Criterion", "Nsswitch", "Source", "nsswitch_conf", "parse_nsswitch"]

# Some tenth of a second for the worst there may be: it is the lookup that finds a change which reads it.
LIMIT = 1 << 16
_BLANK = b" \t\r"


class Criterion(namedtuple("Criterion", ("negate", "status", "action"))):
    """One `[!STATUS=ACTION]`: whether it is negated (`bool`), and both words in lower case."""

    __slots__ = ()


class Source(namedtuple("Source", ("name", "criteria"), defaults=((),))):
    """One source's name and the tuple of its `Criterion`s."""

    __slots__ = ()

    def standard_criteria(self) -> bool:
        """Whether they say no more than what holds anyway: success ends the search, anything else does not.

        The last one may end it in any case.
        """
        last = len(self.criteria) - 1
        return all(_is_standard(criterion, i == last) for i, criterion in enumerate(self.criteria))


_ACTIONS = {"success": "return", "notfound": "continue", "unavail": "continue", "tryagain": "continue"}


def _is_standard(criterion: Criterion, last: bool) -> bool:
    action = _ACTIONS.get(criterion.status)
    if criterion.negate or action is None:
        return False
    return criterion.action == action or (last and criterion.action == "return")


class Nsswitch:
    """What an nsswitch.conf says: `sources` by the name of their database, as `hosts`.

    `error` is the `OSError` for which it could not be read, or the `ValueError` at which it stopped being
    understood; `missing` if there is no such file.
    """

    __slots__ = ("error", "missing", "sources")

    def __init__(
        self, sources: dict[str, tuple[Source, ...]] | None = None, error: OSError | ValueError | None = None
    ) -> None:
        self.sources = sources or {}
        self.error = error
        self.missing = isinstance(error, FileNotFoundError)


def nsswitch_conf(path: str = "/etc/nsswitch.conf") -> Watched[Nsswitch]:
    """The file, followed."""
    return Watched(path, parse_nsswitch, limit=LIMIT)


def parse_nsswitch(data: bytes | OSError) -> Nsswitch:
    """What the file's bytes say. Takes any bytes, in linear time."""
    if isinstance(data, OSError):
        return Nsswitch(error=data)
    sources: dict[str, list[Source]] = {}
    error = None
    try:
        for line in data.split(b"\n"):
            _parse_line(line.partition(b"#")[0].strip(_BLANK), sources)
    except ValueError as err:
        # It is kept for long; the frames it came through must not be.
        err.__traceback__ = None
        error = err
    return Nsswitch({database: tuple(listed) for database, listed in sources.items()}, error)


def _parse_line(line: bytes, sources: dict[str, list[Source]]) -> None:
    """Add the line's sources. Raises `ValueError` at what cannot be understood."""
    if not line:
        return
    database, colon, rest = line.partition(b":")
    if not colon:
        raise ValueError("no colon on line")
    name = text(database.strip(_BLANK))
    # By position, not by cutting off what is done: a line may be as long as the file.
    at = _skip(rest, 0)
    while at < len(rest):
        end = rest.find(b" ", at)
        if end < 0:
            end = len(rest)
        source = rest[at:end].rstrip(_BLANK)
        at = _skip(rest, end)
        criteria: tuple[Criterion, ...] = ()
        if rest[at : at + 1] == b"[":
            close = rest.find(b"]", at)
            if close < 0:
                raise ValueError("unclosed criterion bracket")
            criteria = _parse_criteria(rest[at + 1 : close])
            at = _skip(rest, close + 1)
        sources.setdefault(name, []).append(Source(text(source), criteria))


def _skip(line: bytes, at: int) -> int:
    """Where the next thing that is not blank begins."""
    while at < len(line) and line[at] in _BLANK:
        at += 1
    return at


def _parse_criteria(block: bytes) -> tuple[Criterion, ...]:
    found = []
    for word in block.split(b" "):
        word = word.strip(_BLANK)
        if not word:
            continue
        negate = word.startswith(b"!")
        status, equals, action = word.removeprefix(b"!").lower().partition(b"=")
        if len(status) + len(equals) + len(action) < 3 or not equals:
            raise ValueError("invalid criteria: " + text(block[:200]))
        found.append(Criterion(negate, text(status), text(action)))
    return tuple(found)
