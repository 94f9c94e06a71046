"""Certificates and contexts for tests, made when they are first asked for."""

from __future__ import annotations

import functools
import ssl
import threading

import trustme

__all__ = ["NAME", "authority", "client_context", "server_context"]

NAME = "server.example"


_lock = threading.Lock()
_made: list[trustme.CA] = []


def authority() -> trustme.CA:
    """The same one for all: `functools.cache` would make two for two threads that ask at the same time."""
    with _lock:
        if not _made:
            _made.append(trustme.CA())
        return _made[0]


@functools.cache
def server_context(version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """For `server.example`, `localhost` and the loopback addresses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(NAME, "localhost", "127.0.0.1", "::1").configure_cert(context)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


@functools.cache
def client_context(version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """Trusts the authority of the tests and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context
