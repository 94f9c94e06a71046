"""Every way to make a second one of an error, and what must be the same about it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any, TypeVar

E = TypeVar("E", bound=BaseException)


def twins(err: E) -> Iterator[E]:
    """Copies of `err` that look like it."""
    yield _same(err, copy.copy(err))
    yield _same(err, copy.deepcopy(err))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield _same(err, pickle.loads(pickle.dumps(err, protocol)))


def _same(err: Any, twin: Any) -> Any:
    assert type(twin) is type(err)
    assert twin is not err
    assert repr(twin) == repr(err)
    assert str(twin) == str(err)
    assert repr(twin.args) == repr(err.args)
    for name in ("errno", "strerror", "timeout", "temporary"):
        assert getattr(twin, name) == getattr(err, name)
    return twin
