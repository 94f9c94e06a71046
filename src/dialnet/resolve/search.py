"""Which names a lookup tries: resolv.conf's search list, and the names nobody may ask."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config.resolv_conf import ResolvConf

__all__ = ["is_localhost", "is_onion", "names"]

# What fits into 255 bytes on the wire, written out with its final dot.
_LONGEST = 254
_ONION = (".onion", ".onion.")
_LOCALHOST = (".localhost", ".localhost.")


def names(name: str, conf: ResolvConf) -> list[str]:
    """The rooted names to ask, in order; empty where none may be (Go's `nameList`).

    A name with enough dots (`ndots`) is tried as it is first, others last.
    """
    rooted = name.endswith(".")
    if len(name) > _LONGEST or (len(name) == _LONGEST and not rooted):
        return []
    if rooted:
        return [] if is_onion(name) else [name]
    bare = f"{name}."
    if not conf.search:
        return [] if is_onion(bare) else [bare]
    found = [f"{name}.{suffix}" for suffix in conf.search if len(name) + 1 + len(suffix) <= _LONGEST]
    if name.count(".") >= conf.ndots:
        found.insert(0, bare)
    else:
        found.append(bare)
    return [each for each in found if not is_onion(each)]


def is_onion(name: str) -> bool:
    """Whether DNS may not be asked (RFC 7686): the name would tell who visits what."""
    return name.lower().endswith(_ONION)


def is_localhost(name: str) -> bool:
    """Whether the name is this machine by definition (RFC 6761, section 6.3)."""
    return f".{name.lower()}".endswith(_LOCALHOST)
