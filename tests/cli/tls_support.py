"""Certificates in files, for programs; and a TLS server of the library's own."""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import trustme

from dialnet import tls
from tests.certificates import NAME, authority, server_context
from tests.cli.support import HANG

__all__ = ["Files", "now", "serving"]


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Files:
    """PEM files in a directory. Of each certificate NAME.pem has the chain, NAME.key its key."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca = self.write("ca.pem", authority().cert_pem.bytes())
        self.cert, self.key = self.issue("server", NAME, "localhost", "127.0.0.1", "::1")

    def write(self, name: str, data: bytes) -> str:
        path = self.directory / name
        path.write_bytes(data)
        return str(path)

    def issue(
        self,
        file: str,
        *names: str,
        days: tuple[float, float] = (-1, 365),
        by: trustme.CA | None = None,
        common_name: str | None = None,
    ) -> tuple[str, str]:
        """The paths of a new certificate and of its key."""
        cert = (by or authority()).issue_cert(
            *names,
            common_name=common_name,
            not_before=now() + datetime.timedelta(days=days[0]),
            not_after=now() + datetime.timedelta(days=days[1]),
        )
        chain = b"".join(each.bytes() for each in cert.cert_chain_pems)
        return self.write(f"{file}.pem", chain), self.write(f"{file}.key", cert.private_key_pem.bytes())

    @property
    def server(self) -> tuple[str, ...]:
        """What a listener needs."""
        return ("--cert", self.cert, "--key", self.key)


@contextlib.contextmanager
def serving(serve: Callable[[tls.Conn], object]) -> Iterator[str]:
    """A TLS listener that gives its first connection to `serve`; its address."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with listener.accept() as conn:
                conn.set_deadline(datetime.timedelta(seconds=HANG))
                serve(conn)
        except BaseException as err:
            failures.append(err)

    with tls.listen("tcp", "127.0.0.1:0", server_context()) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield str(listener.addr)
        thread.join(HANG)
        assert not thread.is_alive()
    assert not failures, failures
