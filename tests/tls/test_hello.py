"""The name in a ClientHello, however it comes."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import pytest

from dialnet.secure.engine import Engine
from tests.certificates import NAME, client_context, server_context


def hello(name: str | None) -> bytes:
    """What OpenSSL says first, one record."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


def records(said: bytes, size: int) -> bytes:
    """The same message in records of so many bytes each."""
    message = said[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(said[:3] + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def heard(pieces: Iterable[bytes]) -> str:
    engine = Engine(server_context(), True, None)
    for piece in pieces:
        engine.feed(piece)
        engine.shake()
    # It was understood: there is an answer.
    assert engine.pending
    return engine.server_name


@pytest.mark.parametrize("name", ["one.example", "a" * 63 + ".example", None], ids=["short", "long", "none"])
@pytest.mark.parametrize("cut", [1, 3, 7, 100, 5000])
@pytest.mark.parametrize("in_one", [True, False], ids=["one record", "several"])
def test_a_name(name: str | None, cut: int, in_one: bool) -> None:
    said = hello(name)
    if not in_one:
        said = records(said, 50)
    assert heard(said[at : at + cut] for at in range(0, len(said), cut)) == (name or "")


def test_what_comes_behind_is_not_kept() -> None:
    said = hello("one.example")
    engine = Engine(server_context(), True, None)
    engine.feed(said + bytes(60_000))
    assert engine._first == said
    assert engine.server_name == "one.example"
    assert engine._first == b""


def test_a_client_is_told_in_any_kind_of_bytes() -> None:
    """A connection of the user's may give what is not `bytes`."""
    server = ssl.MemoryBIO(), ssl.MemoryBIO()
    other = server_context().wrap_bio(*server, server_side=True)
    engine = Engine(client_context(), False, NAME)
    assert engine.shake() is None
    server[0].write(engine.take())
    with pytest.raises(ssl.SSLWantReadError):
        other.do_handshake()
    engine.feed(bytearray(server[1].read()))  # type: ignore[arg-type]
    assert engine.shake()
