"""Options are frozen dataclasses, whoever asks."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

import dialnet
import dialnet.aio

RECORDS = [
    (dialnet.KeepAliveConfig(idle=3), {"count": 2}),
    (dialnet.Dialer(timeout=3), {"timeout": 4}),
    (dialnet.aio.Dialer(timeout=3, local_addr=dialnet.TCPAddr("127.0.0.1")), {"timeout": 4}),
    (dialnet.ListenConfig(backlog=5), {"reuse_port": True}),
    (dialnet.aio.ListenConfig(backlog=5), {"reuse_port": True}),
]


@pytest.mark.parametrize(("record", "changes"), RECORDS, ids=lambda value: type(value).__name__)
def test_a_record(record: Any, changes: dict[str, Any]) -> None:
    assert dataclasses.is_dataclass(record)
    names = [field.name for field in dataclasses.fields(record)]
    assert set(changes) <= set(names)
    changed = dataclasses.replace(record, **changes)
    assert type(changed) is type(record)
    for name in names:
        assert getattr(changed, name) == changes.get(name, getattr(record, name))
    assert changed != record
    for twin in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert twin == record
        assert hash(twin) == hash(record)
        assert repr(twin) == repr(record)
    assert repr(record).startswith(f"{type(record).__name__}({names[0]}=")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, names[0], None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(record, names[0])


def test_the_faces_share_fields_and_differ_in_class() -> None:
    assert dialnet.Dialer(timeout=1) != dialnet.aio.Dialer(timeout=1)
    assert dialnet.KeepAliveConfig is dialnet.aio.KeepAliveConfig


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: dialnet.KeepAliveConfig(idle=float("nan")), ValueError),
        (lambda: dialnet.KeepAliveConfig(interval=float("inf")), ValueError),
        (lambda: dialnet.KeepAliveConfig(count=1.5), TypeError),  # type: ignore[arg-type]
        (lambda: dialnet.Dialer(timeout="3"), TypeError),  # type: ignore[arg-type]
        (lambda: dialnet.Dialer(deadline="3"), TypeError),  # type: ignore[arg-type]
        (lambda: dialnet.Dialer(local_addr="127.0.0.1:0"), TypeError),  # type: ignore[arg-type]
        (lambda: dialnet.Dialer(keep_alive=15), TypeError),  # type: ignore[arg-type]
        (lambda: dialnet.Dialer(control=3), TypeError),  # type: ignore[arg-type]
        (lambda: dialnet.ListenConfig(backlog=-1), ValueError),
        (lambda: dialnet.ListenConfig(backlog=1.5), TypeError),  # type: ignore[arg-type]
    ],
)
def test_bad_options_are_refused_when_they_are_given(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()
